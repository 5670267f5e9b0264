import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BUTTON_NAMES, type ButtonEdge, type ButtonName } from "./buttons.ts";
import {
  dueMonoMs,
  GESTURE_LIMITS,
  type Gesture,
  type GestureState,
  holdProgress,
  NO_FINGERS,
  swallowTouch,
  takeEdge,
  takeTime,
} from "./gestures.ts";

const LIMITS = { longPressMs: 2_000, chordWindowMs: 400, chordMs: 1_000 };

type Input = ButtonEdge | number;
const down = (button: ButtonName, atMonoMs: number): ButtonEdge => ({ button, down: true, atMonoMs });
const up = (button: ButtonName, atMonoMs: number): ButtonEdge => ({ button, down: false, atMonoMs });

const feed = (inputs: readonly Input[], limits = LIMITS): { state: GestureState; gestures: readonly Gesture[] } =>
  inputs.reduce<{ state: GestureState; gestures: readonly Gesture[] }>(
    ({ state, gestures }, input) => {
      const step = typeof input === "number" ? takeTime(state, input, limits) : takeEdge(state, input, limits);
      return { state: step.state, gestures: [...gestures, ...step.gestures] };
    },
    { state: NO_FINGERS, gestures: [] },
  );
/** What was meant, without the touches. */
const meant = (...inputs: readonly Input[]): readonly Gesture[] =>
  feed(inputs).gestures.filter(({ kind }) => kind !== "touch");

describe("takeEdge", () => {
  test("tells the touch at the first finger, and the press when it lets go", () => {
    expect(feed([down("next", 100), up("next", 180)]).gestures).toEqual([
      { kind: "touch", button: "next", atMonoMs: 100 },
      { kind: "press", button: "next", atMonoMs: 180 },
    ]);
  });

  test("is a press up to the last millisecond before the limit, and a long press from it on", () => {
    expect(meant(down("abort", 0), up("abort", 1_999))).toEqual([{ kind: "press", button: "abort", atMonoMs: 1_999 }]);
    expect(meant(down("abort", 0), up("abort", 2_000))).toEqual([
      { kind: "long-press", button: "abort", atMonoMs: 2_000 },
    ]);
  });

  test("takes two buttons that go down within the window, and are held, for a chord in whichever order", () => {
    const chord = [{ kind: "chord", buttons: ["override", "abort"], atMonoMs: 1_300 }] as const;
    expect(meant(down("override", 0), down("abort", 300), 1_300)).toEqual(chord);
    expect(meant(down("abort", 0), down("override", 300), 5_000, up("abort", 5_001), up("override", 5_002))).toEqual(
      chord,
    );
  });

  test("takes a chord that is let go of too soon for nothing, also not for presses", () => {
    expect(meant(down("override", 0), down("abort", 300), up("abort", 1_299), up("override", 9_000))).toEqual([]);
  });

  test("takes a second button outside of the window, and a third, for nothing until all are up", () => {
    expect(meant(down("override", 0), down("abort", 401), 9_000, up("abort", 9_001), 19_000)).toEqual([]);
    expect(meant(down("override", 0), down("abort", 100), down("next", 200), 9_000)).toEqual([]);
    expect(
      meant(
        down("override", 0),
        down("abort", 500),
        up("abort", 600),
        up("override", 700),
        down("next", 800),
        up("next", 900),
      ),
    ).toEqual([{ kind: "press", button: "next", atMonoMs: 900 }]);
  });

  test("swallows repeats: of a button that is down, or up, already", () => {
    expect(meant(up("next", 0), down("next", 1), down("next", 2), down("next", 1_999), up("next", 2_001))).toEqual([
      { kind: "long-press", button: "next", atMonoMs: 2_001 },
    ]);
    expect(meant(down("next", 1), up("next", 2), up("next", 3))).toHaveLength(1);
  });

  test("counts an edge that is told out of order as late, and never goes back in time", () => {
    expect(meant(down("next", 1_000), 1_500, up("next", 1_200))).toEqual([
      { kind: "press", button: "next", atMonoMs: 1_500 },
    ]);
  });

  test("tells a chord at once where no hold is asked for", () => {
    const { gestures } = feed([down("next", 5), down("abort", 9)], { ...LIMITS, chordMs: 0 });
    expect(gestures.at(-1)).toEqual({ kind: "chord", buttons: ["next", "abort"], atMonoMs: 9 });
  });
});

describe("takeTime", () => {
  test("completes a long press once, at its due time, however late the time is given", () => {
    const held = [down("override", 100), 2_099, 7_777, 9_999, up("override", 10_000)];
    expect(meant(...held)).toEqual([{ kind: "long-press", button: "override", atMonoMs: 2_100 }]);
  });

  test("does nothing while no finger is down", () => {
    expect(feed([1, 2, 1_000_000]).gestures).toEqual([]);
  });
});

test("swallowTouch silences what is down until all are up, and nothing after", () => {
  const woken = swallowTouch(feed([down("override", 0)]).state);
  const later = takeTime(woken, 60_000, LIMITS);
  const lifted = takeEdge(later.state, up("override", 60_001), LIMITS);
  const again = takeEdge(lifted.state, down("override", 60_002), LIMITS);
  expect([...later.gestures, ...lifted.gestures]).toEqual([]);
  expect(takeEdge(again.state, up("override", 60_003), LIMITS).gestures).toHaveLength(1);
});

test("dueMonoMs says when time alone completes something", () => {
  expect(dueMonoMs(NO_FINGERS, LIMITS)).toBeNull();
  expect(dueMonoMs(feed([down("next", 100)]).state, LIMITS)).toBe(2_100);
  expect(dueMonoMs(feed([down("next", 100), down("abort", 200)]).state, LIMITS)).toBe(1_200);
  expect(dueMonoMs(feed([down("next", 100), 2_100]).state, LIMITS)).toBeNull();
});

test("holdProgress counts a hold down, and knows none once it is over", () => {
  const { state } = feed([down("abort", 1_000)]);
  expect(holdProgress(state, 1_500, LIMITS)).toEqual({ buttons: ["abort"], fraction: 0.25, restMs: 1_500 });
  expect(holdProgress(state, 900, LIMITS)).toEqual({ buttons: ["abort"], fraction: 0, restMs: 2_000 });
  expect(holdProgress(takeTime(state, 3_000, LIMITS).state, 3_000, LIMITS)).toBeNull();
  const chord = feed([down("next", 0), down("abort", 100)]).state;
  expect(holdProgress(chord, 850, LIMITS)).toEqual({ buttons: ["next", "abort"], fraction: 0.75, restMs: 250 });
});

const edges = fc
  .array(fc.tuple(fc.constantFrom(...BUTTON_NAMES), fc.boolean(), fc.nat(1_500)), { maxLength: 40 })
  .map((rows) =>
    rows.map(([button, isDown], index): ButtonEdge => {
      const atMonoMs = rows.slice(0, index + 1).reduce((sumMs, [, , afterMs]) => sumMs + afterMs, 0);
      return { button, down: isDown, atMonoMs };
    }),
  );

test("takeEdge and takeTime tell the same gestures however often, or seldom, the time is given", () => {
  fc.assert(
    fc.property(edges, fc.array(fc.nat(60_000)), (given, times) => {
      const seldom = feed([...given, 1_000_000]).gestures;
      const often = [...given, ...times].toSorted(
        (a, b) => (typeof a === "number" ? a : a.atMonoMs) - (typeof b === "number" ? b : b.atMonoMs),
      );
      expect(feed([...often, 1_000_000]).gestures).toEqual(seldom);
    }),
  );
});

test("takeEdge tells at most one meaning from the first finger down to the last one up", () => {
  fc.assert(
    fc.property(edges, (given) => {
      const { gestures } = feed([...given, 1_000_000], GESTURE_LIMITS);
      const kinds = gestures.map(({ kind }) => (kind === "touch" ? "T" : "m")).join("");
      expect(kinds).toMatch(/^(Tm?)*$/);
    }),
  );
});
