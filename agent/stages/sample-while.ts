/** Samples at intervals as long as some work goes on. */
import type { Clock } from "../system/clock.ts";

/** See above. */
export interface Sampling {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly everyMs: number;
  /** Takes a sample; told how long the work has been going on. */
  take(elapsedMs: number): Promise<void>;
}

/** Ends as the work does. A sample that takes longer than its interval delays the next one, never the end. */
export const sampleWhile = async <Result>(work: Promise<Result>, sampling: Sampling): Promise<Result> => {
  const { clock, signal, everyMs, take } = sampling;
  const startMs = clock.monoMs();
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const go = async (): Promise<void> => {
    while (!stop.aborted) {
      await take(clock.monoMs() - startMs);
      await clock.sleep(everyMs, stop);
    }
  };
  const samples = go();
  try {
    // A sample that fails is a bug, and must not be silent.
    return await Promise.race([work, samples.then(() => work)]);
  } finally {
    over.abort();
  }
};
