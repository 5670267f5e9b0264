/** Runs one tool over one disk and watches it by the kernel's counters: progress, speed, stall, too many errors. */
import type { ExecResult } from "../../system/exec.ts";
import type { StageContext } from "../runner.ts";
import { sampleWhile } from "../sample-while.ts";
import type { PassFacts, StorageDisk, StorageOrder } from "./facts.ts";
import { countBadblocks, countFioErrors, type ErrorCounter } from "./tool-errors.ts";
import { parseBadblocksReport, parseFioReport } from "./tool-reports.ts";
import { createWatch, type Pace, readMoved } from "./watch.ts";

/** One tool over one disk. */
export interface Pass {
  readonly what: PassFacts["what"];
  readonly argv: readonly [string, ...string[]];
  /** What it moves; 0 for a pass by time. */
  readonly orderedBytes: number;
  readonly expectedMs: number;
  /** Size of badblocks' blocks; undefined for fio. */
  readonly blockBytes?: number;
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
const MOST_LINES = 5;
/** fio's JSON of two jobs has 20 kB. */
const MOST_OUTPUT_BYTES = 1024 * 1024;

type End = PassFacts["end"];

/** An abort of ours has a reason; any other ends the stage, and nobody reads its facts. */
const endOf = ({ end }: ExecResult, why: "stalled" | "gave-up" | null): End =>
  why ?? (end === "aborted" ? "signalled" : end);

/** What the tool says that it moved, and whether its end can be understood at all. */
const reportOf = (pass: Pass, { stdout, stderr }: ExecResult, pace: Pace | null) => {
  if (pass.blockBytes !== undefined) {
    const report = parseBadblocksReport(stderr) ?? parseBadblocksReport(stdout);
    const seen = Math.min(pass.orderedBytes, pace?.movedBytes ?? 0);
    return report === null
      ? { movedBytes: seen, errorCount: 0, failure: "badblocks did not say that it completed." }
      : // It says that it completed also when it had given up.
        { movedBytes: report.gaveUp ? seen : pass.orderedBytes, errorCount: report.badBlocks, failure: undefined };
  }
  const report = parseFioReport(stdout);
  if (report === null) return { movedBytes: pace?.movedBytes ?? 0, errorCount: 0, failure: "fio printed no figures." };
  const { movedBytes, iops, p99Ms, error } = report;
  const random = pass.what.startsWith("random");
  return {
    movedBytes,
    errorCount: 0,
    failure: error === 0 ? undefined : `fio ended with error ${error}.`,
    ...(random ? { iops, ...(p99Ms === undefined ? {} : { p99Ms }) } : {}),
  };
};

const factsOf = (
  pass: Pass,
  result: ExecResult,
  end: End,
  pace: Pace | null,
  counters: readonly ErrorCounter[],
): PassFacts => {
  const counted = counters.map((counter) => counter.counted());
  const { movedBytes, errorCount, failure, ...random } = reportOf(pass, result, pace);
  const durationMs = Math.max(1, result.durationMs);
  const failures = counted.flatMap((one) => one.failures);
  return {
    what: pass.what,
    end,
    ...(result.exitCode === null ? {} : { exitCode: result.exitCode }),
    durationMs,
    orderedBytes: pass.orderedBytes,
    movedBytes,
    // Each tool counts in its own way, and neither may hide what the other saw.
    errorCount: Math.max(
      errorCount,
      counted.reduce((sum, one) => sum + one.count, 0),
    ),
    errors: counted.flatMap((one) => one.errors).slice(0, 32),
    ...(movedBytes === 0 ? {} : { mbps: round(movedBytes / MB / (durationMs / 1_000)) }),
    ...(pace?.slowestMbps === undefined ? {} : { slowestMbps: round(pace.slowestMbps) }),
    ...random,
    failures: [...failures, ...(failure === undefined || end !== "exited" ? [] : [failure])].slice(0, MOST_LINES),
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
  const counters = [1, 2].map(() =>
    pass.blockBytes === undefined ? countFioErrors() : countBadblocks(pass.blockBytes),
  );
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
    counters[stream === "stdout" ? 0 : 1]?.take(text);
    if (counters.reduce((sum, counter) => sum + counter.counted().count, 0) >= order.mostErrors) stop("gave-up");
  };
  context.log("info", pass.argv.join(" "));
  const timeoutMs = Math.round(2 * pass.expectedMs + LATE_MS);
  const run = system.exec({ argv: pass.argv, timeoutMs, maxOutputBytes: MOST_OUTPUT_BYTES, onText }, signal);
  const result = await sampleWhile(run, { clock, signal, everyMs: SAMPLE_MS, take: look });
  await look();
  keepOutput(work, pass, result);
  return factsOf(pass, result, endOf(result, why), pace, counters);
};
