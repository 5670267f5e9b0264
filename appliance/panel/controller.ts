/**
 * What the buttons mean: the panel's state, what happened, the facts and the time go in; the state after it and what is asked of the desk come out.
 *
 * Pure. NEXT walks the pages; ABORT and OVERRIDE act by a long press on the run that is shown, and on nothing that came up under the finger:
 *
 * - What a long press would do is settled when the finger comes down, and must still be so when the press is complete.
 * - A finger on a dark display wakes it; on a notice it takes the notice away; on a page that has just come up by itself it does nothing.
 * - OVERRIDE needs its run armed within the last minute, and every serial shown since on a display that is there.
 */
import type { ButtonEdge } from "../../board/buttons.ts";
import { type Gesture, type GestureStep, NO_FINGERS, swallowTouch, takeEdge, takeTime } from "../../board/gestures.ts";
import { OPERATOR_MAY_CANCEL, OPERATOR_MAY_RELEASE } from "../core/states.ts";
import { armedHere, armRun, hasMoreSerials, isReady, isStillRefused } from "./arming.ts";
import { brightnessOf, pageAfter } from "./attention.ts";
import type { PanelModel, PanelRun } from "./model.ts";
import type { PanelPage } from "./pages/view.ts";
import {
  isTouched,
  type Notice,
  PANEL_GESTURES,
  PANEL_TIMES,
  type PanelAct,
  type PanelState,
  type PanelStep,
  quiet,
  runShown,
  type Target,
} from "./panel-state.ts";
import { scrollOf, settlePanel } from "./settle.ts";

/** What happens to the panel. New facts come with the next event, whichever it is. */
export type PanelEvent =
  | { readonly kind: "time" }
  | { readonly kind: "edge"; readonly edge: ButtonEdge }
  | { readonly kind: "display"; readonly isPresent: boolean }
  /** The buttons have gone, with a finger on them perhaps: nobody will tell that it lifts. */
  | { readonly kind: "buttons-gone" }
  /** Somebody allowed the override of this run on its page. */
  | { readonly kind: "arm"; readonly runId: string }
  /** The desk has answered; `refusal` says why not. */
  | { readonly kind: "answer"; readonly act: PanelAct; readonly refusal: string | null };

/** What a long press of ABORT does to a run. A held server is released, as on its page: one way out is enough. */
export const endingOf = ({ id, state }: PanelRun): PanelAct | null => {
  if (OPERATOR_MAY_RELEASE.has(state)) return { kind: "release", runId: id };
  return OPERATOR_MAY_CANCEL.has(state) ? { kind: "cancel", runId: id } : null;
};

const NO_TARGET: Target = { ending: null, override: null, armsRunId: null };

const targetOf = (state: PanelState, model: PanelModel): Target => {
  const run = runShown(state.page, model.runs);
  if (run === null) return NO_TARGET;
  const armed = armedHere(state);
  const override: PanelAct | null =
    armed !== null && isReady(armed) ? { kind: "override", runId: run.id, serials: armed.serials } : null;
  return { ending: endingOf(run), override, armsRunId: run.refusedSerials.length > 0 ? run.id : null };
};

const swallow = (state: PanelState): PanelState => ({ ...state, fingers: swallowTouch(state.fingers), target: null });

const toPage = (state: PanelState, page: PanelPage, nowMs: number): PanelState => ({
  ...state,
  page,
  scroll: { base: 0, sinceMs: nowMs },
});

const say = (tone: Notice["tone"], title: string, text: string, nowMs: number): Notice => ({
  ...{ tone, title, text },
  untilMs: nowMs + PANEL_TIMES.noticeMs,
});

/** The first finger comes down: it means what is shown, if anything has been shown for long enough to be meant. */
const onTouch = (state: PanelState, atMs: number, model: PanelModel): PanelState => {
  const before = { ...state, fingers: NO_FINGERS };
  const wasDark = brightnessOf(before, model, atMs) === "off";
  const isMeant = !wasDark && state.isDisplayed && state.notice === null;
  const isSettled = atMs >= state.jumpedMs + PANEL_TIMES.settleMs;
  const touched: PanelState = {
    ...state,
    notice: null,
    litMs: atMs,
    stayUntilMs: atMs + PANEL_TIMES.stayMs,
    scroll: { base: scrollOf(before, atMs), sinceMs: atMs },
  };
  if (isMeant && isSettled) return { ...touched, target: targetOf(touched, model) };
  return { ...swallow(touched), jumpedMs: isMeant ? state.jumpedMs : atMs };
};

const onNext = (state: PanelState, atMs: number, model: PanelModel): PanelState => {
  if (!hasMoreSerials(state)) return toPage(state, pageAfter(state.page, model), atMs);
  return { ...state, scroll: { base: scrollOf(state, atMs) + 1, sinceMs: atMs } };
};

const ask = (state: PanelState, act: PanelAct): PanelStep => ({ state: { ...state, asked: act }, acts: [act] });

/** ABORT was held: what it would have done when the finger came down, if that is still what it would do. */
const onAbort = (state: PanelState, model: PanelModel): PanelStep => {
  const ending = state.target?.ending ?? null;
  const run = model.runs.find(({ id }) => id === ending?.runId);
  if (ending === null || run === undefined || state.asked !== null) return quiet(state);
  return endingOf(run)?.kind === ending.kind ? ask({ ...state, armed: null }, ending) : quiet(state);
};

const onOverride = (state: PanelState, atMs: number, model: PanelModel): PanelStep => {
  const { target, armed } = state;
  const run = runShown(state.page, model.runs);
  if (target === null || run === null || run.refusedSerials.length === 0 || state.asked !== null) return quiet(state);
  const wanted = target.override;
  if (wanted !== null && armed?.runId === wanted.runId && atMs <= armed.untilMs && isStillRefused(armed, model))
    return ask({ ...state, armed: null }, wanted);
  const why =
    armedHere(state) === null
      ? "First hold NEXT and OVERRIDE together, or allow it on the run's page."
      : "Read all serials first: NEXT shows the others.";
  return quiet({ ...state, notice: say("bad", "Not yet", why, atMs) });
};

const onLongPress: Record<ButtonEdge["button"], (state: PanelState, atMs: number, model: PanelModel) => PanelStep> = {
  next: (state, atMs) => quiet(toPage(state, { kind: "home" }, atMs)),
  abort: (state, _atMs, model) => onAbort(state, model),
  override: onOverride,
};

/** The chord arms the run on which it was begun. */
const onChord = (state: PanelState, gesture: Gesture & { readonly kind: "chord" }, model: PanelModel): PanelState => {
  const run = model.runs.find(({ id }) => id === state.target?.armsRunId);
  const [one, other] = gesture.buttons;
  if (one !== "next" || other !== "override" || run === undefined || run.refusedSerials.length === 0) return state;
  return { ...state, armed: armRun(run, gesture.atMonoMs) };
};

const takeGesture = (state: PanelState, gesture: Gesture, model: PanelModel): PanelStep => {
  const { atMonoMs: atMs } = gesture;
  if (gesture.kind === "touch") return quiet(onTouch(state, atMs, model));
  if (state.target === null) return quiet(state); // swallowed
  if (gesture.kind === "long-press") return onLongPress[gesture.button](state, atMs, model);
  if (gesture.kind === "chord") return quiet(onChord(state, gesture, model));
  if (gesture.button === "next") return quiet(onNext(state, atMs, model));
  // A short press of ABORT is the way back from an override that was armed by mistake.
  return quiet(gesture.button === "abort" && armedHere(state) !== null ? { ...state, armed: null } : state);
};

const takeGestures = (state: PanelState, { state: fingers, gestures }: GestureStep, model: PanelModel): PanelStep => {
  let step = quiet({ ...state, fingers });
  for (const gesture of gestures) {
    const next = takeGesture(step.state, gesture, model);
    step = { state: next.state, acts: [...step.acts, ...next.acts] };
  }
  if (!isTouched(state) || isTouched(step.state)) return step;
  // The hand is off: what stood still under it goes on from there.
  const scroll = { ...step.state.scroll, sinceMs: fingers.nowMonoMs };
  return { ...step, state: { ...step.state, target: null, scroll } };
};

const DONE: Record<PanelAct["kind"], readonly [title: string, text: string]> = {
  cancel: ["Aborted", "What ran on the server is stopped. It powers off."],
  release: ["Released", "The server powers off. The run stays failed."],
  override: ["Wipe allowed", "Storage begins again with these disks."],
};

const onAnswer = (state: PanelState, { act, refusal }: PanelEvent & { readonly kind: "answer" }, nowMs: number) => {
  const [title, text] = refusal === null ? DONE[act.kind] : ["Refused", refusal];
  const notice = say(refusal === null ? "good" : "bad", title, text, nowMs);
  return { ...swallow(state), asked: null, notice, litMs: nowMs };
};

const onDisplay = (state: PanelState, isPresent: boolean, nowMs: number): PanelState =>
  state.isDisplayed === isPresent
    ? state
    : { ...swallow(state), isDisplayed: isPresent, jumpedMs: nowMs, litMs: isPresent ? nowMs : state.litMs };

const onArm = (state: PanelState, runId: string, model: PanelModel, nowMs: number): PanelState => {
  const run = model.runs.find(({ id }) => id === runId);
  return run === undefined || run.refusedSerials.length === 0 ? state : { ...state, armed: armRun(run, nowMs) };
};

const takeEvent = (state: PanelState, event: PanelEvent, model: PanelModel, nowMs: number): PanelStep => {
  if (event.kind === "edge") return takeGestures(state, takeEdge(state.fingers, event.edge, PANEL_GESTURES), model);
  if (event.kind === "answer") return quiet(onAnswer(state, event, nowMs));
  if (event.kind === "buttons-gone") return quiet({ ...state, fingers: NO_FINGERS, target: null });
  if (event.kind === "display") return quiet(onDisplay(state, event.isPresent, nowMs));
  if (event.kind === "arm") return quiet(onArm(state, event.runId, model, nowMs));
  return takeGestures(state, takeTime(state.fingers, nowMs - PANEL_TIMES.edgeLagMs, PANEL_GESTURES), model);
};

/** One step of the panel. */
export const reducePanel = (state: PanelState, event: PanelEvent, model: PanelModel, nowMs: number): PanelStep => {
  const { state: taken, acts } = takeEvent(state, event, model, nowMs);
  return { state: settlePanel(taken, model, nowMs), acts };
};
