/**
 * Errors that fio and badblocks name while they run, counted as they come. Pure but for its own counters, linear, and bounded whatever the output.
 *
 * Neither tool's exit code nor fio's own counts say that blocks came back wrong: fio 3.33 with `--continue_on_error` ends with 0, `error: 0` and `total_err: 0`.
 */
import { cleanText } from "../../probes/label.ts";
import type { PassFacts, SurfaceError } from "./facts.ts";

const MOST_KEPT = 32;
const MOST_LINES = 5;
const MOST_LINE_CHARS = 1_000;

/** `crc32c: verify failed at file /proc/1/fd/9 offset 67117056, length 4096 (requested …`; `verify: bad magic header 0, wanted acca at file … offset 0, …` (fio, verify.c). */
const FIO_VERIFY =
  /^(?:fio: )?(?:\w{1,20}: verify failed|verify: bad [a-z_ ]{1,40}[^:]{0,60}) at file \S{1,200} offset (\d{1,16})/;
/** `fio: io_u error on file /dev/sda: Input/output error: read offset=123, buflen=1048576` (fio, io_u.c). */
const FIO_IO = /^fio: io_u error on file \S{1,200}: [^:]{1,80}: (read|write|sync|trim) offset=(\d{1,16})/;
/** Other words of failure: `fio: pid=7, err=19/file:filesetup.c…`, `fio: failed opening …`. */
const FIO_FAILED = /^fio: (?:pid=|failed|no such|cannot|could not|you need|.{0,40}\berr(?:or)?[=:])/i;

/** What was counted so far. */
export interface ErrorCount {
  readonly count: number;
  readonly errors: PassFacts["errors"];
  readonly failures: readonly string[];
}

/** Takes a tool's words as they come. */
export interface ErrorCounter {
  take(text: string): void;
  counted(): ErrorCount;
}

type Line = { readonly error: SurfaceError } | { readonly failure: string } | null;

const readFio = (line: string): Line => {
  const verify = FIO_VERIFY.exec(line)?.[1];
  if (verify !== undefined) return { error: { kind: "verify", offsetBytes: Number(verify) } };
  const [, way, offset] = FIO_IO.exec(line) ?? [];
  if (offset !== undefined) return { error: { kind: way === "read" ? "read" : "write", offsetBytes: Number(offset) } };
  return FIO_FAILED.test(line) ? { failure: line } : null;
};

/** badblocks prints the number of each bad block on a line of its own, and complaints with its name before them (misc/badblocks.c). */
const readBadblocks =
  (blockBytes: number) =>
  (line: string): Line => {
    if (/^\d{1,13}$/.test(line)) return { error: { kind: "verify", offsetBytes: Number(line) * blockBytes } };
    return /^badblocks: |^Too many bad blocks/.test(line) && !/forced anyway/.test(line) ? { failure: line } : null;
  };

const createCounter = (read: (line: string) => Line): ErrorCounter => {
  let rest = "";
  let count = 0;
  const errors: SurfaceError[] = [];
  const failures: string[] = [];
  const takeLine = (line: string): void => {
    const told = read(line);
    if (told === null) return;
    if ("failure" in told) {
      if (failures.length < MOST_LINES) failures.push(cleanText(told.failure, 300));
      return;
    }
    count += 1;
    if (errors.length < MOST_KEPT) errors.push(told.error);
  };
  return {
    take: (text) => {
      const lines = (rest + text).split(/[\n\r\b]+/);
      rest = (lines.pop() ?? "").slice(0, MOST_LINE_CHARS);
      for (const line of lines) takeLine(line.slice(0, MOST_LINE_CHARS).trim());
    },
    counted: () => ({ count, errors, failures }),
  };
};

/** For fio's errors, which are on stderr, and on stdout before the JSON when it is not a terminal. */
export const countFioErrors = (): ErrorCounter => createCounter(readFio);

/** For the blocks that badblocks found, which are on stdout. */
export const countBadblocks = (blockBytes: number): ErrorCounter => createCounter(readBadblocks(blockBytes));
