/**
 * Reads every source once, all beside each other and each within a time of its own: a sensor that hangs holds up neither the others nor the stage. One that still
 * hangs is not asked again, because each read of sysfs occupies a thread of a small pool.
 */
import type { System } from "../system/system.ts";
import type { WatchSource } from "../wire/watch.ts";
import { sightMemory } from "./memory.ts";
import { sightNics } from "./nics.ts";
import { sightPci } from "./pci.ts";
import { sightProcessors } from "./processors.ts";
import type { Answer } from "./sighting.ts";

/** A source is given up after this. Under a stage's load it takes seconds for what it tells at once at rest. */
export const SOURCE_MS = 10_000;

/** Sources of figures. */
export type FigureSource = Exclude<WatchSource, "kernel" | "temperatures" | "events">;

const SOURCES: Readonly<Record<FigureSource, (system: System, signal: AbortSignal) => Promise<Answer>>> = {
  pci: ({ files }) => sightPci(files),
  memory: sightMemory,
  processors: ({ files }) => sightProcessors(files),
  nics: ({ files }) => sightNics(files),
};

/** What all sources said at one moment. */
export type Snapshot = Readonly<Record<FigureSource, Answer>>;

/** Does some work, or gives it up after a time. */
export type Bounded = <T>(
  name: string,
  work: (signal: AbortSignal) => Promise<T>,
  withinMs: number,
) => Promise<T | string>;

/** Keeps what still hangs from being asked again. A string is why there is no answer. */
export const createBounded = ({ clock }: Pick<System, "clock">): Bounded => {
  const hanging = new Set<string>();
  return async (name, work, withinMs) => {
    if (hanging.has(name)) return "It still hangs from the last time.";
    const over = new AbortController();
    hanging.add(name);
    const answer = work(over.signal).then(
      (value) => value,
      (error: unknown) => String(error).slice(0, 500),
    );
    void answer.then(() => hanging.delete(name));
    const late = clock.sleep(withinMs, over.signal).then(() => `It did not answer within ${withinMs} ms.`);
    const first = await Promise.race([answer, late]);
    over.abort();
    return first;
  };
};

/** Reads the sources. It never throws. */
export const takeSnapshot = async (system: System, bounded: Bounded): Promise<Snapshot> => {
  const names = Object.keys(SOURCES) as FigureSource[];
  const answers = await Promise.all(
    names.map(async (name) => {
      const answer = await bounded(name, (signal) => SOURCES[name](system, signal), SOURCE_MS);
      return [name, typeof answer === "string" ? { status: "failed", reason: answer } : answer] as const;
    }),
  );
  return Object.fromEntries(answers) as Snapshot;
};
