/** The override is armed: exactly these disks of this server will lose everything, unless nobody presses. */
import { type Canvas, columnsIn } from "../../../board/canvas.ts";
import type { PanelRun } from "../model.ts";
import { chunk, drawAlarm, drawHint, drawHoldBar, FOOT_Y, HOLD_TEXT, holdRestText, PAGE_WIDTH } from "./layout.ts";
import type { PanelView } from "./view.ts";

/** Serials that stand at a time. */
const ROWS = 3;
const HEAD_Y = 18;
const SERIALS_Y = 27;
/** Serials are capitals: they need no row for descenders. */
const PITCH = 8;

/** What stands at a time: rows, and the places in the list of the disks they name, from 1 on. */
interface SerialWindow {
  readonly rows: readonly string[];
  readonly first: number;
  readonly last: number;
}

/** A serial in whole, on as many rows as it takes: of two that differ in their middle alone, a shortened one would not tell which. */
const rowsOf = (serial: string): readonly string[] => {
  const chars = [...serial];
  const columns = columnsIn(PAGE_WIDTH, 1);
  const rest = chunk(chars.slice(columns), columns - 1).map((part) => ` ${part.join("")}`);
  return [chars.slice(0, columns).join(""), ...rest];
};

/** The serials by windows. One goes on in the next window only if it would not fit into a window of its own. */
const serialWindows = (serials: readonly string[]): readonly SerialWindow[] => {
  const windows: SerialWindow[] = [];
  for (const [i, serial] of serials.entries())
    for (const rows of chunk(rowsOf(serial), ROWS)) {
      const open = windows.at(-1);
      if (open === undefined || open.rows.length + rows.length > ROWS)
        windows.push({ rows, first: i + 1, last: i + 1 });
      else windows[windows.length - 1] = { ...open, rows: [...open.rows, ...rows], last: i + 1 };
    }
  return windows;
};

/** How many windows it takes to have shown every serial. */
export const countSerialWindows = (serials: readonly string[]): number => serialWindows(serials).length;

const titleText = (windows: readonly SerialWindow[], { first, last }: SerialWindow): string => {
  const count = windows.at(-1)?.last ?? 0;
  if (windows.length <= 1) return `Erase ${count} ${count === 1 ? "disk" : "disks"}`;
  return `Erase ${first === last ? first : `${first}–${last}`}/${count}`;
};

const NOTHING: SerialWindow = { rows: [], first: 0, last: 0 };

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
  const windows = serialWindows(run.refusedSerials);
  const window = windows[scroll % Math.max(1, windows.length)] ?? NOTHING;
  canvas.text(0, HEAD_Y, titleText(windows, window), { width: PAGE_WIDTH - 30 });
  canvas.text(PAGE_WIDTH - 29, HEAD_Y, `${restS} s`, { width: 29, align: "right" });
  for (const [i, row] of window.rows.entries()) canvas.text(0, SERIALS_Y + i * PITCH, row, { width: PAGE_WIDTH });
  drawAct(canvas, isReady, heldRatio);
};
