/** What one run of iperf3 came to: a figure, or why there is none. Its exit code says nothing: with `-J` it is 0 even when nobody answered. Pure. */
import { parseIperf3 } from "../../probes/iperf3/parse.ts";
import { cleanText, present } from "../../probes/label.ts";
import type { ExecResult } from "../../system/exec.ts";
import type { Measurement, Trouble } from "./facts.ts";

/** A figure, or the trouble. */
export type Outcome = Pick<Measurement, "mbps" | "sentBytes" | "retransmits" | "segmentBytes" | "trouble" | "reason">;

/** iperf3's own words (iperf_error.c) and the C library's behind them, by what they mean. The first that fits holds. */
const WORDS: readonly (readonly [RegExp, Trouble])[] = [
  [/assign requested address|no such device|unable to start listener/i, "tool"],
  [/server is busy/, "busy"],
  [/refused/, "refused"],
  [/unable to connect|no route|unreachable|timed out/i, "unreachable"],
  [
    /control socket has closed|unable to (?:receive|read|send|write)|connection reset|broken pipe|terminated|unexpectedly/i,
    "lost",
  ],
];

const troubleOf = (words: string): Outcome => ({
  trouble: WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? "tool",
  reason: cleanText(words, 300),
});

/** How the tool ended when it gave no answer. */
const endOf = ({ end, exitCode, signal, stderr }: ExecResult): Outcome => {
  const said = stderr.trim().split("\n", 1)[0] ?? "";
  if (end === "absent") return { trouble: "tool", reason: "iperf3 is not installed" };
  // A client that neither ends nor tells waits for an end that went away without a word.
  if (end === "timed-out") return { trouble: "lost", reason: "iperf3 did not end in its time" };
  if (end === "signalled") return { trouble: "tool", reason: `iperf3 was ended by ${signal}` };
  return said === ""
    ? { trouble: "tool", reason: `iperf3 ended with code ${exitCode} and no answer` }
    : troubleOf(said);
};

/** Reads what iperf3 answered. The figure is that of the end that received: what was sent may still lie in buffers. */
export const readOutcome = (result: ExecResult): Outcome => {
  if (result.end !== "exited") return endOf(result);
  const parsed = parseIperf3(result.stdout);
  if (!parsed.ok) return endOf(result);
  const { error, flow, segmentBytes } = parsed.facts;
  if (error !== undefined) return troubleOf(error);
  if (flow.received === undefined) return { trouble: "tool", reason: "iperf3 gave no figure" };
  return {
    mbps: flow.received.bitsPerS / 1e6,
    ...present({ sentBytes: flow.sent?.bytes, retransmits: flow.sent?.retransmits, segmentBytes }),
  };
};
