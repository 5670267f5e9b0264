/** What the box can see of a silent host from outside: whether its address answers, who answers for it, and whether the box has a link at all. */
import { readFileSync } from "node:fs";
import type { Exec } from "../../agent/system/exec.ts";
import type { LossEvidence } from "../core/power-loss.ts";

/**
 * How long an address is asked for an echo, once a second. A neighbour that has gone is believed for up to 5 s, and is then asked three times
 * (arp(7): delay_first_probe_time, ucast_solicit), so only after this the kernel's table tells the truth.
 */
const ECHO_S = 10;
/** The tool ends by itself. */
const ECHO_LIMIT_MS = 15_000;

/** Through which interface, at which address, and for whose MAC. */
export interface LookAt {
  readonly interfaceName: string;
  readonly address: string | null;
  readonly mac: string;
}

/** What is seen. */
export type Look = Pick<LossEvidence, "ping" | "neighbour" | "carrier">;

/** One IPv4 neighbour in `/proc/net/arp` (proc_net(5)): flag 2 is an entry that was answered. */
export const parseNeighbour = (text: string, address: string, mac: string): LossEvidence["neighbour"] => {
  const row = text
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .find(([shown]) => shown === address);
  const answered = row !== undefined && (Number(row[2]) & 2) !== 0;
  if (!answered) return "silent";
  return row[3]?.toLowerCase() === mac.toLowerCase() ? "own" : "other";
};

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // also EINVAL, which `carrier` gives for an interface that is down
  }
};

const carrierOf = (interfaceName: string): boolean | null => {
  const text = readText(`/sys/class/net/${interfaceName}/carrier`);
  if (text !== null) return text.trim() === "1";
  return readText(`/sys/class/net/${interfaceName}/ifindex`) === null ? null : false;
};

const echo = async (exec: Exec, { interfaceName, address }: LookAt, signal: AbortSignal): Promise<boolean | null> => {
  if (address === null) return null;
  const argv = ["ping", "-n", "-q", "-c", "1", "-w", String(ECHO_S), "-I", interfaceName, address] as const;
  const ended = await exec({ argv, timeoutMs: ECHO_LIMIT_MS }, signal);
  // ping(8): 0 somebody answered, 1 nobody did; all else is an error of the tool's own.
  if (ended.end !== "exited" || (ended.exitCode !== 0 && ended.exitCode !== 1)) return null;
  return ended.exitCode === 0;
};

/** Looks once. It takes ten seconds where nobody answers. */
export const lookAtHost = async (exec: Exec, at: LookAt, signal: AbortSignal): Promise<Look> => {
  const ping = await echo(exec, at, signal);
  const table = at.address === null || ping === null ? null : readText("/proc/net/arp");
  return {
    ping,
    neighbour: table === null || at.address === null ? null : parseNeighbour(table, at.address, at.mac),
    carrier: carrierOf(at.interfaceName),
  };
};
