/** What fio and badblocks say at their end. Pure and total. */
import { countAt, type Json, numberAt, objectAt, rowsAt } from "../../probes/json-values.ts";
import { objectOf, parseLenientJson } from "../../probes/lenient-json.ts";

/** What fio moved, over all its jobs. */
export interface FioReport {
  readonly movedBytes: number;
  /** Of the first job: random tests have no other. */
  readonly iops: number;
  readonly p99Ms: number | undefined;
  /** The first error that made a job end (errno), 0 for none. */
  readonly error: number;
}

const NS_PER_MS = 1e6;

const directionOf = (job: Json): Json => {
  const [read, write] = [objectAt(job, "read"), objectAt(job, "write")];
  return (countAt(read, "io_bytes") ?? 0) >= (countAt(write, "io_bytes") ?? 0) ? read : write;
};

/** Reads the JSON of fio, before which lines of text may stand; null when there is none, or none of fio. */
export const parseFioReport = (text: string): FioReport | null => {
  const from = text.startsWith("{") ? 0 : text.indexOf("\n{") + 1;
  const read = parseLenientJson(text.slice(from));
  const document = read.ok ? objectOf(read.facts[0]) : undefined;
  const jobs = document === undefined ? [] : rowsAt(document, "jobs");
  const [first] = jobs;
  if (first === undefined) return null;
  const p99 = numberAt(objectAt(directionOf(first), "clat_ns", "percentile"), "99.000000");
  return {
    movedBytes: jobs.reduce((sum, job) => sum + (countAt(directionOf(job), "io_bytes") ?? 0), 0),
    iops: Math.max(0, numberAt(directionOf(first), "iops") ?? 0),
    p99Ms: p99 === undefined || p99 < 0 ? undefined : p99 / NS_PER_MS,
    error: jobs.map((job) => countAt(job, "error") ?? 0).find((error) => error !== 0) ?? 0,
  };
};

/** The end of badblocks. */
export interface BadblocksReport {
  readonly badBlocks: number;
  /** Blocks that could not be read, could not be written, and came back wrong. */
  readonly read: number;
  readonly write: number;
  readonly corruption: number;
  /** It met more bad blocks than it was told to bear, and left the rest of a pattern out. */
  readonly gaveUp: boolean;
}

/** `Pass completed, 3 bad blocks found. (1/0/2 errors)` (misc/badblocks.c). Null without that line: then it did not come to its end. */
export const parseBadblocksReport = (text: string): BadblocksReport | null => {
  const at = text.lastIndexOf("Pass completed, ");
  const words = at === -1 ? "" : text.slice(at, at + 200);
  const [, bad, read, write, corruption] =
    /^Pass completed, (\d{1,15}) bad blocks found\. \((\d{1,15})\/(\d{1,15})\/(\d{1,15}) errors\)/.exec(words) ?? [];
  if (bad === undefined) return null;
  return {
    badBlocks: Number(bad),
    read: Number(read),
    write: Number(write),
    corruption: Number(corruption),
    gaveUp: text.includes("Too many bad blocks"),
  };
};
