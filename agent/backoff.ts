/** Waiting between tries: each longer than the one before, never for ever, never in step with other agents. */
import type { Random } from "./system/random.ts";
import { WIRE_PERIODS } from "./wire/limits.ts";

/** A series of waits. */
export interface Backoff {
  /** How long to wait before the next try. */
  nextMs(): number;
  /** A try succeeded: the series begins anew. */
  reset(): void;
}

/** Wait after a refusal that only a person or a restored box can heal. */
export const SLOW_MS = 30_000;

/** A duration, shortened by a random share, so that it is never longer than asked for. */
export const jittered = (ms: number, random: Random): number =>
  Math.round(ms * (1 - WIRE_PERIODS.jitter * random.unit()));

/** Doubling waits between the wire's least and longest. */
export const createBackoff = (random: Random): Backoff => {
  let ms: number = WIRE_PERIODS.retryMinMs;
  return {
    nextMs: () => {
      const waitMs = jittered(ms, random);
      ms = Math.min(ms * 2, WIRE_PERIODS.retryMaxMs);
      return waitMs;
    },
    reset: () => {
      ms = WIRE_PERIODS.retryMinMs;
    },
  };
};
