/** Committed changes, told to whoever listens, with a short memory for those who come back after a lost connection. */
import type { Change } from "../core/ports.ts";

/** A change before it has its number. */
export type NewChange = Omit<Change, "seq">;

/** How many changes are remembered; a reader that missed more is told to fetch everything anew. */
export const REMEMBERED_CHANGES = 1000;

/** How many changes may wait for one slow reader before they are replaced by one `reset`. */
const BACKLOG = 1000;

/** A reader's queue: what it has not taken yet, and how to wake it. */
interface Reader {
  pending: Change[];
  wake: () => void;
}

/** Numbers changes and fans them out. It holds no file: the store writes the numbered changes with the rows they tell of. */
export class Feed {
  readonly #readers = new Set<Reader>();
  #remembered: Change[];
  #seq: number;

  /** `remembered` are the stored changes, oldest first. */
  constructor(remembered: readonly Change[]) {
    this.#remembered = [...remembered];
    this.#seq = remembered.at(-1)?.seq ?? 0;
  }

  /** The number of the last committed change. */
  get seq(): number {
    return this.#seq;
  }

  /** Remembered changes after a number, for a look back without waiting. */
  since(afterSeq: number): readonly Change[] {
    return this.#remembered.filter((c) => c.seq > afterSeq);
  }

  /** Gives the next numbers, without telling anybody: the commit may still fail. */
  number(changes: readonly NewChange[]): readonly Change[] {
    return changes.map((change, i) => ({ ...change, seq: this.#seq + 1 + i }));
  }

  /** Tells committed changes. */
  publish(changes: readonly Change[]): void {
    for (const change of changes) {
      this.#seq = Math.max(this.#seq, change.seq);
      this.#remembered.push(change);
      this.#tell(change);
    }
    if (this.#remembered.length > REMEMBERED_CHANGES)
      this.#remembered = this.#remembered.slice(this.#remembered.length - REMEMBERED_CHANGES);
  }

  /** Tells a change of what is in memory only. It repeats the last number, so that nobody who resumes misses a committed one. */
  publishUnstored(change: NewChange): void {
    this.#tell({ ...change, seq: this.#seq });
  }

  /** Changes after `afterSeq` (null: from now on), as they come, until the signal. */
  read(afterSeq: number | null, signal: AbortSignal): AsyncIterable<Change> {
    // Subscribed here and not at the first `next()`: what happens in between belongs to the reader.
    const reader: Reader = { pending: afterSeq === null ? [] : this.#missedSince(afterSeq), wake: () => {} };
    this.#readers.add(reader);
    const leave = () => {
      this.#readers.delete(reader);
      reader.wake();
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    return this.#drain(reader, signal);
  }

  async *#drain(reader: Reader, signal: AbortSignal): AsyncGenerator<Change> {
    try {
      while (!signal.aborted) {
        const change = reader.pending.shift();
        if (change !== undefined) yield change;
        else {
          await new Promise<void>((wake) => {
            reader.wake = wake;
          });
        }
      }
    } finally {
      this.#readers.delete(reader);
    }
  }

  #missedSince(afterSeq: number): Change[] {
    if (afterSeq === this.#seq) return [];
    const oldest = this.#remembered[0]?.seq ?? this.#seq + 1;
    const known = afterSeq < this.#seq && afterSeq >= oldest - 1;
    return known ? [...this.since(afterSeq)] : [this.#reset()];
  }

  #reset(): Change {
    return { seq: this.#seq, kind: "reset", hostId: null, runId: null };
  }

  #tell(change: Change): void {
    for (const reader of this.#readers) {
      if (reader.pending.length >= BACKLOG) reader.pending = [this.#reset()];
      else reader.pending.push(change);
      reader.wake();
    }
  }
}
