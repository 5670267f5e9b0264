/**
 * `fio --output-format=json` to what it moved, how fast and what failed: standard output and standard error in one text, or as they come. Pure, total, linear.
 *
 * To follow a run, fio needs `--status-interval=<seconds> --eta=never`: then it prints a whole document each time. With `--output-format=json` there are no lines
 * of `--eta` when standard error is no terminal (fio 3.33), so they cannot be had. Documents of hours go over what is kept of a tool's output: take the facts
 * from `createFioProgress`, which has the last one, and not from what was kept.
 */
import { present } from "../label.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";
import type { FioFacts, FioMoment } from "./facts.ts";
import { FioReader } from "./reader.ts";

const errorCountOf = ({ jobs, errorLines }: FioReader): number =>
  Math.max(
    errorLines,
    jobs.reduce((sum, { errorCount }) => sum + errorCount, 0),
  );

const factsOf = (reader: FioReader): Parsed<FioFacts> => {
  const { version, jobs, errors, interrupted, messages, broken, unfinished } = reader;
  if (reader.documents === 0 && broken !== undefined) return notUnderstood(`line ${broken.line}`, broken.reason);
  if (reader.documents === 0 && !reader.spoke) return notUnderstood("line 1", "Not the output of fio.");
  const truncated = unfinished || broken !== undefined;
  return understood({
    ...present({ version }),
    ...{ jobs, errors, errorCount: errorCountOf(reader), interrupted, truncated, messages },
  });
};

/** Reads a whole run. Of several documents the last one counts. */
export const parseFio = (text: string): Parsed<FioFacts> => {
  const reader = new FioReader();
  for (const line of linesOf(text)) reader.take(line);
  return factsOf(reader);
};

/** A run that is followed. */
export interface FioProgress {
  /** Takes output as it comes; answers where the run is when a document came to its end, else undefined. */
  push(text: string, stream: "stdout" | "stderr"): FioMoment | undefined;
  /** What is known until now. */
  facts(): Parsed<FioFacts>;
}

const MOST_REST_CHARS = 64 * 1024;

/** Follows a run; see above for the options that fio needs. */
export const createFioProgress = (): FioProgress => {
  const reader = new FioReader();
  const rests = { stdout: "", stderr: "" };
  return {
    push: (text, stream) => {
      const before = reader.documents;
      const lines = (rests[stream] + text).split("\n");
      rests[stream] = lines.pop()?.slice(0, MOST_REST_CHARS) ?? "";
      for (const line of lines) stream === "stdout" ? reader.take(line) : reader.takeMessage(line);
      if (reader.documents === before) return undefined;
      const flows = reader.jobs.flatMap(({ read, write }) => [read?.ioBytes ?? 0, write?.ioBytes ?? 0]);
      return {
        ioBytes: flows.reduce((sum, bytes) => sum + bytes, 0),
        elapsedS: Math.max(0, ...reader.jobs.map(({ elapsedS }) => elapsedS)),
        errorCount: errorCountOf(reader),
      };
    },
    facts: () => factsOf(reader),
  };
};
