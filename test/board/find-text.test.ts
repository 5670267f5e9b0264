import { expect, test } from "bun:test";
import { drawFrame } from "../../board/canvas.ts";
import { showsText } from "./find-text.ts";

test("showsText finds a text wherever it stands, inverted too, and no other", () => {
  const picture = drawFrame((canvas) => {
    canvas.text(13, 21, "S6PW1234");
    canvas.text(2, 50, "ABORT");
    canvas.invert({ x: 0, y: 48, width: 40, height: 12 });
  });
  expect(["S6PW1234", "ABORT", "6PW12"].map((text) => showsText(picture, text))).toEqual([true, true, true]);
  expect(["S6PW1235", "OVERRIDE"].map((text) => showsText(picture, text))).toEqual([false, false]);
});
