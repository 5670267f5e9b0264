/** What fio and badblocks said, in the words of a pass. Pure. */
import type { BadblocksFacts } from "../../probes/badblocks/parse.ts";
import type { FioFacts, FioFlow, FioJob } from "../../probes/fio/facts.ts";
import type { Parsed } from "../../probes/parsed.ts";
import type { PassFacts, SurfaceError } from "./facts.ts";

/** The part of a pass that its tool tells. */
export type ToolFacts = Pick<PassFacts, "movedBytes" | "errorCount" | "errors" | "failures" | "iops" | "p99Ms">;

const MOST_KEPT = 32;
const MOST_LINES = 5;
const NS_PER_MS = 1e6;
/** Of fio's other lines those that say that something failed; the rest belongs to errors that are counted already. */
const FAILURE = /\berr(?:or)?\b|^fio: |fail|need to specify/i;

/** A job of ours goes one way. */
const flowOf = ({ read, write }: FioJob): FioFlow | undefined =>
  (read?.ioBytes ?? 0) >= (write?.ioBytes ?? 0) ? read : write;

/** fio names no place of a read or write that the disk refused when it goes on after errors; those are counted alone. */
const errorsOf = ({ errors }: FioFacts): SurfaceError[] =>
  errors.slice(0, MOST_KEPT).map(({ kind, op, offsetBytes }) => ({
    kind: kind === "verify" ? "verify" : op === "write" ? "write" : "read",
    ...(offsetBytes === undefined ? {} : { offsetBytes }),
  }));

const unknown = (movedBytes: number, failure: string): ToolFacts => ({
  ...{ movedBytes, errorCount: 0, errors: [], failures: [failure] },
});

/** What came of fio. Random access is told by its first job, and it has no other. */
export const fioFactsOf = (parsed: Parsed<FioFacts>, isRandom: boolean): ToolFacts => {
  if (!parsed.ok) return unknown(0, `fio, ${parsed.place}: ${parsed.reason}`);
  const { jobs, errorCount, messages, truncated } = parsed.facts;
  const [first] = jobs.map(flowOf);
  const p99 = first?.clatNs.p99;
  const refused = jobs.filter(({ errorCode }) => errorCode !== 0).length;
  const failures = messages.filter((line) => FAILURE.test(line));
  return {
    movedBytes: jobs.reduce((sum, job) => sum + (flowOf(job)?.ioBytes ?? 0), 0),
    errorCount: Math.max(errorCount, refused),
    errors: errorsOf(parsed.facts),
    failures: [
      ...failures,
      ...(jobs.length === 0 && failures.length === 0 ? ["fio printed no figures."] : []),
      ...(truncated ? ["fio's figures have no end."] : []),
    ].slice(0, MOST_LINES),
    ...(isRandom && first !== undefined
      ? { iops: first.iops, ...(p99 === undefined ? {} : { p99Ms: p99 / NS_PER_MS }) }
      : {}),
  };
};

/** What came of badblocks. It names a block that came back wrong too high by those that it tests at once, so no places are told; its counts are right. */
export const badblocksFactsOf = (
  parsed: Parsed<BadblocksFacts>,
  orderedBytes: number,
  seenBytes: number,
): ToolFacts => {
  const seen = Math.min(orderedBytes, seenBytes);
  if (!parsed.ok) return unknown(seen, `badblocks, ${parsed.place}: ${parsed.reason}`);
  const { completed, badBlockCount, errors, messages } = parsed.facts;
  const kinds = [
    ["could not be read", errors.read],
    ["could not be written", errors.write],
    ["came back wrong", errors.corruption],
  ] as const;
  const counted = kinds.filter(([, count]) => count > 0).map(([words, count]) => `${count} blocks ${words}`);
  return {
    movedBytes: completed ? orderedBytes : seen,
    errorCount: Math.max(badBlockCount, errors.read + errors.write + errors.corruption),
    errors: [],
    failures: [
      ...counted,
      // It is held open exclusively, by us.
      ...messages.filter((line) => !line.includes("forced anyway")),
      ...(completed ? [] : ["badblocks did not test all of it."]),
    ].slice(0, MOST_LINES),
  };
};
