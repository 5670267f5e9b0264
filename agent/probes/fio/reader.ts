/** Tells fio's JSON documents from the lines beside them, line by line as they come. Pure. */
import { countAt, type Json, numberAt, objectAt, rowsAt, textAt } from "../json-values.ts";
import { cleanText, present } from "../label.ts";
import { objectOf, parseLenientJson } from "../lenient-json.ts";
import type { FioError, FioFlow, FioJob } from "./facts.ts";

const MOST_DOCUMENT_CHARS = 8 * 2 ** 20;
const MOST_CHARS = 600;
const MOST_ERRORS = 64;
const MOST_MESSAGES = 16;
const MOST_JOBS = 256;

/** `fio: io_u error on file F: Input/output error: read offset=1048576, buflen=65536` (io_u.c). */
const IO_ERROR = /: ([a-z_]{1,20}) offset=(\d{1,15}), buflen=(\d{1,12})$/;
/** `crc32c: verify failed at file F offset 1048576, length 4096 (requested …` and `verify: bad magic header 5858, wanted acca at file F offset …` (verify.c). */
const VERIFY_ERROR = /^(?:[\w-]{1,20}: verify failed|verify: bad )/;
const VERIFY_PLACE = / offset (\d{1,15}), length (\d{1,12})/;

const errorOf = (line: string): FioError | undefined => {
  if (line.startsWith("fio: io_u error on file ")) {
    const [, op, offset, bytes] = IO_ERROR.exec(line) ?? [];
    return {
      kind: "io",
      ...present({ op, ...(offset === undefined ? {} : { offsetBytes: Number(offset), sizeBytes: Number(bytes) }) }),
    };
  }
  if (!VERIFY_ERROR.test(line)) return undefined;
  const [, offset, bytes] = VERIFY_PLACE.exec(line) ?? [];
  const place = offset === undefined ? {} : { offsetBytes: Number(offset), sizeBytes: Number(bytes) };
  return { kind: "verify", op: "read", ...place };
};

const flowOf = (job: Json, name: "read" | "write"): FioFlow | undefined => {
  const flow = objectAt(job, name);
  const ioBytes = countAt(flow, "io_bytes");
  if (ioBytes === undefined) return undefined;
  const clat = objectAt(flow, "clat_ns");
  const percentile = objectAt(clat, "percentile");
  const timed = (countAt(clat, "N") ?? 0) > 0;
  return {
    ioBytes,
    bwBytesPerS: numberAt(flow, "bw_bytes") ?? 0,
    iops: numberAt(flow, "iops") ?? 0,
    runtimeMs: numberAt(flow, "runtime") ?? 0,
    totalIos: countAt(flow, "total_ios") ?? 0,
    clatNs: timed
      ? present({
          p50: numberAt(percentile, "50.000000"),
          p99: numberAt(percentile, "99.000000"),
          p999: numberAt(percentile, "99.900000"),
          max: numberAt(clat, "max"),
        })
      : {},
  };
};

const jobOf = (job: Json): FioJob => ({
  name: textAt(job, "jobname", 100) ?? "",
  errorCode: countAt(job, "error") ?? 0,
  // Only jobs that go on after errors count them.
  errorCount: countAt(job, "total_err") ?? ((countAt(job, "error") ?? 0) === 0 ? 0 : 1),
  elapsedS: countAt(job, "elapsed") ?? 0,
  ...present({ read: flowOf(job, "read"), write: flowOf(job, "write") }),
});

/** What stands in fio's output so far. */
export class FioReader {
  version: string | undefined;
  /** Of the last whole document: with `--status-interval` each one has all since the start. */
  jobs: readonly FioJob[] = [];
  readonly errors: FioError[] = [];
  readonly messages: string[] = [];
  /** How many places were named, listed in `errors` or not. */
  errorLines = 0;
  documents = 0;
  interrupted = false;
  /** fio said a line of its own. */
  spoke = false;
  /** Where a document was not understood, and why. */
  broken: { readonly line: number; readonly reason: string } | undefined;
  #open: string[] | undefined;
  #openChars = 0;
  #openLine = 0;
  #line = 0;

  get unfinished(): boolean {
    return this.#open !== undefined;
  }

  /** Takes a line of standard output, or of both streams in one. */
  take(line: string): void {
    this.#line += 1;
    if (line.startsWith("{")) this.#begin();
    const inside = this.#open !== undefined && /^[ \t{}]/.test(line);
    if (!inside) this.takeMessage(line);
    else if (this.#openChars <= MOST_DOCUMENT_CHARS) {
      this.#open?.push(line);
      this.#openChars += line.length + 1;
    }
    // fio's own lines within a document are indented. One on a single line is as good.
    if (inside && (line.startsWith("}") || (line.startsWith("{") && line.endsWith("}")))) this.#close();
  }

  /** Takes a line of standard error. */
  takeMessage(whole: string): void {
    const line = whole.slice(0, MOST_CHARS).trim();
    if (line === "") return;
    const error = errorOf(line);
    const signalled = line.startsWith("fio: terminating on signal ");
    this.spoke ||= error !== undefined || line.startsWith("fio: ");
    this.interrupted ||= signalled;
    if (error !== undefined) {
      this.errorLines += 1;
      if (this.errors.length < MOST_ERRORS) this.errors.push(error);
    } else if (!signalled && this.messages.length < MOST_MESSAGES) this.messages.push(cleanText(line, 300));
  }

  #begin(): void {
    this.#open = [];
    this.#openChars = 0;
    this.#openLine = this.#line;
  }

  #close(): void {
    const parsed = parseLenientJson(this.#open?.join("\n") ?? "");
    this.#open = undefined;
    const document = parsed.ok ? objectOf(parsed.facts[0]) : undefined;
    if (document === undefined || !Array.isArray(document["jobs"])) {
      this.broken = { line: this.#openLine, reason: parsed.ok ? "JSON, but not of fio: no jobs." : parsed.reason };
      return;
    }
    this.documents += 1;
    this.version = textAt(document, "fio version", 60) ?? this.version;
    this.jobs = rowsAt(document, "jobs").slice(0, MOST_JOBS).map(jobOf);
  }
}
