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

/** Opens the ring of a directory, with what an earlier process of this boot left there. */
export const openRing = <Entry extends Numbered>(options: RingOptions): Ring<Entry> => {
  const { directory, maxBytes, segmentBytes, onFault } = options;
  makeDirectory(directory);
  const ackedPath = join(directory, ACKED);
  let ackedSeq = Number(loadFile(ackedPath)?.toString("utf8") ?? 0) || 0;
  const segments = loadSegments<Entry>(directory, ackedSeq);
  let bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  let nextSeq = (segments.at(-1)?.entries.at(-1)?.entry.seq ?? ackedSeq) + 1;
  // A new process writes a new segment: the last one may end in half a line.
  let current: Segment<Entry> | undefined;

  const guarded = (write: () => void): void => {
    try {
      write();
    } catch (cause) {
      onFault(cause instanceof Fault ? cause : new Fault("file-unwritable", { directory }, { cause }));
    }
  };
  const drop = (segment: Segment<Entry>): void => {
    segments.splice(segments.indexOf(segment), 1);
    bytes -= segment.bytes;
    if (segment === current) current = undefined;
    guarded(() => removeFile(segment.path));
  };
  const openSegment = (): Segment<Entry> => {
    const segment: Segment<Entry> = {
      path: join(directory, `${String(nextSeq).padStart(12, "0")}${SUFFIX}`),
      entries: [],
      bytes: 0,
    };
    segments.push(segment);
    return segment;
  };

  return {
    append: (fields) => {
      const entry = { ...fields, seq: nextSeq } as unknown as Entry;
      const line = `${JSON.stringify(entry)}\n`;
      const lineBytes = Buffer.byteLength(line);
      while (bytes + lineBytes > maxBytes && segments[0] !== undefined) drop(segments[0]);
      if (current === undefined || current.bytes + lineBytes > segmentBytes) current = openSegment();
      current.entries.push({ entry, bytes: lineBytes });
      current.bytes += lineBytes;
      bytes += lineBytes;
      nextSeq += 1;
      const { path } = current;
      guarded(() => appendFileSync(path, line, { mode: 0o600 }));
    },
    batch: (maxEntries, maxBatchBytes) => {
      const batch: Entry[] = [];
      let batchBytes = 0;
      for (const held of heldOf(segments)) {
        batchBytes += held.bytes;
        if (batch.length >= maxEntries || (batch.length > 0 && batchBytes > maxBatchBytes)) break;
        batch.push(held.entry);
      }
      const lostBefore = (batch[0]?.seq ?? 0) - ackedSeq - 1;
      return batch.map((entry, i) => (i === 0 && lostBefore > 0 ? { ...entry, lostBefore } : entry));
    },
    acknowledge: (seq) => {
      if (seq <= ackedSeq) return;
      ackedSeq = seq;
      // A box that knows higher numbers than we gave met an agent whose files are gone: go on after them.
      nextSeq = Math.max(nextSeq, seq + 1);
      for (const segment of [...segments]) {
        while (segment.entries[0] !== undefined && segment.entries[0].entry.seq <= seq) {
          const gone = segment.entries.shift()?.bytes ?? 0;
          segment.bytes -= gone;
          bytes -= gone;
        }
        if (segment.entries.length === 0) drop(segment);
      }
      guarded(() => saveFile(ackedPath, String(ackedSeq)));
    },
    get waitingCount() {
      return segments.reduce((sum, segment) => sum + segment.entries.length, 0);
    },
    get waitingBytes() {
      return bytes;
    },
  };
};
