/** A bell: one task waits for it or for a time, any other rings it. A ring that nobody waited for is heard by the next who waits. */
import type { Clock } from "./system/clock.ts";

/** See above. */
export interface Bell {
  ring(): void;
  /** Ends at a ring, after `ms`, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** Makes a bell. */
export const createBell = (clock: Clock): Bell => {
  let rung = false;
  let waiting: AbortController | undefined;
  return {
    ring: () => {
      rung = true;
      waiting?.abort();
    },
    wait: async (ms, signal) => {
      if (!rung) {
        waiting = new AbortController();
        await clock.sleep(ms, AbortSignal.any([signal, waiting.signal]));
        waiting = undefined;
      }
      rung = false;
    },
  };
};
