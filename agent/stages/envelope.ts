/** Least, mean and most of series that are sampled while something runs. Pure but for the sums it keeps. */
import * as v from "valibot";
import { count } from "../wire/fields.ts";

const figure = v.pipe(v.number(), v.finite());

/** What a series of readings came to. */
export const Envelope = v.object({ min: figure, mean: figure, max: figure, sampleCount: count });
/** What a series of readings came to. */
export type Envelope = v.InferOutput<typeof Envelope>;

/** Collects readings by the names of their series. */
export interface Envelopes {
  add(series: string, value: number): void;
  /** Every series that was ever read. */
  all(): ReadonlyMap<string, Envelope>;
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** Starts with nothing. */
export const createEnvelopes = (): Envelopes => {
  const sums = new Map<string, { min: number; max: number; sum: number; sampleCount: number }>();
  return {
    add: (series, value) => {
      if (!Number.isFinite(value)) return;
      const { min, max, sum, sampleCount } = sums.get(series) ?? { min: value, max: value, sum: 0, sampleCount: 0 };
      sums.set(series, {
        min: Math.min(min, value),
        max: Math.max(max, value),
        sum: sum + value,
        sampleCount: sampleCount + 1,
      });
    },
    all: () =>
      new Map(
        [...sums].map(([series, { min, max, sum, sampleCount }]) => [
          series,
          { min: rounded(min), mean: rounded(sum / sampleCount), max: rounded(max), sampleCount },
        ]),
      ),
  };
};
