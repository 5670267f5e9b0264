/**
 * The override at the panel: which run is armed, which of its serials have stood long enough to be read, and whether OVERRIDE may act now.
 *
 * Armed is who asked for it within the last minute, at the panel or on the run's page. Ready is armed, with every serial shown since.
 */
import type { PanelModel, PanelRun } from "./model.ts";
import { countSerialWindows } from "./pages/override.ts";
import { ARMED_MS } from "./pages/view.ts";
import { type Armed, PANEL_TIMES, type PanelState } from "./panel-state.ts";

/** Arms a run's override; what was armed before is not any more. */
export const armRun = (run: PanelRun, nowMs: number): Armed => ({
  runId: run.id,
  serials: run.refusedSerials,
  untilMs: nowMs + ARMED_MS,
  isUp: false,
  seen: [],
  window: null,
});

const isSameList = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((serial, i) => serial === other[i]);

/** Whether the run is still held by exactly the disks that were armed. */
export const isStillRefused = ({ runId, serials }: Armed, model: PanelModel): boolean => {
  const run = model.runs.find(({ id }) => id === runId);
  return run !== undefined && isSameList(run.refusedSerials, serials);
};

/** The armed run, if its page is what stands now. */
export const armedHere = ({ armed, page, notice }: PanelState): Armed | null =>
  armed?.isUp === true && notice === null && page.kind === "run" && page.runId === armed.runId ? armed : null;

/** Whether all serials were shown. */
export const isReady = ({ serials, seen }: Armed): boolean => {
  const count = countSerialWindows(serials);
  return count > 0 && Array.from({ length: count }, (_, i) => i).every((i) => seen.includes(i));
};

/** Notes which window of serials stands now, and that one was read which has stood since an earlier look. What no display shows is not read. */
export const lookAtSerials = (state: PanelState, scroll: number, isLit: boolean, nowMs: number): Armed | null => {
  const { armed } = state;
  if (armed === null) return null;
  if (!state.isDisplayed) return { ...armed, seen: [], window: null };
  if (!isLit || armedHere(state) === null) return { ...armed, window: null };
  const index = scroll % Math.max(1, countSerialWindows(armed.serials));
  if (armed.window?.index !== index) return { ...armed, window: { index, sinceMs: nowMs } };
  const isRead = nowMs - armed.window.sinceMs >= PANEL_TIMES.seenMs && !armed.seen.includes(index);
  return isRead ? { ...armed, seen: [...armed.seen, index] } : armed;
};

/** Whether NEXT turns to another window of serials rather than to another page. */
export const hasMoreSerials = (state: PanelState): boolean => {
  const armed = armedHere(state);
  return armed !== null && !isReady(armed) && countSerialWindows(armed.serials) > 1;
};
