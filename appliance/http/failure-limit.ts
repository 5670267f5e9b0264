/** Counts failed tokens per address, so that guessing is slow for the guesser and costs nobody else anything. */

/** How many failures an address has, in which time, and how many addresses are remembered. */
export interface FailureLimits {
  readonly max: number;
  readonly windowMs: number;
  readonly addresses: number;
}

/** `safety` C.5 6: the limiter engages at 10 failures a minute. A rack has fewer addresses than are remembered. */
export const FAILURE_LIMITS: FailureLimits = { max: 10, windowMs: 60_000, addresses: 4096 };

/** The counter. */
export interface FailureLimiter {
  /** How long this address must wait before its token is looked at; 0 when it need not. */
  waitMs(address: string): number;
  /** Counts one failure. */
  failed(address: string): void;
}

/** A counter over windows that begin with an address's first failure. */
export const createFailureLimiter = (monoMs: () => number, limits: FailureLimits = FAILURE_LIMITS): FailureLimiter => {
  const windows = new Map<string, { untilMs: number; failures: number }>();
  const current = (address: string) => {
    const window = windows.get(address);
    if (window !== undefined && window.untilMs > monoMs()) return window;
    windows.delete(address);
    return undefined;
  };
  return {
    waitMs: (address) => {
      const window = current(address);
      return window !== undefined && window.failures >= limits.max ? window.untilMs - monoMs() : 0;
    },
    failed: (address) => {
      const window = current(address);
      if (window !== undefined) {
        window.failures++;
        return;
      }
      // A Map keeps the order of insertion: the first is the oldest.
      const oldest = windows.keys().next();
      if (windows.size >= limits.addresses && !oldest.done) windows.delete(oldest.value);
      windows.set(address, { untilMs: monoMs() + limits.windowMs, failures: 1 });
    },
  };
};
