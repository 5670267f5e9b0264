/** A run that waits for a person: which server to walk to, what failed, what to do, and how to log in. */
import type { Canvas } from "../../../board/canvas.ts";
import type { PanelModel, PanelRun } from "../model.ts";
import { drawAlarm, drawFoot, drawWindow, type Hint, HOLD_TEXT, PAGE_WIDTH, windowsOf } from "./layout.ts";
import { ARM_CHORD } from "./view.ts";

const TOP = 18;
/** Lines between head and foot; the login takes one of them. */
const ROWS = 4;
const LOGIN_Y = 45;

const RELEASE: Hint = { keys: ["ABORT"], text: `${HOLD_TEXT} release` };
const ARM: Hint = { keys: ARM_CHORD.map((button) => button.toUpperCase()), text: `${HOLD_TEXT} arm` };

/** The page of a held run. */
export const drawHeld = (
  canvas: Canvas,
  model: PanelModel,
  run: PanelRun,
  held: NonNullable<PanelRun["held"]>,
  scroll: number,
): void => {
  drawAlarm(canvas, "hold", run.hostName);
  const rows = held.login === null ? ROWS : ROWS - 1;
  drawWindow(canvas, TOP, windowsOf(held.what, held.action, rows), scroll, rows);
  if (held.login !== null) canvas.text(0, LOGIN_Y, `ssh ${held.login}`, { width: PAGE_WIDTH, cut: "middle" });
  const hints = run.refusedSerials.length > 0 ? [RELEASE, ARM] : [RELEASE];
  drawFoot(canvas, model, { kind: "run", runId: run.id }, hints, scroll);
};
