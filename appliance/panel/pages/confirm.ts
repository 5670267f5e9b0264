/** A finger is on a button that does something: what will be done to which server, and how long there is to let go. */
import type { Canvas } from "../../../board/canvas.ts";
import { OPERATOR_MAY_RELEASE } from "../../core/states.ts";
import type { PanelRun } from "../model.ts";
import { drawHoldBar, drawLines, drawTitle, FOOT_Y, holdRestText, PAGE_WIDTH } from "./layout.ts";

const TEXT_Y = 18;
const BAR = { x: 0, y: 38, width: PAGE_WIDTH, height: 13 };

/** What a button would do, and what stays as it is when it is let go. */
interface Question {
  readonly what: readonly string[];
  readonly verb: string;
  readonly letGo: string;
}

const drawQuestion = (canvas: Canvas, run: PanelRun, { what, verb, letGo }: Question, heldRatio: number): void => {
  drawTitle(canvas, { x: 0, y: 0, width: PAGE_WIDTH }, run.hostName);
  drawLines(canvas, TEXT_Y, what);
  drawHoldBar(canvas, BAR, heldRatio, `${verb} in ${holdRestText(heldRatio)}`);
  canvas.text(0, FOOT_Y + 1, letGo, { width: PAGE_WIDTH, align: "centre" });
};

const STOP: Question = { what: ["Stop this run", "and power off?"], verb: "stops", letGo: "let go: it goes on" };
const RELEASE: Question = { what: ["End the hold", "and power off?"], verb: "released", letGo: "let go: stays held" };

/** ABORT is held down. */
export const drawAbort = (canvas: Canvas, run: PanelRun, heldRatio: number): void =>
  drawQuestion(canvas, run, OPERATOR_MAY_RELEASE.has(run.state) ? RELEASE : STOP, heldRatio);

/** The chord is held down. Nothing is erased by it: it shows what would be. */
export const drawArming = (canvas: Canvas, run: PanelRun, heldRatio: number): void => {
  const count = run.refusedSerials.length;
  const what = ["Arm the wipe?", `${count} ${count === 1 ? "disk" : "disks"}, shown next`];
  drawQuestion(canvas, run, { what, verb: "armed", letGo: "let go: not armed" }, heldRatio);
};
