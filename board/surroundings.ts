/** What the drivers are given of the world besides their hardware: time, and a log for what comes and goes. */

/** Time. The waits end early when their signal aborts, and never reject. */
export interface BoardClock {
  /** Milliseconds since an arbitrary moment; never goes back. */
  monoMs(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The log, as far as the board uses it. */
export interface BoardLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** The machine's own clock. */
export const boardClock: BoardClock = {
  monoMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
    }),
};

/** What went wrong, in a word where the kernel gives one (`EREMOTEIO`, `EBUSY`), else in its sentence. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
};

/** How long to wait before trial number `attempt`, counted from 0; the last of the waits holds for all that follow. */
export const waitBefore = (waitsMs: readonly number[], attempt: number): number =>
  waitsMs[Math.min(attempt, waitsMs.length - 1)] ?? 0;
