/** What the kernel still holds of a TCP connection: bytes that its peer has not acknowledged. */
import { readFileSync } from "node:fs";

/** An IPv4 peer of this process. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/**
 * Unacknowledged bytes of the connection between `localPort` and a peer in the text of `/proc/net/tcp` (proc_net(5)); null when it is not there.
 * Addresses are hexadecimal in the machine's byte order, ports are not; every machine that we run on is little-endian.
 */
export const parseUnacknowledged = (text: string, localPort: number, peer: Peer): number | null => {
  const address = [...peer.address.split(".")].reverse().map((part) => hex(Number(part), 2));
  const remote = `${address.join("")}:${hex(peer.port, 4)}`;
  const local = `:${hex(localPort, 4)}`;
  for (const line of text.split("\n")) {
    const columns = line.trim().split(/\s+/);
    if (columns[2] !== remote || columns[1]?.endsWith(local) !== true) continue;
    return Number.parseInt(columns[4]?.split(":")[0] ?? "", 16);
  }
  return null;
};

/** The same, now. */
export const unacknowledgedBytes = (localPort: number, peer: Peer): number | null =>
  parseUnacknowledged(readFileSync("/proc/self/net/tcp", "utf8"), localPort, peer);

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, "0");
