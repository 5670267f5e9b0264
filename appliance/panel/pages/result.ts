/** How a run ended: the word that the technician came for. */
import type { Canvas, IconName, TextSize } from "../../../board/canvas.ts";
import { wrapText } from "../../../board/text.ts";
import { renderAbout } from "../../core/words.ts";
import type { PanelModel, PanelResult } from "../model.ts";
import { COLUMNS, chunk, drawFoot, drawTitle, FOOT_Y, PAGE_WIDTH, windowAt } from "./layout.ts";

const WORD: Record<PanelResult["verdict"], { readonly text: string; readonly icon: IconName | null }> = {
  pass: { text: "PASS", icon: "check" },
  warn: { text: "WARN", icon: "warning" },
  fail: { text: "FAIL", icon: "cross" },
  cancelled: { text: "CANCELLED", icon: null },
};
const WORD_Y = 18;
const SUMMARY_Y = 44;

/** The page of a run that has just ended. */
export const drawResult = (canvas: Canvas, model: PanelModel, result: PanelResult, scroll: number): void => {
  const { text, icon } = WORD[result.verdict];
  const size: TextSize = icon === null ? 2 : 3;
  drawTitle(canvas, { x: 0, y: 0, width: PAGE_WIDTH }, result.hostName);
  const end = canvas.text(0, icon === null ? WORD_Y + 4 : WORD_Y, text, { width: PAGE_WIDTH, size });
  if (icon !== null) canvas.icon(end + 10, WORD_Y, icon, { size: 3 });
  const [line = ""] = windowAt(chunk(wrapText(result.summary, COLUMNS), 1), scroll);
  canvas.text(0, SUMMARY_Y, line, { width: PAGE_WIDTH });
  drawFoot(canvas, model, { kind: "result", runId: result.id });
  canvas.text(30, FOOT_Y + 1, `took ${renderAbout(result.tookMs)}`, { width: PAGE_WIDTH - 30, align: "right" });
};
