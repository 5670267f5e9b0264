/** The picture walks, never far and never out of sight. */
import { describe, expect, test } from "bun:test";
import { drawFrame } from "../../../board/canvas.ts";
import { isLit } from "../../../board/frame.ts";
import { PAGE_HEIGHT, PAGE_WIDTH } from "./layout.ts";
import { MAX_SHIFT, shiftAt, shiftFrame } from "./shift.ts";

const MINUTE_MS = 60_000;

describe("shiftAt", () => {
  const walk = Array.from({ length: 200 }, (_, minute) => shiftAt(minute * MINUTE_MS));

  test("comes to every place, and a minute moves the picture by one pixel", () => {
    expect(new Set(walk.map(({ x, y }) => `${x} ${y}`)).size).toBe((MAX_SHIFT + 1) ** 2);
    for (const [i, { x, y }] of walk.slice(1).entries()) {
      const before = walk[i] ?? { x: 9, y: 9 };
      expect(Math.abs(x - before.x) + Math.abs(y - before.y)).toBe(1);
    }
  });

  test("stands still within a minute, and takes any clock", () => {
    expect(shiftAt(5 * MINUTE_MS)).toEqual(shiftAt(6 * MINUTE_MS - 1));
    expect(shiftAt(-1)).toEqual({ x: 0, y: 0 });
  });
});

describe("shiftFrame", () => {
  test("moves every pixel, across the pages' borders too", () => {
    const frame = drawFrame((canvas) => canvas.fill({ x: 0, y: 7, width: 1, height: 1 }));
    const moved = shiftFrame(frame, { x: 2, y: 1 });
    expect(isLit(moved, 2, 8)).toBe(true);
    expect(moved.filter((byte) => byte !== 0)).toHaveLength(1);
  });

  test("loses nothing of what is within a page's part of the picture", () => {
    const frame = drawFrame((canvas) => canvas.fill({ x: 0, y: 0, width: PAGE_WIDTH, height: PAGE_HEIGHT }));
    const count = (one: Readonly<Uint8Array>): number =>
      one.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);
    expect(count(shiftFrame(frame, { x: MAX_SHIFT, y: MAX_SHIFT }))).toBe(count(frame));
    expect(PAGE_WIDTH + MAX_SHIFT).toBe(128);
    expect(PAGE_HEIGHT + MAX_SHIFT).toBe(64);
  });
});
