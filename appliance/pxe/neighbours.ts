/** The kernel's IPv4 neighbour table: which MAC answered for an address. */
import { readFileSync } from "node:fs";

/** `/proc/net/arp` (proc_net(5)) as address → MAC, complete entries only. */
export const parseNeighbours = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // flag 0x2 is ATF_COM: the entry was answered
      .filter((columns) => (Number(columns[2]) & 2) !== 0)
      .flatMap(([address, , , mac]) => (address === undefined || mac === undefined ? [] : [[address, mac] as const])),
  );

/** The MAC of a neighbour, now; null when the kernel knows none. */
export const neighbourMac = (address: string): string | null =>
  parseNeighbours(readFileSync("/proc/net/arp", "utf8")).get(address) ?? null;
