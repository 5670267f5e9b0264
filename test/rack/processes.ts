/**
 * Processes as /proc shows them. The rack keeps no list of its processes: it finds them by their command line, and holds one by its
 * id and start time, so that a process id that the kernel gave to another process is never taken for ours.
 */
import { readdirSync, readFileSync } from "node:fs";
import { until } from "./until.ts";

/** One process, and never another one with the same id: the start time is in clock ticks since the machine's boot. */
export interface ProcessRef {
  readonly pid: number;
  readonly startTicks: number;
}

/** A process that lives. */
export interface LiveProcess extends ProcessRef {
  readonly argv: readonly string[];
  readonly cpuS: number;
  readonly rssMiB: number;
}

/** USER_HZ, which proc(5) counts in, is 100 on every architecture that Debian's kernels run on. */
const TICKS_PER_S = 100;
/** Pages of 4 KiB, in MiB. */
const PAGES_PER_MIB = 256;
/** Time for an honest end after SIGTERM. */
const TERM_GRACE_MS = 3_000;
const KILL_GRACE_MS = 10_000;

/** The process, or null if it is gone or only waits for its parent to collect it. */
export const readProcess = (pid: number): LiveProcess | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may itself hold spaces and parentheses: fields count from the last one (proc(5), fields 3 and up).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const at = (field: number): number => Number(fields[field - 3]);
    if (fields[0] === "Z" || fields[0] === "X") return null;
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    return {
      pid,
      startTicks: at(22),
      argv,
      cpuS: (at(14) + at(15)) / TICKS_PER_S,
      rssMiB: Math.round(at(24) / PAGES_PER_MIB),
    };
  } catch {
    return null; // gone between two reads: the same as never there
  }
};

/** Every process of the machine, the oldest first. */
export const listProcesses = (): readonly LiveProcess[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? [])
    .sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);

/** Whether this very process still lives. */
export const isAlive = (ref: ProcessRef): boolean => readProcess(ref.pid)?.startTicks === ref.startTicks;

/** This process. */
export const self = (): ProcessRef => ({ pid: process.pid, startTicks: readProcess(process.pid)?.startTicks ?? 0 });

const signal = (ref: ProcessRef, name: "SIGTERM" | "SIGKILL"): void => {
  try {
    if (isAlive(ref)) process.kill(ref.pid, name);
  } catch {
    // ended between the look and the signal
  }
};

/** Cuts processes off and answers when they are gone. */
export const killProcesses = async (refs: readonly ProcessRef[]): Promise<void> => {
  for (const ref of refs) signal(ref, "SIGKILL");
  await until("processes killed", () => !refs.some(isAlive), KILL_GRACE_MS);
};

/** Ends processes: SIGTERM, and SIGKILL for what does not listen. */
export const endProcesses = async (refs: readonly ProcessRef[]): Promise<void> => {
  for (const ref of refs) signal(ref, "SIGTERM");
  const ended = await until("processes ended", () => !refs.some(isAlive), TERM_GRACE_MS).catch(() => false);
  if (!ended) await killProcesses(refs);
};
