/**
 * Packed measurements: the samples of one run, one series set and one minute as one block of 32-bit floats.
 *
 * A row for each sample would cost an SD card 3.5 kB of writes; packed, one costs about 10 bytes.
 */
import type { Sample } from "../../agent/wire/messages.ts";

/** Samples are packed by the minute of their own clock. */
export const CHUNK_MS = 60_000;

/** One moment: when, and one value for each series of the set. */
export interface PackedSample {
  readonly atMs: number;
  readonly values: readonly number[];
}

/** Aggregates of one series. */
export interface SeriesStats {
  readonly series: string;
  readonly count: number;
  readonly min: number;
  readonly sum: number;
  readonly max: number;
  readonly last: number;
}

/** Names of a sample's series, in the order in which its values are packed. */
export const seriesOf = (sample: Sample): readonly string[] => Object.keys(sample.readings).sort();

/** Packs samples of one series set. Each takes 4 bytes for its offset from `startMs` and 4 for each value, little-endian. */
export const packSamples = (startMs: number, samples: readonly PackedSample[]): Uint8Array => {
  const width = 1 + (samples[0]?.values.length ?? 0);
  const view = new DataView(new ArrayBuffer(samples.length * width * 4));
  samples.forEach(({ atMs, values }, row) => {
    // Whole milliseconds below 2^24 are exact in 32 bits, and a chunk spans a minute.
    view.setFloat32(row * width * 4, atMs - startMs, true);
    values.forEach((value, column) => {
      view.setFloat32((row * width + 1 + column) * 4, value, true);
    });
  });
  return new Uint8Array(view.buffer);
};

/** The samples of a chunk with `seriesCount` series. */
export const unpackSamples = (startMs: number, seriesCount: number, bytes: Uint8Array): readonly PackedSample[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = 1 + seriesCount;
  return Array.from({ length: Math.floor(bytes.byteLength / (width * 4)) }, (_, row) => ({
    atMs: startMs + view.getFloat32(row * width * 4, true),
    values: Array.from({ length: seriesCount }, (_, column) => view.getFloat32((row * width + 1 + column) * 4, true)),
  }));
};

/** Aggregates of samples of one series set. */
export const statsOf = (names: readonly string[], samples: readonly PackedSample[]): readonly SeriesStats[] =>
  names.map((series, column) => {
    const values = samples.map((s) => s.values[column] ?? 0);
    return {
      series,
      count: values.length,
      min: Math.min(...values),
      sum: values.reduce((sum, x) => sum + x, 0),
      max: Math.max(...values),
      last: values.at(-1) ?? 0,
    };
  });
