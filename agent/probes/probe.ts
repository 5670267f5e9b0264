/**
 * What every probe is, and how one is run: with a deadline of its own, so that a hung tool costs that and nothing else, and with an answer in
 * every case. Absent tool, absent device, hung and failed are different answers.
 */
import type { Clock } from "../system/clock.ts";
import type { ExecResult } from "../system/exec.ts";
import type { System } from "../system/system.ts";
import type { ProbeReport } from "../wire/inventory.ts";

/** One raw output, kept as an artifact beside the facts that were read from it. */
export interface RawOutput {
  /** A plain file name: `dmidecode.txt`. */
  readonly name: string;
  readonly text: string;
}

/** What a probe's collect step answers. A probe that failed may still have read something. */
export interface Collected<Facts> {
  readonly status: ProbeReport["status"];
  readonly reason?: string;
  readonly facts?: Facts;
  readonly raw: readonly RawOutput[];
}

/** A probe: a name, a deadline, and how its facts are collected. Tools run under the signal. */
export interface Probe<Facts> {
  readonly name: string;
  readonly timeoutMs: number;
  collect(system: System, signal: AbortSignal): Promise<Collected<Facts>>;
}

/** How a probe fared, with its facts and raw output. */
export interface ProbeOutcome<Facts> {
  readonly report: ProbeReport;
  readonly facts: Facts | undefined;
  readonly raw: readonly RawOutput[];
}

const firstLine = (text: string): string => text.trim().split("\n", 1)[0]?.slice(0, 300) ?? "";

/** The status of a tool that did not end well; undefined when it did. `deviceAbsent` knows the words with which it says that there is nothing to read. */
export const statusOfTool = (
  tool: string,
  result: ExecResult,
  deviceAbsent?: RegExp,
): { readonly status: Exclude<ProbeReport["status"], "ok">; readonly reason: string } | undefined => {
  const said = firstLine(result.stderr) || firstLine(result.stdout);
  switch (result.end) {
    case "absent":
      return { status: "tool-absent", reason: `${tool} is not installed.` };
    case "timed-out":
      return { status: "timed-out", reason: `${tool} did not end within ${result.durationMs} ms and was killed.` };
    case "aborted":
      return { status: "failed", reason: `${tool} was cancelled.` };
    case "signalled":
      return { status: "failed", reason: `${tool} was ended by ${result.signal}.` };
    case "exited": {
      const lines = `${result.stderr}\n${result.stdout}`.slice(0, 10_000).split("\n");
      const words = deviceAbsent === undefined ? undefined : lines.find((line) => deviceAbsent.test(line));
      if (words !== undefined) return { status: "device-absent", reason: firstLine(words) };
      return result.exitCode === 0
        ? undefined
        : { status: "failed", reason: `${tool} ended with code ${result.exitCode}: ${said}` };
    }
  }
};

const deadline = async (clock: Clock, ms: number, signal: AbortSignal): Promise<"deadline"> => {
  await clock.sleep(ms, signal);
  return "deadline";
};

/** Tools are killed at their deadline; this much later the probe as a whole is given up, files that hang included. */
const MARGIN_MS = 2_000;

/** Runs a probe. It never throws and always ends, at the latest a moment after the probe's deadline. */
export const runProbe = async <Facts>(
  probe: Probe<Facts>,
  system: System,
  signal: AbortSignal,
): Promise<ProbeOutcome<Facts>> => {
  const startMs = system.clock.monoMs();
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const work = probe
    .collect(system, stop)
    .catch((error: unknown): Collected<Facts> => ({ status: "failed", reason: String(error), raw: [] }));
  const first = await Promise.race([work, deadline(system.clock, probe.timeoutMs + MARGIN_MS, stop)]);
  over.abort();
  const collected: Collected<Facts> =
    first === "deadline"
      ? { status: "timed-out", reason: `${probe.name} did not answer within ${probe.timeoutMs} ms.`, raw: [] }
      : first;
  const report: ProbeReport = {
    probe: probe.name,
    status: collected.status,
    durationMs: Math.max(0, Math.round(system.clock.monoMs() - startMs)),
    ...(collected.reason === undefined ? {} : { reason: collected.reason.replace(/\p{Cc}+/gu, " ").slice(0, 2000) }),
  };
  return { report, facts: collected.facts, raw: collected.raw };
};
