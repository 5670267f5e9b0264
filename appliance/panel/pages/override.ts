/** The override is armed: exactly these disks of this server will lose everything, unless nobody presses. */
import type { Canvas } from "../../../board/canvas.ts";
import type { PanelRun } from "../model.ts";
import {
  chunk,
  drawAlarm,
  drawHint,
  drawHoldBar,
  FOOT_Y,
  HOLD_TEXT,
  holdRestText,
  PAGE_WIDTH,
  windowAt,
} from "./layout.ts";
import type { PanelView } from "./view.ts";

/** Serials that stand at a time. */
const ROWS = 3;
const HEAD_Y = 18;
const SERIALS_Y = 27;
/** Serials are capitals: they need no row for descenders. */
const PITCH = 8;

/** How many windows it takes to have shown every serial. */
export const countSerialWindows = (serials: readonly string[]): number => Math.ceil(serials.length / ROWS);

const titleText = (serials: readonly string[], scroll: number): string => {
  const count = serials.length;
  if (count <= ROWS) return `Erase ${count} ${count === 1 ? "disk" : "disks"}`;
  const first = (scroll % countSerialWindows(serials)) * ROWS + 1;
  const last = Math.min(count, first + ROWS - 1);
  return `Erase ${first === last ? first : `${first}–${last}`}/${count}`;
};

/** What the foot says: that there are more serials to read, that OVERRIDE erases now, or how far that press is. */
const drawAct = (canvas: Canvas, isReady: boolean, heldRatio: number): void => {
  const foot = { x: 0, y: FOOT_Y - 2, width: PAGE_WIDTH, height: 11 };
  if (heldRatio > 0) drawHoldBar(canvas, foot, heldRatio, `erases in ${holdRestText(heldRatio)}`);
  else if (isReady) drawHint(canvas, { keys: ["OVERRIDE"], text: `${HOLD_TEXT} erase` });
  else drawHint(canvas, { keys: ["NEXT"], text: "shows more" });
};

/** The page of an armed override. */
export const drawOverride = (
  canvas: Canvas,
  run: PanelRun,
  { restS, isReady, heldRatio, scroll }: PanelView & { readonly kind: "override" },
): void => {
  drawAlarm(canvas, "warning", run.hostName);
  canvas.text(0, HEAD_Y, titleText(run.refusedSerials, scroll), { width: PAGE_WIDTH - 30 });
  canvas.text(PAGE_WIDTH - 29, HEAD_Y, `${restS} s`, { width: 29, align: "right" });
  for (const [i, serial] of windowAt(chunk(run.refusedSerials, ROWS), scroll).entries())
    canvas.text(0, SERIALS_Y + i * PITCH, serial, { width: PAGE_WIDTH, cut: "middle" });
  drawAct(canvas, isReady, heldRatio);
};
