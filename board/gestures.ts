/**
 * What a person means with the buttons: a press, a long press with a countdown, two buttons at once.
 *
 * Pure: edges and the time go in, gestures come out, and no timer runs inside. What comes out depends on the edges' own times alone, so a box that
 * was busy hears of a gesture late but never hears of another one. Whoever asks gives the time at `dueMonoMs` or earlier, as often as it likes.
 *
 * The doubtful case means nothing: a second button that joins late, a third one, a chord let go of too soon. The hand has to come off first.
 */
import { BUTTON_NAMES, type ButtonEdge, type ButtonName } from "./buttons.ts";

/** How long is long. */
export interface GestureLimits {
  /** Held alone for this long, a button means its long press; let go of before, its press. */
  readonly longPressMs: number;
  /** Two buttons are pressed together when they go down within this time. */
  readonly chordWindowMs: number;
  /** How long both of them are then held. */
  readonly chordMs: number;
}

/** Long enough that a sleeve does not do it, short enough for cold fingers. */
export const GESTURE_LIMITS: GestureLimits = { longPressMs: 2_000, chordWindowMs: 400, chordMs: 1_000 };

/** What was meant, and when it was complete by the box's monotonic clock. */
export type Gesture =
  /** The first finger is down: what wakes a dark display. */
  | { readonly kind: "touch"; readonly button: ButtonName; readonly atMonoMs: number }
  | { readonly kind: "press"; readonly button: ButtonName; readonly atMonoMs: number }
  | { readonly kind: "long-press"; readonly button: ButtonName; readonly atMonoMs: number }
  /** The two are in the order of `BUTTON_NAMES`. */
  | { readonly kind: "chord"; readonly buttons: readonly [ButtonName, ButtonName]; readonly atMonoMs: number };

/** What the fingers that are down may still come to mean. */
type Intent =
  | { readonly kind: "single"; readonly button: ButtonName; readonly sinceMonoMs: number }
  | { readonly kind: "chord"; readonly buttons: readonly [ButtonName, ButtonName]; readonly sinceMonoMs: number }
  /** Nothing: it was told already, is doubtful, was swallowed, or no finger is down. */
  | { readonly kind: "nothing" };

/** Where the fingers are. Opaque: made by `NO_FINGERS` and the functions here. */
export interface GestureState {
  readonly down: readonly ButtonName[];
  readonly intent: Intent;
  /** The latest time given; an edge that is told out of order counts as this late. */
  readonly nowMonoMs: number;
}

/** The state to begin with. */
export const NO_FINGERS: GestureState = { down: [], intent: { kind: "nothing" }, nowMonoMs: -Infinity };

/** A state, and the gestures that were completed on the way there. */
export interface GestureStep {
  readonly state: GestureState;
  readonly gestures: readonly Gesture[];
}

/** A long press or chord that is on its way. */
export interface HoldProgress {
  readonly buttons: readonly ButtonName[];
  /** 0 to 1. */
  readonly fraction: number;
  readonly restMs: number;
}

const NOTHING: Intent = { kind: "nothing" };

const lengthMs = (intent: Exclude<Intent, { kind: "nothing" }>, limits: GestureLimits): number =>
  intent.kind === "single" ? limits.longPressMs : limits.chordMs;

/** When time alone completes a gesture, unless an edge comes before; null while none is on its way. */
export const dueMonoMs = ({ intent }: GestureState, limits: GestureLimits): number | null =>
  intent.kind === "nothing" ? null : intent.sinceMonoMs + lengthMs(intent, limits);

/** Time has come to `nowMonoMs`. A time that was given before changes nothing. */
export const takeTime = (state: GestureState, nowMonoMs: number, limits: GestureLimits): GestureStep => {
  const { intent } = state;
  const passed: GestureState = { ...state, nowMonoMs: Math.max(state.nowMonoMs, nowMonoMs) };
  const atMonoMs = dueMonoMs(state, limits);
  if (intent.kind === "nothing" || atMonoMs === null || atMonoMs > passed.nowMonoMs)
    return { state: passed, gestures: [] };
  const gesture: Gesture =
    intent.kind === "single"
      ? { kind: "long-press", button: intent.button, atMonoMs }
      : { kind: "chord", buttons: intent.buttons, atMonoMs };
  return { state: { ...passed, intent: NOTHING }, gestures: [gesture] };
};

const inOrder = (one: ButtonName, other: ButtonName): readonly [ButtonName, ButtonName] =>
  BUTTON_NAMES.indexOf(one) < BUTTON_NAMES.indexOf(other) ? [one, other] : [other, one];

const press = (state: GestureState, button: ButtonName, atMonoMs: number, limits: GestureLimits): GestureStep => {
  const down = [...state.down, button];
  if (state.down.length === 0) {
    const intent: Intent = { kind: "single", button, sinceMonoMs: atMonoMs };
    return { state: { ...state, down, intent }, gestures: [{ kind: "touch", button, atMonoMs }] };
  }
  const { intent } = state;
  const joins = intent.kind === "single" && atMonoMs - intent.sinceMonoMs <= limits.chordWindowMs;
  const chord: Intent = joins
    ? { kind: "chord", buttons: inOrder(intent.button, button), sinceMonoMs: atMonoMs }
    : NOTHING;
  return { state: { ...state, down, intent: chord }, gestures: [] };
};

const release = (state: GestureState, button: ButtonName, atMonoMs: number): GestureStep => {
  const down = state.down.filter((name) => name !== button);
  const gestures: readonly Gesture[] = state.intent.kind === "single" ? [{ kind: "press", button, atMonoMs }] : [];
  return { state: { ...state, down, intent: NOTHING }, gestures };
};

/** A button went down or up. What is down cannot go down again, nor what is up come up: such an edge is a repeat and changes nothing. */
export const takeEdge = (state: GestureState, edge: ButtonEdge, limits: GestureLimits): GestureStep => {
  const passed = takeTime(state, edge.atMonoMs, limits);
  if (passed.state.down.includes(edge.button) === edge.down) return passed;
  const atMonoMs = passed.state.nowMonoMs;
  const moved = edge.down
    ? press(passed.state, edge.button, atMonoMs, limits)
    : release(passed.state, edge.button, atMonoMs);
  const settled = takeTime(moved.state, atMonoMs, limits); // a limit of zero is over at once
  return { state: settled.state, gestures: [...passed.gestures, ...moved.gestures, ...settled.gestures] };
};

/** Lets the fingers that are down mean nothing any more, until all are up again. */
export const swallowTouch = (state: GestureState): GestureState => ({ ...state, intent: NOTHING });

/** How far the gesture is that only time has yet to complete; null when there is none. */
export const holdProgress = (state: GestureState, nowMonoMs: number, limits: GestureLimits): HoldProgress | null => {
  const { intent } = state;
  if (intent.kind === "nothing") return null;
  const wholeMs = lengthMs(intent, limits);
  const heldMs = Math.min(wholeMs, Math.max(0, nowMonoMs - intent.sinceMonoMs));
  return {
    buttons: intent.kind === "single" ? [intent.button] : intent.buttons,
    fraction: wholeMs === 0 ? 1 : heldMs / wholeMs,
    restMs: wholeMs - heldMs,
  };
};
