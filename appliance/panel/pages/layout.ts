/**
 * What the pages have in common: their grid, the names of servers, heads that call for somebody, and the foot with its dots and buttons.
 *
 * Pages draw on 126 × 62 of the 128 × 64 pixels; the rest is room for the picture to move in (`shift.ts`).
 */
import { type Area, type Canvas, columnsIn, type IconName, textWidth } from "../../../board/canvas.ts";
import { cleanText, wrapText } from "../../../board/text.ts";
import type { PanelModel } from "../model.ts";
import { isSamePage, LONG_PRESS_MS, listPages, type PanelPage } from "./view.ts";

/** Pixels across that a page may use: 21 characters, which is a serial number of 20. */
export const PAGE_WIDTH = 126;
/** Pixels down that a page may use. */
export const PAGE_HEIGHT = 62;
/** Rows from one line to the next: eight of the font and one free. */
export const LINE = 9;
/** Characters in a line of the whole width. */
export const COLUMNS = columnsIn(PAGE_WIDTH, 1);
/** The top of the foot: one line with a rim for the keys. */
export const FOOT_Y = 53;

/** A long press in words. */
export const HOLD_TEXT = `${LONG_PRESS_MS / 1000}s`;

/** A button, or two at once, and what a long press of it does, in as few words as there are. */
export interface Hint {
  readonly keys: readonly string[];
  readonly text: string;
}

/** A heading as large as it fits into a strip of 16 rows; what is too long even in small print loses its middle. */
export const drawTitle = (
  canvas: Canvas,
  area: Omit<Area, "height">,
  text: string,
  ink: "lit" | "dark" = "lit",
): void => {
  const isLarge = [...cleanText(text)].length <= columnsIn(area.width, 2);
  const style = { width: area.width, cut: "middle", ink } as const;
  if (isLarge) canvas.text(area.x, area.y, text, { ...style, size: 2 });
  else canvas.text(area.x, area.y + 4, text, style);
};

/** A head that calls for somebody: a lit strip of 17 rows with a picture and a heading. */
export const drawAlarm = (canvas: Canvas, icon: IconName, title: string): void => {
  canvas.fill({ x: 0, y: 0, width: PAGE_WIDTH, height: 17 });
  const free = PAGE_WIDTH - 6 - textWidth([...cleanText(title)].length, 2);
  const size = free >= 22 ? 2 : 1;
  const hasIcon = free >= 11; // a long name needs the room more
  const iconWidth = hasIcon ? canvas.icon(3, size === 2 ? 1 : 4, icon, { ink: "dark", size }) + 2 * size : 0;
  drawTitle(canvas, { x: 3 + iconWidth, y: 2, width: PAGE_WIDTH - 5 - iconWidth }, title, "dark");
};

/** What is wrong and what to do, as windows of so many lines: one when both fit, else each on its own, with room for the mark beside them. */
export const windowsOf = (what: string, action: string, lines: number): readonly (readonly string[])[] => {
  const whats = wrapText(what, COLUMNS);
  const actions = wrapText(`→ ${action}`, COLUMNS);
  if (whats.length + actions.length <= lines) return [[...whats, ...actions]];
  return [what, `→ ${action}`].flatMap((text) => chunk(wrapText(text, COLUMNS - 1), lines));
};

/** A list in pieces of at most `size`. */
export const chunk = <T>(list: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));

/** The window of a list whose turn it is. */
export const windowAt = <T>(windows: readonly (readonly T[])[], scroll: number): readonly T[] =>
  windows[scroll % Math.max(1, windows.length)] ?? [];

/** Lines one below the other. */
export const drawLines = (canvas: Canvas, y: number, lines: readonly string[]): void => {
  for (const [i, line] of lines.entries()) canvas.text(0, y + i * LINE, line, { width: PAGE_WIDTH });
};

/** The window of a text whose turn it is. Of several, a mark in the free column at the right tells which. */
export const drawWindow = (
  canvas: Canvas,
  y: number,
  windows: readonly (readonly string[])[],
  scroll: number,
  rows: number,
): void => {
  drawLines(canvas, y, windowAt(windows, scroll));
  if (windows.length <= 1) return;
  const height = rows * LINE - 2;
  const mark = Math.max(3, Math.round(height / windows.length));
  const way = Math.round(((scroll % windows.length) * (height - mark)) / (windows.length - 1));
  canvas.vline(PAGE_WIDTH - 1, y + way, mark);
};

/** More pages than this are counted, not dotted. */
const MAX_DOTS = 7;
const DOT_PITCH = 4;

/** Where this page stands among the others: the current one tall, those that need somebody hollow, the others a point. */
const drawDots = (canvas: Canvas, model: PanelModel, page: PanelPage): void => {
  const pages = listPages(model);
  const at = pages.findIndex((one) => isSamePage(one, page));
  if (pages.length <= 1) return;
  if (pages.length > MAX_DOTS) {
    canvas.text(0, FOOT_Y + 1, `${at + 1}/${pages.length}`);
    return;
  }
  for (const [i, one] of pages.entries()) {
    const dot = { x: i * DOT_PITCH, y: FOOT_Y + 3, width: 3, height: 3 };
    if (i === at) canvas.fill({ ...dot, y: dot.y - 2, height: 7 });
    else if (needsSomebody(model, one)) canvas.box(dot);
    else canvas.fill({ x: dot.x + 1, y: dot.y + 1, width: 1, height: 1 });
  }
};

const needsSomebody = (model: PanelModel, page: PanelPage): boolean =>
  page.kind === "trouble" ||
  (page.kind === "run" && model.runs.some(({ id, held }) => id === page.runId && held !== null));

const keyWidth = (key: string): number => textWidth([...key].length, 1) + 4;
const PLUS_WIDTH = 7;

const hintWidth = ({ keys, text }: Hint): number =>
  keys.reduce((sum, key) => sum + keyWidth(key), 0) +
  (keys.length - 1) * PLUS_WIDTH +
  3 +
  textWidth([...text].length, 1);

/** A key as it is labelled on the box, and what it does: at the right of the foot. */
export const drawHint = (canvas: Canvas, hint: Hint): void => {
  let x = PAGE_WIDTH - hintWidth(hint);
  for (const [i, key] of hint.keys.entries()) {
    if (i > 0) canvas.text(x + 1, FOOT_Y + 1, "+");
    if (i > 0) x += PLUS_WIDTH;
    canvas.fill({ x, y: FOOT_Y, width: keyWidth(key), height: 9 });
    canvas.text(x + 2, FOOT_Y + 1, key, { ink: "dark" });
    x += keyWidth(key);
  }
  canvas.text(x + 3, FOOT_Y + 1, hint.text);
};

/** The foot: which page this is, and what a button does here; of several hints one at a time. A hint that needs the whole width has it. */
export const drawFoot = (
  canvas: Canvas,
  model: PanelModel,
  page: PanelPage,
  hints: readonly Hint[] = [],
  scroll = 0,
): void => {
  const hint = hints[scroll % Math.max(1, hints.length)];
  if (hint !== undefined) drawHint(canvas, hint);
  if (hint === undefined || hintWidth(hint) <= PAGE_WIDTH - MAX_DOTS * DOT_PITCH - 2) drawDots(canvas, model, page);
};

/** How far a long press is: a bar with words on it, light on dark where it is yet to come. */
export const drawHoldBar = (canvas: Canvas, area: Area, ratio: number, text: string): void => {
  const share = Number.isNaN(ratio) ? 0 : Math.min(1, Math.max(0, ratio));
  const top = area.y + Math.floor((area.height - 7) / 2);
  canvas.box(area);
  canvas.text(area.x + 2, top, text, { width: area.width - 4, align: "centre" });
  canvas.invert({ x: area.x + 1, y: area.y + 1, width: Math.round(share * (area.width - 2)), height: area.height - 2 });
};

/** What is left of a long press: `3 s` when it begins. */
export const holdRestText = (ratio: number): string =>
  `${Math.ceil((1 - Math.min(1, Math.max(0, ratio))) * (LONG_PRESS_MS / 1000))} s`;
