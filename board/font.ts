/**
 * The bitmap font: five columns and eight rows a character, capitals seven rows high.
 *
 * Drawn by us, since oled-font-5x7 lacks what the pages need (µ, Ω, arrows, ß, ✓, most accents) and shows nothing for what it lacks. Every Latin
 * letter that Unicode can take apart is there, as base and accent; everything else becomes a picture that nobody takes for a character.
 */
import { ASCII_GLYPHS, LETTER_GLYPHS, SIGN_GLYPHS } from "./font-glyphs.ts";

/** Columns of a glyph; one more is left free after it. */
export const GLYPH_WIDTH = 5;
/** Rows of a glyph, the descenders' included. */
export const GLYPH_HEIGHT = 8;

/** Eight rows, the topmost first; bit 4 is the leftmost column. */
export type Glyph = readonly number[];

const CELL = GLYPH_WIDTH + 1;
const REPLACEMENT = "\u{FFFD}";
const NO_GLYPH: Glyph = Array.from({ length: GLYPH_HEIGHT }, () => 0);

const parseRow = (row: string): number => Number.parseInt(row.replaceAll(".", "0").replaceAll("#", "1"), 2);

const parseBand = (band: string): readonly (readonly [string, Glyph])[] => {
  const [names = "", ...rows] = band.split("\n");
  return Array.from({ length: Math.ceil(names.length / CELL) }, (_, i) => [
    names.charAt(i * CELL),
    rows.map((row) => parseRow(row.slice(i * CELL, i * CELL + GLYPH_WIDTH))),
  ]);
};

const GLYPHS: ReadonlyMap<string, Glyph> = new Map([
  [" ", NO_GLYPH],
  ...[ASCII_GLYPHS, LETTER_GLYPHS, SIGN_GLYPHS].flatMap((table) => table.trim().split("\n\n").flatMap(parseBand)),
]);

/** Accents above, by their combining characters: the two rows over a small letter. */
const ACCENTS: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["\u{300}", [0b01000, 0b00100]], // grave
  ["\u{301}", [0b00010, 0b00100]], // acute
  ["\u{302}", [0b00100, 0b01010]], // circumflex
  ["\u{303}", [0b01101, 0b10110]], // tilde
  ["\u{304}", [0b01110, 0b00000]], // macron
  ["\u{306}", [0b01010, 0b00100]], // breve
  ["\u{307}", [0b00100, 0b00000]], // dot
  ["\u{308}", [0b01010, 0b00000]], // diaeresis
  ["\u{30A}", [0b00110, 0b00110]], // ring
  ["\u{30B}", [0b01001, 0b10010]], // double acute
  ["\u{30C}", [0b01010, 0b00100]], // caron
]);

/** Accents below: the descenders' row. */
const TAILS: ReadonlyMap<string, number> = new Map([
  ["\u{323}", 0b00100], // dot
  ["\u{326}", 0b00100], // comma
  ["\u{327}", 0b01100], // cedilla
  ["\u{328}", 0b00011], // ogonek
]);

/** Capitals and ascenders make room: five rows high, without the rows that repeat a neighbour. */
const squash = (glyph: Glyph): Glyph => [0, 0, ...glyph.filter((_, row) => row !== 1 && row !== 5).slice(0, 5), 0];

/** The body that an accent is set over. A dotted letter loses its dot. */
const underAccent = (base: string, glyph: Glyph): Glyph => {
  if (base === "i" || base === "j") return [0, 0, ...glyph.slice(2)];
  return glyph[0] === 0 && glyph[1] === 0 ? glyph : squash(glyph);
};

/** A letter from its base and accents; null when a part is unknown. Of several accents above the letter there is room for the first. */
const compose = (char: string): Glyph | null => {
  const [base = "", ...marks] = char.normalize("NFD");
  const glyph = GLYPHS.get(base);
  if (glyph === undefined || !marks.every((mark) => ACCENTS.has(mark) || TAILS.has(mark))) return null;
  const accent = marks.map((mark) => ACCENTS.get(mark)).find((rows) => rows !== undefined);
  const tail = marks.map((mark) => TAILS.get(mark) ?? 0).find((row) => row !== 0) ?? 0;
  const body = accent === undefined ? glyph : [...accent, ...underAccent(base, glyph).slice(2)];
  return body.map((row, y) => (y === GLYPH_HEIGHT - 1 ? row | tail : row));
};

const composed = new Map<string, Glyph>();
/** Letters put together so far are kept, as many as any text of the panel's has; more come from somebody who sends everything there is. */
const MAX_COMPOSED = 512;

/** Whether the font has this character. */
export const hasGlyph = (char: string): boolean => GLYPHS.has(char) || compose(char) !== null;

/** The picture of one character; a box with a cross for those that the font does not have. */
export const glyphOf = (char: string): Glyph => {
  const known = GLYPHS.get(char) ?? composed.get(char);
  if (known !== undefined) return known;
  const made = compose(char) ?? GLYPHS.get(REPLACEMENT) ?? NO_GLYPH;
  if (composed.size < MAX_COMPOSED) composed.set(char, made);
  return made;
};
