/** Which pieces of a disk the wipe probe reads: both ends whole, because that is where file systems and arrays sign, and places by chance in between. Pure. */

/** One read: place and length. All are in blocks of 4096 bytes but the last of a disk whose size is none. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
}

/** What is read of a disk. */
export interface SamplePlan {
  readonly head: Piece;
  /** Begins at a whole MiB; absent on a disk that the head covers. */
  readonly tail: Piece | undefined;
  readonly random: readonly Piece[];
}

/** Size of one read, and of one sample. */
export const SAMPLE_BYTES = 1024 * 1024;
const END_SAMPLES = 16;
const RANDOM_SAMPLES = 64;

/** 32 bits by a seed, again and again the same (mulberry32): the places must be found again from the report. */
const seededUnit = (seed: string): (() => number) => {
  let state = Number.parseInt(seed, 16) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** The pieces of a disk of this size. `seed` is 8 hex digits. Random places are distinct, in ascending order, and never within the ends. */
export const planSamples = (sizeBytes: number, seed: string): SamplePlan => {
  const end = END_SAMPLES * SAMPLE_BYTES;
  const head = { offset: 0, length: Math.min(end, sizeBytes) };
  const tailAt = Math.max(head.length, Math.floor((sizeBytes - end) / SAMPLE_BYTES) * SAMPLE_BYTES);
  const tail = tailAt < sizeBytes ? { offset: tailAt, length: sizeBytes - tailAt } : undefined;
  const places = Math.max(0, Math.floor((tailAt - head.length) / SAMPLE_BYTES));
  const unit = seededUnit(seed);
  const chosen = new Set<number>();
  if (places <= RANDOM_SAMPLES) for (let place = 0; place < places; place += 1) chosen.add(place);
  while (chosen.size < Math.min(places, RANDOM_SAMPLES)) chosen.add(Math.floor(unit() * places));
  const random = [...chosen]
    .sort((a, b) => a - b)
    .map((place) => ({ offset: head.length + place * SAMPLE_BYTES, length: SAMPLE_BYTES }));
  return { head, tail, random };
};

/** A piece as reads of at most one sample's size. */
export const readsOf = ({ offset, length }: Piece): readonly Piece[] =>
  Array.from({ length: Math.ceil(length / SAMPLE_BYTES) }, (_, i) => ({
    offset: offset + i * SAMPLE_BYTES,
    length: Math.min(SAMPLE_BYTES, length - i * SAMPLE_BYTES),
  }));
