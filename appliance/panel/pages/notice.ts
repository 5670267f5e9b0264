/** What came of a press: done, or refused and why. */
import type { Canvas } from "../../../board/canvas.ts";
import { wrapText } from "../../../board/text.ts";
import { COLUMNS, chunk, drawAlarm, drawWindow } from "./layout.ts";
import type { PanelView } from "./view.ts";

const TOP = 21;
const ROWS = 4;

/** The page of a notice. */
export const drawNotice = (canvas: Canvas, notice: PanelView & { readonly kind: "notice" }): void => {
  drawAlarm(canvas, notice.tone === "good" ? "check" : "cross", notice.title);
  drawWindow(canvas, TOP, chunk(wrapText(notice.text, COLUMNS - 1), ROWS), notice.scroll, ROWS);
};
