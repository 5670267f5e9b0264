/** Waiting for a condition of the system that no event announces: a process that ends, a file that appears. */
import { RackRefusal } from "./refusal.ts";

/** Short against what is waited for (a boot, an exit), long against what one look costs (one file of /proc). */
const LOOK_EVERY_MS = 25;

/** Answers with the first value of `look` that is neither null nor false; refuses with `timeout` after `timeoutMs`. */
export const until = async <T>(
  what: string,
  look: () => T | null | false | Promise<T | null | false>,
  timeoutMs: number,
  everyMs = LOOK_EVERY_MS,
): Promise<T> => {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== false) return seen;
    if (performance.now() >= endMs) throw new RackRefusal("timeout", `${what}: not within ${timeoutMs} ms`);
    await Bun.sleep(everyMs);
  }
};

/** Settles as `work` does, or refuses with `timeout`. `work` itself is not ended. */
export const within = async <T>(what: string, work: Promise<T>, timeoutMs: number): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new RackRefusal("timeout", `${what}: not within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};
