/** What is worth somebody's attention: which page comes up by itself, and how bright the display is. */
import type { Brightness } from "../../board/display.ts";
import type { PanelModel } from "./model.ts";
import { isSamePage, listPages, type PanelPage } from "./pages/view.ts";
import { isTouched, PANEL_TIMES, type PanelState } from "./panel-state.ts";

/** Whether the box waits for a person: a run is held, or something of the box itself is to be mended. */
export const needsSomebody = ({ box, runs }: PanelModel): boolean =>
  box.troubles.length > 0 || runs.some(({ held }) => held !== null);

/** What is new to somebody who comes by: each hold, trouble and end. */
export const newsOf = ({ box, runs, ended }: PanelModel): readonly string[] => [
  ...runs.flatMap(({ id, held }) => (held === null ? [] : [`held ${id}`])),
  ...box.troubles.map(({ kind }) => `trouble ${kind}`),
  ...ended.map(({ id }) => `ended ${id}`),
];

/** The page that comes up when nobody chose one: who is held first, then what is to be mended, then the oldest run, then the box. */
export const chiefPage = ({ box, runs }: PanelModel): PanelPage => {
  const held = runs.find((run) => run.held !== null);
  if (held !== undefined) return { kind: "run", runId: held.id };
  const trouble = box.troubles[0];
  if (trouble !== undefined) return { kind: "trouble", trouble: trouble.kind };
  const run = runs[0];
  return run === undefined ? { kind: "home" } : { kind: "run", runId: run.id };
};

/** The page itself while there is something to show on it; a run that ended gives way to its result, everything else to the first page. */
export const pageStanding = (page: PanelPage, model: PanelModel): PanelPage => {
  const pages = listPages(model);
  if (pages.some((one) => isSamePage(one, page))) return page;
  const result: PanelPage | null = page.kind === "run" ? { kind: "result", runId: page.runId } : null;
  return pages.find((one) => result !== null && isSamePage(one, result)) ?? { kind: "home" };
};

/** The page that NEXT leads to. */
export const pageAfter = (page: PanelPage, model: PanelModel): PanelPage => {
  const pages = listPages(model);
  const at = pages.findIndex((one) => isSamePage(one, page));
  return pages[(at + 1) % pages.length] ?? { kind: "home" };
};

/** How bright the display is. It is never dark while somebody is needed, or while something waits for an answer. */
export const brightnessOf = (state: PanelState, model: PanelModel, nowMs: number): Brightness => {
  const restMs = nowMs - state.litMs;
  if (restMs < PANEL_TIMES.dimMs || isTouched(state) || state.armed !== null) return "full";
  return restMs < PANEL_TIMES.blankMs || needsSomebody(model) ? "dim" : "off";
};
