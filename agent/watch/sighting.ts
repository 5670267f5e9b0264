/** What one source tells at one moment. */
import type { Watched } from "../wire/watch.ts";

/** One figure, and the counters that it is the sum of. */
export interface Seen {
  readonly value: number;
  readonly parts?: Readonly<Record<string, number>>;
}

/** Components with their figures. */
export type Figures = ReadonlyMap<string, Seen>;

/** What a source saw. Kinds that it could not see are not there. */
export type Sighting = {
  readonly status: "seen";
  readonly figures: Readonly<Partial<Record<Watched, Figures>>>;
};

/** A source that has nothing to see, or could not be read. */
export interface Unseen {
  readonly status: "absent" | "failed";
  readonly reason: string;
}

/** A source's answer. */
export type Answer = Sighting | Unseen;

/** Nothing is there. */
export const absent = (reason: string): Unseen => ({ status: "absent", reason });

/** Gathers figures by kind and component. */
export const createTally = () => {
  const figures: Partial<Record<Watched, Map<string, Seen>>> = {};
  return {
    figures,
    /** Leaves out what was not given. */
    add: (kind: Watched, component: string, value: number | undefined, parts?: Seen["parts"]): void => {
      if (value === undefined || !Number.isFinite(value)) return;
      let own = figures[kind];
      if (own === undefined) {
        own = new Map();
        figures[kind] = own;
      }
      own.set(component, parts === undefined ? { value } : { value, parts });
    },
    isEmpty: (): boolean => Object.keys(figures).length === 0,
  };
};
