import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type BounceStep, OPENS_AGAIN, PRESSES, RELEASES } from "../../test/setup/bounces.ts";
import { type DebounceState, type DebounceStep, moveLine, quietAt, settleLine, settlesAtMonoMs } from "./debounce.ts";

const WINDOW_MS = 20;

interface Move {
  readonly down: boolean;
  readonly atMonoMs: number;
}
type Edge = NonNullable<DebounceStep["edge"]>;

/** Moves a line, and looks at it the moment that it settles, or never. */
const feed = (moves: readonly Move[], looks = true): readonly Edge[] => {
  const edges: Edge[] = [];
  let state: DebounceState = quietAt(false);
  const take = (step: DebounceStep): void => {
    state = step.state;
    if (step.edge !== null) edges.push(step.edge);
  };
  const look = (untilMonoMs: number): void => {
    const settlesAt = settlesAtMonoMs(state, WINDOW_MS);
    if (looks && settlesAt !== null && settlesAt <= untilMonoMs) take(settleLine(state, settlesAt, WINDOW_MS));
  };
  for (const { down, atMonoMs } of moves) {
    look(atMonoMs);
    take(moveLine(state, down, atMonoMs, WINDOW_MS));
  }
  take(settleLine(state, 1e9, WINDOW_MS));
  return edges;
};

const recorded = (fromMs: number, steps: readonly BounceStep[]): readonly Move[] =>
  steps.map(({ afterUs, level }) => ({ down: level === 0, atMonoMs: fromMs + afterUs / 1_000 }));

describe("moveLine", () => {
  const pairs = Object.entries(PRESSES).flatMap(([press, down]) =>
    Object.entries(RELEASES).map(([release, up]) => [press, release, down, up] as const),
  );
  test.each(pairs)("takes a real press (%s) and release (%s) for one press", (_press, _release, down, up) => {
    expect(feed([...recorded(1_000, down), ...recorded(1_080, up)])).toEqual([
      { down: true, atMonoMs: 1_000.001 },
      { down: false, atMonoMs: 1_080.001 },
    ]);
  });

  test("takes a contact that stays open for longer than the window for let go of", () => {
    expect(feed(recorded(0, OPENS_AGAIN)).map(({ down }) => down)).toEqual([true, false, true]);
  });

  test("takes a disturbance that is over within the window for nothing", () => {
    expect(
      feed([
        { down: true, atMonoMs: 5 },
        { down: false, atMonoMs: 24.9 },
      ]),
    ).toEqual([]);
  });

  test("takes the level that was told already for a movement too small to see", () => {
    expect(feed([{ down: false, atMonoMs: 5 }])).toEqual([]);
    const state = moveLine(quietAt(false), true, 0, WINDOW_MS).state;
    expect(settlesAtMonoMs(moveLine(state, true, 15, WINDOW_MS).state, WINDOW_MS)).toBe(35);
  });

  test("never goes back in time", () => {
    const state = moveLine(moveLine(quietAt(false), true, 10, WINDOW_MS).state, true, 3, WINDOW_MS).state;
    expect(settlesAtMonoMs(state, WINDOW_MS)).toBe(30);
  });
});

test("settleLine waits for the whole window", () => {
  const { state } = moveLine(quietAt(false), true, 100, WINDOW_MS);
  expect(settleLine(state, 119.9, WINDOW_MS)).toEqual({ state, edge: null });
  expect(settleLine(state, 120, WINDOW_MS)).toEqual({ state: quietAt(true), edge: { down: true, atMonoMs: 100 } });
});

/** Pauses of a bouncing contact, each shorter than the window; an even number of them, so that the contact ends where it was going. */
const bounces = fc
  .array(fc.double({ min: 0.001, max: WINDOW_MS - 0.01, noNaN: true }), { maxLength: 12 })
  .map((pausesMs) => pausesMs.slice(0, pausesMs.length & ~1));
const changes = fc.array(fc.tuple(bounces, fc.double({ min: WINDOW_MS, max: 500, noNaN: true })), {
  minLength: 1,
  maxLength: 20,
});

/** A contact that goes down and up in turn, bounces each time, and rests afterwards. */
const movesOf = (rows: readonly (readonly [readonly number[], number])[]) => {
  const moves: Move[] = [];
  const expected: { readonly down: boolean; readonly firstMs: number; readonly restsFromMs: number }[] = [];
  let nowMs = 0;
  for (const [index, [pausesMs, restMs]] of rows.entries()) {
    const down = index % 2 === 0;
    const firstMs = nowMs;
    moves.push({ down, atMonoMs: nowMs });
    for (const [bounce, pauseMs] of pausesMs.entries()) {
      nowMs += pauseMs;
      moves.push({ down: bounce % 2 === 0 ? !down : down, atMonoMs: nowMs });
    }
    expected.push({ down, firstMs, restsFromMs: nowMs });
    nowMs += restMs + 0.01;
  }
  return { moves, expected };
};

test("moveLine gives exactly as many presses as there were, however they bounce, and dates them by their first contact", () => {
  fc.assert(
    fc.property(changes, fc.boolean(), (rows, looks) => {
      const { moves, expected } = movesOf(rows);
      expect(feed(moves, looks)).toEqual(expected.map(({ down, firstMs }) => ({ down, atMonoMs: firstMs })));
    }),
  );
});

test("settlesAtMonoMs is never later than the window after the contact came to rest", () => {
  fc.assert(
    fc.property(bounces, (pausesMs) => {
      const { moves, expected } = movesOf([[pausesMs, WINDOW_MS]]);
      const state = moves.reduce(
        (before: DebounceState, { down, atMonoMs }) => moveLine(before, down, atMonoMs, WINDOW_MS).state,
        quietAt(false),
      );
      expect(settlesAtMonoMs(state, WINDOW_MS)).toBe((expected[0]?.restsFromMs ?? 0) + WINDOW_MS);
    }),
  );
});

test("moveLine takes glitches shorter than the window for nothing, however many", () => {
  const glitches = fc.array(
    fc.tuple(
      fc.double({ min: 0.001, max: WINDOW_MS - 0.01, noNaN: true }),
      fc.double({ min: 0.001, max: 300, noNaN: true }),
    ),
  );
  fc.assert(
    fc.property(glitches, fc.boolean(), (rows, looks) => {
      let nowMs = 0;
      const moves = rows.flatMap(([lengthMs, pauseMs]): Move[] => {
        const fromMs = nowMs;
        nowMs += lengthMs + pauseMs;
        return [
          { down: true, atMonoMs: fromMs },
          { down: false, atMonoMs: fromMs + lengthMs },
        ];
      });
      expect(feed(moves, looks)).toEqual([]);
    }),
  );
});
