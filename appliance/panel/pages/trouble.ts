/** Something about the box itself is wrong: what, and what to do about it. */
import type { Canvas } from "../../../board/canvas.ts";
import type { PanelModel, PanelTrouble } from "../model.ts";
import { drawAlarm, drawFoot, drawWindow, windowAt, windowsOf } from "./layout.ts";

const TOP = 18;
/** The last of them takes the foot's place. */
const ROWS = 5;

/** In large print, beside the picture: nine characters. */
const TITLE: Record<PanelTrouble["kind"], string> = {
  "link-down": "No link",
  "dnsmasq-down": "DHCP down",
  "disk-full": "Disk full",
  "clock-unset": "No clock",
  "rogue-dhcp": "2nd DHCP",
};

/** The page of one trouble. */
export const drawTrouble = (canvas: Canvas, model: PanelModel, trouble: PanelTrouble, scroll: number): void => {
  drawAlarm(canvas, "warning", TITLE[trouble.kind]);
  const windows = windowsOf(trouble.what, trouble.action, ROWS);
  drawWindow(canvas, TOP, windows, scroll, ROWS - 1);
  if (windowAt(windows, scroll).length < ROWS) drawFoot(canvas, model, { kind: "trouble", trouble: trouble.kind });
};
