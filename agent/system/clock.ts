/** Time as a dependency: the wall clock that may be wrong, and the monotonic one that durations come from. */

/** What code that waits or stamps is given. */
export interface Clock {
  /** Milliseconds since 1970 by this machine's wall clock. */
  wallMs(): number;
  /** Milliseconds since an arbitrary moment; never goes back. */
  monoMs(): number;
  /** Ends after `ms`, or at once when the signal aborts. It never rejects: the caller looks at its signal. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done);
    }),
};
