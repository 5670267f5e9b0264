/** A clock for tests: time passes only when the test says so, and then at once. */
import type { Clock } from "../system/clock.ts";

/** A clock whose time the test moves. */
export interface FakeClock extends Clock {
  /** Lets time pass from timer to timer until the condition holds. Throws when it does not hold within `withinMs` of this clock's time. */
  until(holds: () => boolean, withinMs?: number): Promise<void>;
  /** Lets this much time pass. */
  pass(ms: number): Promise<void>;
}

/** Lets everything happen that needs no time: promises, streams, immediates. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 8; i += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

/** Makes a clock that stands at the beginning of 2026. */
export const createFakeClock = (): FakeClock => {
  const timers = new Set<{ readonly dueMs: number; readonly fire: () => void }>();
  let nowMs = 0;
  const moveTo = async (ms: number): Promise<void> => {
    nowMs = ms;
    for (const timer of [...timers].filter((t) => t.dueMs <= ms).sort((a, b) => a.dueMs - b.dueMs)) timer.fire();
    await settle();
  };
  const nextDueMs = () => Math.min(...[...timers].map((timer) => timer.dueMs));
  const clock: FakeClock = {
    wallMs: () => Date.UTC(2026, 0, 1) + nowMs,
    monoMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const fire = () => {
          timers.delete(timer);
          signal?.removeEventListener("abort", fire);
          resolve();
        };
        const timer = { dueMs: nowMs + Math.max(0, ms), fire };
        timers.add(timer);
        signal?.addEventListener("abort", fire);
      }),
    until: async (holds, withinMs = 600_000) => {
      const endMs = nowMs + withinMs;
      await settle();
      while (!holds()) {
        const dueMs = nextDueMs();
        if (dueMs > endMs) throw new Error(`not within ${withinMs} ms: ${holds}`);
        await moveTo(dueMs);
      }
    },
    pass: async (ms) => {
      const endMs = nowMs + ms;
      await settle();
      for (let dueMs = nextDueMs(); dueMs <= endMs; dueMs = nextDueMs()) await moveTo(dueMs);
      await moveTo(endMs);
    },
  };
  return clock;
};
