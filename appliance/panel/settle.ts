/** What facts and time change on the panel without any button: pages that have nothing left to show, an override that is over, news. */
import { swallowTouch } from "../../board/gestures.ts";
import { armedHere, isStillRefused, lookAtSerials } from "./arming.ts";
import { brightnessOf, chiefPage, newsOf, pageStanding } from "./attention.ts";
import type { PanelModel } from "./model.ts";
import { isSamePage, type PanelPage } from "./pages/view.ts";
import { isTouched, PANEL_TIMES, type PanelState } from "./panel-state.ts";

/** Which window of a long text or list stands. It goes on by itself, but not under a finger. */
export const scrollOf = (state: PanelState, nowMs: number): number => {
  const { base, sinceMs } = state.scroll;
  return isTouched(state) ? base : base + Math.max(0, Math.floor((nowMs - sinceMs) / PANEL_TIMES.scrollMs));
};

/** Another picture comes up by itself; a finger that is down, or was on its way, meant the one before. */
const jump = (state: PanelState, nowMs: number): PanelState => ({
  ...state,
  fingers: swallowTouch(state.fingers),
  target: null,
  jumpedMs: nowMs,
  scroll: { base: 0, sinceMs: nowMs },
});

const jumpTo = (state: PanelState, page: PanelPage, nowMs: number): PanelState =>
  isSamePage(state.page, page) ? state : { ...jump(state, nowMs), page };

const settleNotice = (state: PanelState, nowMs: number): PanelState =>
  state.notice === null || nowMs < state.notice.untilMs ? state : { ...jump(state, nowMs), notice: null };

/** An override that is over takes its picture away. */
const settleArmed = (state: PanelState, model: PanelModel, nowMs: number): PanelState => {
  const { armed } = state;
  if (armed === null || (nowMs <= armed.untilMs && isStillRefused(armed, model))) return state;
  return armedHere(state) === null ? { ...state, armed: null } : { ...jump(state, nowMs), armed: null };
};

/** An armed run comes up as soon as no finger is on another one. */
const raiseArmed = (state: PanelState, nowMs: number): PanelState => {
  const { armed } = state;
  if (armed === null || armed.isUp || isTouched(state)) return state;
  const raised = { ...jump(state, nowMs), page: { kind: "run", runId: armed.runId } } as const;
  return { ...raised, armed: { ...armed, isUp: true }, notice: null, litMs: nowMs, stayUntilMs: armed.untilMs };
};

const settlePage = (state: PanelState, model: PanelModel, nowMs: number): PanelState => {
  const standing = jumpTo(state, pageStanding(state.page, model), nowMs);
  if (standing !== state)
    return standing.page.kind === "result" ? { ...standing, stayUntilMs: nowMs + PANEL_TIMES.resultMs } : standing;
  const isFree = nowMs >= state.stayUntilMs && !isTouched(state) && state.notice === null && state.armed === null;
  return isFree ? jumpTo(state, chiefPage(model), nowMs) : state;
};

/** News lights the display up; one that was dark then shows something nobody has seen yet. */
const settleNews = (state: PanelState, model: PanelModel, nowMs: number): PanelState => {
  const news = newsOf(model);
  const isNew = news.some((one) => !state.news.includes(one));
  if (!isNew) return news.length === state.news.length ? state : { ...state, news };
  const wasDark = brightnessOf(state, model, nowMs) === "off";
  return { ...(wasDark ? jump(state, nowMs) : state), news, litMs: nowMs };
};

/** The panel as facts and time leave it. */
export const settlePanel = (state: PanelState, model: PanelModel, nowMs: number): PanelState => {
  const noticed = settleNotice(state, nowMs);
  const armed = raiseArmed(settleArmed(noticed, model, nowMs), nowMs);
  const paged = settleNews(settlePage(armed, model, nowMs), model, nowMs);
  const isLit = brightnessOf(paged, model, nowMs) !== "off";
  const seen = lookAtSerials(paged, scrollOf(paged, nowMs), isLit, nowMs);
  return seen === paged.armed ? paged : { ...paged, armed: seen };
};
