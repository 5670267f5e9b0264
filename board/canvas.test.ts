/** The pen draws what it was told, within the place it was given. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Area, type Canvas, columnsIn, drawFrame, textWidth } from "./canvas.ts";
import { FRAME_BYTES, type Frame, HEIGHT, isLit, WIDTH } from "./frame.ts";

/** A corner of the picture, `#` lit. */
const corner = (frame: Frame, width: number, height: number): readonly string[] =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => (isLit(frame, x, y) ? "#" : ".")).join(""),
  );

const countLit = (frame: Frame): number =>
  frame.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);

/** Lit pixels that are not within the area. */
const outside = (frame: Frame, { x, y, width, height }: Area): number => {
  let count = 0;
  for (let py = 0; py < HEIGHT; py += 1)
    for (let px = 0; px < WIDTH; px += 1)
      if (isLit(frame, px, py) && (px < x || px >= x + width || py < y || py >= y + height)) count += 1;
  return count;
};

const draws = (draw: (canvas: Canvas) => void, width: number, height: number): readonly string[] =>
  corner(drawFrame(draw), width, height);

describe("Canvas", () => {
  test("text is drawn from its upper left corner, one column apart", () => {
    expect(draws((canvas) => canvas.text(1, 1, "Hi"), 12, 9)).toEqual([
      "............",
      ".#...#...#..",
      ".#...#......",
      ".#...#..##..",
      ".#####...#..",
      ".#...#...#..",
      ".#...#...#..",
      ".#...#..###.",
      "............",
    ]);
  });

  test("text of size 2 doubles every pixel, the gap too", () => {
    const once = draws((canvas) => canvas.text(0, 0, "aj"), 12, 8);
    const twice = draws((canvas) => canvas.text(0, 0, "aj", { size: 2 }), 24, 16);
    const doubled = once.flatMap((row) => Array.from({ length: 2 }, () => row.replaceAll(/./g, "$&$&")));
    expect(twice).toEqual(doubled);
  });

  test("text stands left, in the centre or right in its width", () => {
    const columns = (["left", "centre", "right"] as const).map((align) =>
      draws((canvas) => canvas.text(2, 0, "|", { width: 21, align }), 25, 1)[0]?.indexOf("#"),
    );
    expect(columns).toEqual([4, 12, 20]); // the stroke is in the middle of five columns
  });

  test("dark text is cut out of what is lit", () => {
    const frame = drawFrame((canvas) => {
      canvas.fill({ x: 0, y: 0, width: 7, height: 8 });
      canvas.text(1, 0, "-", { ink: "dark" });
    });
    expect(countLit(frame)).toBe(7 * 8 - 5);
  });

  test("an unknown glyph is seen, and leaves nothing of what was there", () => {
    const alone = draws((canvas) => canvas.text(0, 0, "漢"), 6, 8);
    expect(alone[0]).toBe("#####.");
    expect(alone[3]).toBe("#...#.");
  });

  test("a box is one pixel thick, its fill darkens again", () => {
    const rows = draws(
      (canvas) => {
        canvas.fill({ x: 0, y: 0, width: 5, height: 4 });
        canvas.fill({ x: 1, y: 1, width: 3, height: 2 }, false);
      },
      6,
      5,
    );
    expect(rows).toEqual(["#####.", "#...#.", "#...#.", "#####.", "......"]);
    expect(draws((canvas) => canvas.box({ x: 0, y: 0, width: 5, height: 4 }), 6, 5)).toEqual(rows);
  });

  test("invert exchanges light and dark, and twice changes nothing", () => {
    const area = { x: 3, y: 5, width: 9, height: 11 };
    const once = drawFrame((canvas) => canvas.invert(area));
    expect(countLit(once)).toBe(99);
    expect(outside(once, area)).toBe(0);
    const twice = drawFrame((canvas) => {
      canvas.text(0, 0, "Vetbox");
      canvas.invert(area);
      canvas.invert(area);
    });
    expect(twice).toEqual(drawFrame((canvas) => canvas.text(0, 0, "Vetbox")));
  });

  test.each([
    [0, "#....#"],
    [0.001, "#.#..#"],
    [0.5, "#.#..#"],
    [0.999, "#.#..#"],
    [1, "#.##.#"],
    [-3, "#....#"],
    [Number.NaN, "#....#"],
    [9, "#.##.#"],
  ])("a bar at %p shows something from the first and is full only at the end", (ratio, middle) => {
    expect(draws((canvas) => canvas.bar({ x: 0, y: 0, width: 6, height: 5 }, ratio), 6, 5)[2]).toBe(middle);
  });

  test("an icon is as wide as it says, in any size", () => {
    let width = 0;
    const frame = drawFrame((canvas) => {
      width = canvas.icon(0, 0, "hourglass", { size: 3 });
    });
    expect(width).toBe(21);
    expect(outside(frame, { x: 0, y: 0, width: 21, height: 24 })).toBe(0);
    expect(countLit(frame)).toBe((7 + 2 + 4 + 3 + 1 + 2 + 3 + 7) * 9);
  });

  test("what lies beyond an edge is not drawn, and does not come in at another one", () => {
    const left = drawFrame((canvas) => canvas.fill({ x: -10, y: 8, width: 12, height: 8 }));
    expect(countLit(left)).toBe(2 * 8);
    expect(outside(left, { x: 0, y: 8, width: 2, height: 8 })).toBe(0);
    const above = drawFrame((canvas) => canvas.fill({ x: 0, y: -20, width: 8, height: 21 }));
    expect(countLit(above)).toBe(8);
    const none = drawFrame((canvas) => {
      canvas.fill({ x: 0, y: Number.NaN, width: 8, height: 8 });
      canvas.fill({ x: 200, y: 0, width: 8, height: 8 });
      canvas.fill({ x: 0, y: 64, width: 8, height: 8 });
    });
    expect(countLit(none)).toBe(0);
  });

  test("any area lights exactly what of it is on the picture", () => {
    const side = fc.integer({ min: -200, max: 200 });
    fc.assert(
      fc.property(side, side, side, side, (x, y, width, height) => {
        const frame = drawFrame((canvas) => canvas.fill({ x, y, width, height }));
        const across = Math.max(0, Math.min(WIDTH, x + width) - Math.max(0, x));
        const down = Math.max(0, Math.min(HEIGHT, y + height) - Math.max(0, y));
        expect(countLit(frame)).toBe(across * down);
      }),
      { numRuns: 60 },
    );
  });

  test("any text in any place is a whole picture and stays within its place", () => {
    const place = fc.record({
      x: fc.integer({ min: 0, max: 127 }),
      y: fc.integer({ min: 0, max: 63 }),
      width: fc.integer({ min: 0, max: 128 }),
      size: fc.constantFrom(1, 2, 3, 4),
      align: fc.constantFrom("left", "centre", "right"),
      cut: fc.constantFrom("end", "middle"),
    });
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), place, (text, { x, y, ...style }) => {
        const frame = drawFrame((canvas) => canvas.text(x, y, text, style as Parameters<Canvas["text"]>[3]));
        expect(frame).toHaveLength(FRAME_BYTES);
        expect(outside(frame, { x, y, width: style.width, height: 8 * style.size })).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

test("columnsIn and textWidth agree: what fits is never wider than its place, and one more is", () => {
  for (const size of [1, 2, 3, 4] as const)
    for (let width = 0; width <= WIDTH; width += 1) {
      const columns = columnsIn(width, size);
      expect(textWidth(columns, size)).toBeLessThanOrEqual(width);
      expect(textWidth(columns + 1, size)).toBeGreaterThan(width);
    }
});
