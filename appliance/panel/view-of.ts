/** The panel's state as its pages are told of it. */
import { holdProgress } from "../../board/gestures.ts";
import { armedHere, isReady } from "./arming.ts";
import type { PanelModel } from "./model.ts";
import type { PanelMoment, PanelPage, PanelView } from "./pages/view.ts";
import { PANEL_GESTURES, type PanelState, runShown } from "./panel-state.ts";
import { scrollOf } from "./settle.ts";

/** What is held down and will come to something; null else. */
const heldMoment = (state: PanelState, nowMs: number): PanelMoment | null => {
  const { target } = state;
  const held = holdProgress(state.fingers, nowMs, PANEL_GESTURES);
  if (target === null || held === null) return null;
  const buttons = held.buttons.join("+");
  const heldRatio = held.fraction;
  if (buttons === "abort" && target.ending !== null) return { kind: "abort", runId: target.ending.runId, heldRatio };
  if (buttons === "next+override" && target.armsRunId !== null)
    return { kind: "arming", runId: target.armsRunId, heldRatio };
  return buttons === "override" && target.override !== null ? armedMoment(state, heldRatio, nowMs) : null;
};

const armedMoment = (state: PanelState, heldRatio: number, nowMs: number): PanelMoment | null => {
  const armed = armedHere(state);
  if (armed === null) return null;
  const restS = Math.max(0, Math.ceil((armed.untilMs - nowMs) / 1000));
  return { kind: "override", runId: armed.runId, restS, isReady: isReady(armed), heldRatio };
};

const shown = (state: PanelState, model: PanelModel, nowMs: number): PanelPage | PanelMoment => {
  if (state.notice !== null) {
    const { tone, title, text } = state.notice;
    return { kind: "notice", tone, title, text };
  }
  if (runShown(state.page, model.runs) === null) return state.page;
  return heldMoment(state, nowMs) ?? armedMoment(state, 0, nowMs) ?? state.page;
};

/** What the panel shows now. */
export const viewOf = (state: PanelState, model: PanelModel, nowMs: number): PanelView => ({
  ...shown(state, model, nowMs),
  scroll: scrollOf(state, nowMs),
});
