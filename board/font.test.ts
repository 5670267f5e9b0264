/** The font's table is whole, and letters are put together as a person would draw them. */
import { describe, expect, test } from "bun:test";
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphOf, hasGlyph } from "./font.ts";
import { ASCII_GLYPHS, LETTER_GLYPHS, SIGN_GLYPHS } from "./font-glyphs.ts";

const draw = (char: string): readonly string[] =>
  glyphOf(char).map((row) => row.toString(2).padStart(GLYPH_WIDTH, "0").replaceAll("0", ".").replaceAll("1", "#"));

describe("the table", () => {
  test.each([
    ["ASCII_GLYPHS", ASCII_GLYPHS],
    ["LETTER_GLYPHS", LETTER_GLYPHS],
    ["SIGN_GLYPHS", SIGN_GLYPHS],
  ])("%s has eight rows of whole cells a band, and nothing else", (_name, table) => {
    for (const band of table.trim().split("\n\n")) {
      const [names = "", ...rows] = band.split("\n");
      const cells = (names.length + GLYPH_WIDTH) / (GLYPH_WIDTH + 1);
      expect(names).toMatch(/^\S( {5}\S)*$/u);
      expect(rows).toHaveLength(GLYPH_HEIGHT);
      for (const row of rows) expect(row).toMatch(new RegExp(`^[.#]{5}( [.#]{5}){${cells - 1}}$`));
    }
  });

  test("has printable ASCII and what the pages draw besides, no picture twice", () => {
    const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    const chars = [...ascii, ..."°µΩ…–×→←↑↓✓✗⌛ßæøðþł"];
    expect(chars.filter((char) => !hasGlyph(char))).toEqual([]);
    expect(new Set(chars.map((char) => draw(char).join("\n"))).size).toBe(chars.length);
  });
});

describe("glyphOf", () => {
  test("draws a capital seven rows high, and a g down to the eighth", () => {
    expect(draw("A")).toEqual([".###.", "#...#", "#...#", "#####", "#...#", "#...#", "#...#", "....."]);
    expect(draw("g").at(-1)).toBe(".###.");
  });

  test("sets an accent over a small letter, in the two rows that it leaves free", () => {
    expect(draw("é")).toEqual(["...#.", "..#..", ...draw("e").slice(2)]);
    expect(draw("č").slice(0, 2)).toEqual([".#.#.", "..#.."]);
  });

  test("takes an i its dot for an accent", () => {
    expect(draw("í")).toEqual(["...#.", "..#..", ".##..", "..#..", "..#..", "..#..", ".###.", "....."]);
  });

  test("makes a capital with an accent five rows high", () => {
    expect(draw("Ä")).toEqual([".#.#.", ".....", ".###.", "#...#", "#####", "#...#", "#...#", "....."]);
  });

  test("hangs a cedilla under the letter", () => {
    expect(draw("ç")).toEqual([...draw("c").slice(0, 7), ".##.."]);
  });

  test("keeps the first of two accents above", () => {
    expect(draw("ế")).toEqual(draw("ê"));
  });

  test.each([
    ["capital", /\p{Lu}/u],
    ["small", /\p{Ll}/u],
  ])("has every %s letter of Latin-1, no two alike", (_name, kind) => {
    const letters = Array.from({ length: 64 }, (_, i) => String.fromCharCode(0xc0 + i)).filter((char) =>
      kind.test(char),
    );
    expect(letters.length).toBeGreaterThan(29);
    expect(letters.filter((char) => !hasGlyph(char))).toEqual([]);
    expect(new Set(letters.map((char) => draw(char).join("\n"))).size).toBe(letters.length);
  });

  test("shows for an unknown character what is no character", () => {
    const unknown = draw("漢");
    expect(unknown).toEqual(draw("\u{FFFD}"));
    expect(unknown[0]).toBe("#####");
    expect(hasGlyph("漢")).toBe(false);
    expect(hasGlyph("e\u0489")).toBe(false);
  });
});
