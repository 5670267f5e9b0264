/** Hand-written stand-ins for the desks, for tests: what was not planned throws. */
import { type Logger, pino } from "pino";
import type { Edge } from "./edge.ts";

/** A desk of which only the planned calls may be made. */
export const fakeDesk = <T extends object>(name: string, planned: Partial<T>): T =>
  new Proxy(planned as T, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (value === undefined) throw new Error(`unplanned: ${name}.${String(key)}`);
      return value;
    },
  });

/** A connection as a listener would describe it, with a count of how often it was kept open. */
export const fakeEdge = (address = "10.77.0.51"): Edge & { readonly kept: () => number } => {
  let kept = 0;
  return {
    address,
    keepOpen: () => {
      kept++;
    },
    kept: () => kept,
  };
};

/** A log that keeps its lines. */
export const fakeLog = (): { readonly log: Logger; readonly lines: string[] } => {
  const lines: string[] = [];
  return { log: pino({ level: "trace" }, { write: (line: string) => void lines.push(line) }), lines };
};

/** An async source that a test feeds, and that ends with its signal. */
export const createFeed = <T>() => {
  const queue: T[] = [];
  let wake = Promise.withResolvers<void>();
  let open = 0;
  let unread = Promise.withResolvers<void>();
  return {
    push: (item: T) => {
      queue.push(item);
      wake.resolve();
    },
    /** Readers that are still listening. */
    open: () => open,
    /** Waits until the last reader has gone. */
    unread: (): Promise<void> => (open === 0 ? Promise.resolve() : unread.promise),
    async *read(signal: AbortSignal): AsyncGenerator<T> {
      open++;
      signal.addEventListener("abort", () => wake.resolve());
      try {
        while (!signal.aborted) {
          const item = queue.shift();
          if (item !== undefined) yield item;
          else {
            await wake.promise;
            wake = Promise.withResolvers<void>();
          }
        }
      } finally {
        if (--open === 0) {
          unread.resolve();
          unread = Promise.withResolvers<void>();
        }
      }
    },
  };
};
