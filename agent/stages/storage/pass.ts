/** Runs one tool over one disk and watches it by the kernel's counters: progress, speed, stall, too many errors. */
import { parseBadblocks } from "../../probes/badblocks/parse.ts";
import { createFioProgress, type FioProgress } from "../../probes/fio/parse.ts";
import type { ExecResult } from "../../system/exec.ts";
import type { StageContext } from "../runner.ts";
import { sampleWhile } from "../sample-while.ts";
import type { PassFacts, StorageDisk, StorageOrder } from "./facts.ts";
import { badblocksFactsOf, fioFactsOf, type ToolFacts } from "./tool-facts.ts";
import { createWatch, type Pace, readMoved } from "./watch.ts";

/** One tool over one disk. */
export interface Pass {
  readonly what: PassFacts["what"];
  readonly argv: readonly [string, ...string[]];
  /** What it moves; 0 for a pass by time. */
  readonly orderedBytes: number;
  readonly expectedMs: number;
  readonly tool: "fio" | "badblocks";
}

/** Where it runs. */
export interface DiskWork {
  readonly context: StageContext<StorageOrder>;
  readonly disk: StorageDisk;
  readonly devNumber: string;
  /** Told how the pass goes, every second. */
  readonly tell: (pass: Pass, pace: Pace) => void;
}

const MB = 1e6;
const SAMPLE_MS = 1_000;
/** Beyond twice its time a pass is too slow to be waited for: what it moved until then says how slow. */
const LATE_MS = 30_000;
/** fio's JSON of two jobs has 13 kB, and comes once in a while. */
const MOST_OUTPUT_BYTES = 1024 * 1024;

type End = PassFacts["end"];

/** An abort of ours has a reason; any other ends the stage, and nobody reads its facts. */
const endOf = ({ end }: ExecResult, why: "stalled" | "gave-up" | null): End =>
  why ?? (end === "aborted" ? "signalled" : end);

/** What the tool says of itself. */
const toldOf = (pass: Pass, { stdout, stderr }: ExecResult, pace: Pace | null, fio: FioProgress): ToolFacts =>
  pass.tool === "badblocks"
    ? badblocksFactsOf(parseBadblocks(`${stdout}\n${stderr}`), pass.orderedBytes, pace?.movedBytes ?? 0)
    : fioFactsOf(fio.facts(), pass.what.startsWith("random"));

const factsOf = (pass: Pass, result: ExecResult, end: End, pace: Pace | null, told: ToolFacts): PassFacts => {
  const durationMs = Math.max(1, result.durationMs);
  // A tool that was ended says little; the kernel has counted on. What goes over a disk twice is counted by the tool.
  const movedBytes = end === "exited" ? told.movedBytes : Math.max(told.movedBytes, pace?.movedBytes ?? 0);
  return {
    ...told,
    what: pass.what,
    end,
    ...(result.exitCode === null ? {} : { exitCode: result.exitCode }),
    durationMs,
    orderedBytes: pass.orderedBytes,
    movedBytes,
    ...(movedBytes === 0 ? {} : { mbps: round(movedBytes / MB / (durationMs / 1_000)) }),
    ...(pace?.slowestMbps === undefined ? {} : { slowestMbps: round(pace.slowestMbps) }),
  };
};

const round = (value: number): number => Math.round(value * 100) / 100;

const keepOutput = ({ context, disk }: DiskWork, pass: Pass, { stdout, stderr }: ExecResult): void => {
  const serial = disk.serial.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 60);
  const words = [pass.argv.join(" "), stderr, stdout].join("\n");
  context.artifact(`storage-${serial}-${pass.what}.txt`, words.slice(0, MOST_OUTPUT_BYTES));
};

/** Runs it to its end, or until it is clear how it ends. */
export const runPass = async (work: DiskWork, pass: Pass): Promise<PassFacts> => {
  const { context, devNumber, tell } = work;
  const { system, order } = context;
  const { clock, files } = system;
  const fio = createFioProgress();
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  let why: "stalled" | "gave-up" | null = null;
  const stop = (reason: "stalled" | "gave-up"): void => {
    why ??= reason;
    over.abort();
  };
  const startBytes = await readMoved(files, devNumber);
  const rule = { percent: order.stallPercent, forMs: order.stallS * 1_000 };
  const watch = startBytes === null ? null : createWatch(rule, clock.monoMs(), startBytes);
  let pace: Pace | null = null;
  const look = async (): Promise<void> => {
    const bytes = await readMoved(files, devNumber);
    if (watch === null || bytes === null) return;
    pace = watch.see(clock.monoMs(), bytes);
    tell(pass, pace);
    if (pace.stalled) stop("stalled");
  };
  const onText = (text: string, stream: "stdout" | "stderr"): void => {
    if (pass.tool === "badblocks") return; // it has its own bound, `-e`
    fio.push(text, stream);
    const known = fio.facts();
    if (known.ok && known.facts.errorCount >= order.mostErrors) stop("gave-up");
  };
  context.log("info", pass.argv.join(" "));
  const timeoutMs = Math.round(2 * pass.expectedMs + LATE_MS);
  const run = system.exec({ argv: pass.argv, timeoutMs, maxOutputBytes: MOST_OUTPUT_BYTES, onText }, signal);
  const result = await sampleWhile(run, { clock, signal, everyMs: SAMPLE_MS, take: look });
  await look();
  keepOutput(work, pass, result);
  return factsOf(pass, result, endOf(result, why), pace, toldOf(pass, result, pace, fio));
};
