/** A run that is not held: what is done to which server, how far it is, and how long it takes yet. */
import { type Canvas, textWidth } from "../../../board/canvas.ts";
import { wrapText } from "../../../board/text.ts";
import { OPERATOR_MAY_CANCEL } from "../../core/states.ts";
import { renderAbout } from "../../core/words.ts";
import type { PanelModel, PanelRun } from "../model.ts";
import { COLUMNS, drawFoot, drawLines, drawTitle, HOLD_TEXT, PAGE_WIDTH } from "./layout.ts";

const TITLE_Y = 18;
const BAR_Y = 29;
const BAR_HEIGHT = 13;
/** `100%` in large print, and a gap before it. */
const PERCENT_WIDTH = textWidth(4, 2);
const BAR_WIDTH = PAGE_WIDTH - PERCENT_WIDTH - 4;
const REST_Y = 45;
const SINCE_Y = 37;

/** Never `100%` before the end: who reads that walks to the server. */
const percentText = (ratio: number): string =>
  `${ratio >= 1 ? 100 : Math.min(99, Math.max(0, Math.floor(ratio * 100)))}%`;

const drawStage = (canvas: Canvas, run: PanelRun): void => {
  const place = run.place === null ? "" : `${run.place.index + 1}/${run.place.count}`;
  const placeWidth = textWidth(place.length + 1, 1);
  canvas.text(0, TITLE_Y, run.title, { width: PAGE_WIDTH - placeWidth });
  canvas.text(0, TITLE_Y, place, { width: PAGE_WIDTH, align: "right" });
};

const waitedMs = (run: PanelRun, nowMs: number): number => Math.max(0, nowMs - run.enteredMs);

const drawSince = (canvas: Canvas, y: number, text: string): void => {
  canvas.icon(0, y, "hourglass");
  canvas.text(12, y, text, { width: PAGE_WIDTH - 12 });
};

/** How long it has waited, of the time after which the box gives up. */
const drawWait = (canvas: Canvas, run: PanelRun, nowMs: number): void => {
  const waited = waitedMs(run, nowMs);
  const wholeMs = run.deadlineMs === null ? null : run.deadlineMs - run.enteredMs;
  drawLines(canvas, TITLE_Y, wrapText(run.title, COLUMNS).slice(0, 2));
  drawSince(
    canvas,
    SINCE_Y,
    wholeMs === null ? renderAbout(waited) : `${renderAbout(waited)} of ${renderAbout(wholeMs)}`,
  );
  if (wholeMs !== null && wholeMs > 0)
    canvas.bar({ x: 0, y: SINCE_Y + 9, width: PAGE_WIDTH, height: 5 }, waited / wholeMs);
};

const drawProgress = (canvas: Canvas, ratio: number): void => {
  canvas.bar({ x: 0, y: BAR_Y, width: BAR_WIDTH, height: BAR_HEIGHT }, ratio);
  const percent = { width: PERCENT_WIDTH, align: "right", size: 2 } as const;
  canvas.text(PAGE_WIDTH - PERCENT_WIDTH, BAR_Y, percentText(ratio), percent);
};

/** What is left, and how hot it is. */
const drawRest = (canvas: Canvas, { restMs, maxTempC }: PanelRun): void => {
  const temp = maxTempC === null || !Number.isFinite(maxTempC) ? "" : `${Math.round(maxTempC)} °C`;
  canvas.text(0, REST_Y, restMs === null ? "" : `${renderAbout(restMs)} left`, { width: PAGE_WIDTH - 44 });
  canvas.text(PAGE_WIDTH - 41, REST_Y, temp, { width: 41, align: "right" });
};

/** The page of a run under way, or one that waits. */
export const drawRun = (canvas: Canvas, model: PanelModel, run: PanelRun, scroll: number): void => {
  drawTitle(canvas, { x: 0, y: 0, width: PAGE_WIDTH }, run.hostName);
  if (run.place === null) drawWait(canvas, run, model.nowMs);
  else {
    drawStage(canvas, run);
    if (run.progress === null) drawSince(canvas, BAR_Y + 3, `${renderAbout(waitedMs(run, model.nowMs))} so far`);
    else drawProgress(canvas, run.progress);
    drawRest(canvas, run);
  }
  const hints = OPERATOR_MAY_CANCEL.has(run.state) ? [{ keys: ["ABORT"], text: `${HOLD_TEXT} stop` }] : [];
  drawFoot(canvas, model, { kind: "run", runId: run.id }, hints, scroll);
};
