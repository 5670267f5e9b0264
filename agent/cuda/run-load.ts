/** Runs the load from the agent: as a process of its own, watched line by line, so that a driver that hangs hangs nobody else. */
import type { Exec } from "../system/exec.ts";
import type { System } from "../system/system.ts";
import { type LoadLine, type LoadLineOf, parseLoadLine } from "./load-line.ts";

/** What to load, and where the driver's library is. */
export interface GpuLoad {
  /** `0000:3b:00.0`. */
  readonly pciAddress: string;
  readonly seconds: number;
  readonly memoryPercent: number;
  /** NVIDIA's driver library, where it is not at its usual place. */
  readonly library?: string;
}

/** How this program starts itself: the executable, or Bun and the main file where it is not compiled (whose own files lie under `/$bunfs/`). */
export const agentArgv = (executable: string, mainFile: string): readonly [string, ...string[]] =>
  mainFile.startsWith("/$bunfs/") ? [executable] : [executable, mainFile];

/** The command of a load, for the plan and for the runner alike. */
export const gpuLoadArgv = (
  agent: readonly [string, ...string[]],
  { pciAddress, seconds, memoryPercent, library }: GpuLoad,
): readonly [string, ...string[]] => [
  ...agent,
  ...["gpu-load", "--gpu", pciAddress, "--seconds", String(seconds), "--memory-percent", String(memoryPercent)],
  ...(library === undefined ? [] : ["--library", library]),
];

/** How a load ended. `ended`: it said so itself; everything else is no measurement of a healthy GPU. */
export type LoadEnd = "ended" | "fault" | "absent" | "stalled" | "died" | "cancelled";

/** What a load said, and how it ended. */
export interface LoadOutcome {
  readonly end: LoadEnd;
  /** In words; for every end but `ended`. */
  readonly reason?: string;
  readonly device?: LoadLineOf<"device">;
  /** Its last word on how far it came. */
  readonly last?: LoadLineOf<"tick"> | LoadLineOf<"end">;
  readonly fault?: LoadLineOf<"fault">;
  readonly absent?: LoadLineOf<"absent">;
  readonly mismatches: readonly LoadLineOf<"mismatch">[];
  /** The least and the most that it computed in any second, once it was at work. */
  readonly leastGflops?: number;
  readonly mostGflops?: number;
}

/** How long a load may be silent. */
export interface Patience {
  readonly firstLineMs: number;
  readonly nextLineMs: number;
}

/**
 * Until the first line: a server with eight GPUs and no persistence daemon initialises all of them, and the kernels are compiled. After that there is a
 * line a second, and the longest piece of work in between is one sweep over 4 GiB.
 */
const PATIENCE: Patience = { firstLineMs: 180_000, nextLineMs: 60_000 };
/** Beyond its own time: the first line, every pattern's turn on a slow GPU, and letting go of the memory. */
const MARGIN_MS = 300_000;
/** The first line shortens the patience: who watches must not have gone to sleep for all of it. */
const LOOK_MS = 1_000;
const MOST_STDERR = 300;
const MOST_LINE = 100_000;

class Listener {
  #rest = "";
  #device: LoadLineOf<"device"> | undefined;
  #last: LoadLineOf<"tick"> | LoadLineOf<"end"> | undefined;
  #fault: LoadLineOf<"fault"> | undefined;
  #absent: LoadLineOf<"absent"> | undefined;
  readonly #mismatches: LoadLineOf<"mismatch">[] = [];
  #speeds: Pick<LoadOutcome, "leastGflops" | "mostGflops"> = {};

  /** Takes a piece of output; answers the lines that it completed. */
  take(text: string): readonly LoadLine[] {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop()?.slice(0, MOST_LINE) ?? "";
    const lines = parts.flatMap((part) => parseLoadLine(part) ?? []);
    for (const line of lines) this.#keep(line);
    return lines;
  }

  get said() {
    return {
      mismatches: this.#mismatches,
      ...(this.#device === undefined ? {} : { device: this.#device }),
      ...(this.#last === undefined ? {} : { last: this.#last }),
      ...(this.#fault === undefined ? {} : { fault: this.#fault }),
      ...(this.#absent === undefined ? {} : { absent: this.#absent }),
      ...this.#speeds,
    };
  }

  #keep(line: LoadLine): void {
    if (line.kind === "device") this.#device = line;
    if (line.kind === "fault") this.#fault = line;
    if (line.kind === "absent") this.#absent = line;
    if (line.kind === "mismatch") this.#mismatches.push(line);
    if (line.kind !== "tick" && line.kind !== "end") return;
    this.#last = line;
    // The last one covers less than a second.
    if (line.gflops === undefined || line.kind === "end") return;
    const { leastGflops = line.gflops, mostGflops = line.gflops } = this.#speeds;
    this.#speeds = { leastGflops: Math.min(leastGflops, line.gflops), mostGflops: Math.max(mostGflops, line.gflops) };
  }
}

/** The exit code is left out of it: a process that did not say how it ended did not end well. */
const endOf = (
  said: Listener["said"],
  stalled: string | undefined,
  result: Awaited<ReturnType<Exec>>,
): Pick<LoadOutcome, "end" | "reason"> => {
  const { fault, absent, last } = said;
  if (fault !== undefined) return { end: "fault", reason: `${fault.call}: ${fault.name} (${fault.code})` };
  if (absent !== undefined) return { end: "absent", reason: absent.reason };
  if (last?.kind === "end") return { end: "ended" };
  if (stalled !== undefined) return { end: "stalled", reason: stalled };
  if (result.end === "aborted") return { end: "cancelled", reason: "The load was cancelled." };
  const how = result.signal ?? (result.exitCode === null ? result.end : `code ${result.exitCode}`);
  return {
    end: "died",
    reason: `The load ended with ${how} before its time. ${result.stderr.slice(-MOST_STDERR)}`.trim(),
  };
};

/** Calls `late` when it was not put off for as long as a load may be silent. Ends with `over`. */
const watch = async (
  { clock }: System,
  silence: { lastMs: number; limitMs: number },
  over: AbortSignal,
  late: (limitMs: number) => void,
): Promise<void> => {
  while (!over.aborted) {
    const leftMs = silence.lastMs + silence.limitMs - clock.monoMs();
    if (leftMs <= 0) {
      late(silence.limitMs);
      return;
    }
    await clock.sleep(Math.min(leftMs, LOOK_MS), over);
  }
};

/** Runs a load to its end, whatever that is. It never throws for what the GPU, its driver or the load's process does. */
export const runGpuLoad = async (
  system: System,
  agent: readonly [string, ...string[]],
  load: GpuLoad,
  options: {
    readonly signal: AbortSignal;
    readonly onLine?: (line: LoadLine) => void;
    readonly patience?: Patience;
  },
): Promise<LoadOutcome> => {
  const { firstLineMs, nextLineMs } = options.patience ?? PATIENCE;
  const listener = new Listener();
  const stop = new AbortController();
  const over = new AbortController();
  const silence = { lastMs: system.clock.monoMs(), limitMs: firstLineMs };
  let stalled: string | undefined;
  const watching = watch(system, silence, over.signal, (limitMs) => {
    stalled = `The load said nothing for ${Math.round(limitMs / 1000)} s: its kernel or the driver hangs.`;
    stop.abort();
  });
  const onText = (text: string, stream: "stdout" | "stderr"): void => {
    if (stream === "stderr") return;
    const lines = listener.take(text);
    if (lines.length === 0) return;
    Object.assign(silence, { lastMs: system.clock.monoMs(), limitMs: nextLineMs });
    for (const line of lines) options.onLine?.(line);
  };
  const timeoutMs = load.seconds * 1_500 + MARGIN_MS;
  const argv = gpuLoadArgv(agent, load);
  const result = await system.exec({ argv, timeoutMs, onText }, AbortSignal.any([options.signal, stop.signal]));
  over.abort();
  await watching;
  return { ...listener.said, ...endOf(listener.said, stalled, result) };
};
