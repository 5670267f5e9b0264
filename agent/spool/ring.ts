/**
 * Log lines or samples that wait for the box: numbered from 1 within a boot, bounded in bytes, and kept in files so that a killed agent's last words
 * are still told. What the bound throws away is always the oldest, so the gap is known from the numbers alone and needs no counter.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { loadFile, makeDirectory, removeFile, savedNames, saveFile } from "../system/durable.ts";
import { Fault } from "../system/fault.ts";

/** What a ring numbers. */
export interface Numbered {
  readonly seq: number;
  readonly lostBefore?: number | undefined;
}

/** Where and how much. */
export interface RingOptions {
  readonly directory: string;
  /** Of all entries that wait. */
  readonly maxBytes: number;
  /** A segment is the unit that is thrown away. */
  readonly segmentBytes: number;
  /** Told when a file cannot be written: the entry is then kept in memory alone. */
  readonly onFault: (fault: Fault) => void;
}

/** Entries that wait for their acknowledgement. */
export interface Ring<Entry extends Numbered> {
  append(entry: Omit<Entry, "seq" | "lostBefore">): void;
  /** The oldest entries that wait, the first with the count of those lost before it. Empty when none wait. */
  batch(maxEntries: number, maxBytes: number): readonly Entry[];
  /** The box has stored everything up to `seq`. */
  acknowledge(seq: number): void;
  readonly waitingCount: number;
  readonly waitingBytes: number;
}

interface Held<Entry> {
  readonly entry: Entry;
  readonly bytes: number;
}
interface Segment<Entry> {
  readonly path: string;
  readonly entries: Held<Entry>[];
  bytes: number;
}

function* heldOf<Entry>(segments: readonly Segment<Entry>[]): Generator<Held<Entry>> {
  for (const segment of segments) yield* segment.entries;
}

const ACKED = "acknowledged";
const SUFFIX = ".jsonl";

const parseLine = <Entry extends Numbered>(line: string): Entry | null => {
  try {
    const entry = JSON.parse(line) as Partial<Numbered> | null;
    return typeof entry?.seq === "number" && Number.isSafeInteger(entry.seq) && entry.seq > 0 ? (entry as Entry) : null;
  } catch {
    return null; // the last line of a killed process, half written
  }
};

const loadSegments = <Entry extends Numbered>(directory: string, ackedSeq: number): Segment<Entry>[] => {
  const segments: Segment<Entry>[] = [];
  for (const name of savedNames(directory).filter((n) => n.endsWith(SUFFIX))) {
    const path = join(directory, name);
    const lines = (loadFile(path)?.toString("utf8") ?? "").split("\n").filter((line) => line !== "");
    const entries = lines.flatMap((line) => {
      const entry = parseLine<Entry>(line);
      return entry === null || entry.seq <= ackedSeq ? [] : [{ entry, bytes: Buffer.byteLength(line) + 1 }];
    });
    if (entries.length === 0) removeFile(path);
    else segments.push({ path, entries, bytes: entries.reduce((sum, e) => sum + e.bytes, 0) });
  }
  return segments;
};

class FileRing<Entry extends Numbered> implements Ring<Entry> {
  readonly #options: RingOptions;
  readonly #segments: Segment<Entry>[];
  #bytes: number;
  #ackedSeq: number;
  #nextSeq: number;
  /** Where entries go. A new process writes a new segment: the last one may end in half a line. */
  #current: Segment<Entry> | undefined;

  constructor(options: RingOptions) {
    this.#options = options;
    makeDirectory(options.directory);
    this.#ackedSeq = Number(loadFile(join(options.directory, ACKED))?.toString("utf8") ?? 0) || 0;
    this.#segments = loadSegments<Entry>(options.directory, this.#ackedSeq);
    this.#bytes = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
    this.#nextSeq = (this.#segments.at(-1)?.entries.at(-1)?.entry.seq ?? this.#ackedSeq) + 1;
  }

  get waitingCount(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.entries.length, 0);
  }

  get waitingBytes(): number {
    return this.#bytes;
  }

  append(fields: Omit<Entry, "seq" | "lostBefore">): void {
    const entry = { ...fields, seq: this.#nextSeq } as unknown as Entry;
    const line = `${JSON.stringify(entry)}\n`;
    const bytes = Buffer.byteLength(line);
    while (this.#bytes + bytes > this.#options.maxBytes && this.#segments[0] !== undefined)
      this.#drop(this.#segments[0]);
    if (this.#current === undefined || this.#current.bytes + bytes > this.#options.segmentBytes) this.#openSegment();
    const segment = this.#current;
    if (segment === undefined) return;
    segment.entries.push({ entry, bytes });
    segment.bytes += bytes;
    this.#bytes += bytes;
    this.#nextSeq += 1;
    this.#guarded(() => appendFileSync(segment.path, line, { mode: 0o600 }));
  }

  batch(maxEntries: number, maxBytes: number): readonly Entry[] {
    const batch: Entry[] = [];
    let bytes = 0;
    for (const held of heldOf(this.#segments)) {
      bytes += held.bytes;
      if (batch.length >= maxEntries || (batch.length > 0 && bytes > maxBytes)) break;
      batch.push(held.entry);
    }
    const lostBefore = (batch[0]?.seq ?? 0) - this.#ackedSeq - 1;
    return batch.map((entry, i) => (i === 0 && lostBefore > 0 ? { ...entry, lostBefore } : entry));
  }

  acknowledge(seq: number): void {
    if (seq <= this.#ackedSeq) return;
    this.#ackedSeq = seq;
    // A box that knows higher numbers than we gave met an agent whose files are gone: go on after them.
    this.#nextSeq = Math.max(this.#nextSeq, seq + 1);
    for (const segment of [...this.#segments]) {
      while (segment.entries[0] !== undefined && segment.entries[0].entry.seq <= seq) {
        const gone = segment.entries.shift()?.bytes ?? 0;
        segment.bytes -= gone;
        this.#bytes -= gone;
      }
      if (segment.entries.length === 0) this.#drop(segment);
    }
    this.#guarded(() => saveFile(join(this.#options.directory, ACKED), String(this.#ackedSeq)));
  }

  #openSegment(): void {
    const name = `${String(this.#nextSeq).padStart(12, "0")}${SUFFIX}`;
    this.#current = { path: join(this.#options.directory, name), entries: [], bytes: 0 };
    this.#segments.push(this.#current);
  }

  #drop(segment: Segment<Entry>): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    this.#bytes -= segment.bytes;
    if (segment === this.#current) this.#current = undefined;
    this.#guarded(() => removeFile(segment.path));
  }

  #guarded(write: () => void): void {
    try {
      write();
    } catch (cause) {
      const { directory, onFault } = this.#options;
      onFault(cause instanceof Fault ? cause : new Fault("file-unwritable", { directory }, { cause }));
    }
  }
}

/** Opens the ring of a directory, with what an earlier process of this boot left there. */
export const openRing = <Entry extends Numbered>(options: RingOptions): Ring<Entry> => new FileRing<Entry>(options);
