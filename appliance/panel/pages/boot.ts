/** While the box starts: what it has looked at so far. There is no model yet, and what fails here is all that can be said. */
import { drawFrame, type IconName } from "../../../board/canvas.ts";
import type { Frame } from "../../../board/frame.ts";
import type { SelfCheck } from "../model.ts";
import { LINE, PAGE_WIDTH } from "./layout.ts";

/** Lines of checks below the head. */
const ROWS = 5;
const TOP = 18;

const ICON: Record<SelfCheck["state"], IconName | null> = {
  waiting: null,
  running: "hourglass",
  ok: "check",
  absent: null,
  failed: "cross",
};
const WORD: Record<SelfCheck["state"], string> = {
  waiting: "",
  running: "…",
  ok: "",
  absent: "none",
  failed: "FAILED",
};

/** As many checks as fit: failed ones always, and of the others the latest that were begun. */
const shown = (checks: readonly SelfCheck[]): readonly SelfCheck[] => {
  const failed = checks.filter(({ state }) => state === "failed").slice(0, ROWS);
  const begun = checks.filter(({ state }) => state !== "failed" && state !== "waiting");
  const waiting = checks.filter(({ state }) => state === "waiting");
  const others = ROWS - failed.length;
  const kept = [...begun.slice(Math.max(0, begun.length - others)), ...waiting].slice(0, others);
  return checks.filter((check) => failed.includes(check) || kept.includes(check));
};

/** The page of a box that starts. */
export const drawBoot = (version: string, checks: readonly SelfCheck[]): Frame =>
  drawFrame((canvas) => {
    const end = canvas.text(0, 0, "Vetbox", { size: 2 });
    canvas.text(end + 8, 6, version, { width: PAGE_WIDTH - end - 8, align: "right" });
    for (const [i, { name, state }] of shown(checks).entries()) {
      const y = TOP + i * LINE;
      const icon = ICON[state];
      if (icon !== null) canvas.icon(0, y, icon);
      canvas.text(12, y, name, { width: PAGE_WIDTH - 12 - 40 });
      canvas.text(PAGE_WIDTH - 38, y, WORD[state], { width: 38, align: "right" });
    }
  });
