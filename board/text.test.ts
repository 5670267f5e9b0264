/** Text becomes lines of drawable characters, whatever it was. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { cleanText, fitName, fitText, wrapText } from "./text.ts";

const anyText = fc.string({ unit: "binary", maxLength: 60 });

describe("cleanText", () => {
  test.each([
    ["line breaks and tabs are spaces", "a\r\nb\tc", "a  b c"],
    ["control characters are seen", "a\u0000\u001b[31m", "a\u{FFFD}\u{FFFD}[31m"],
    ["marks of direction and joiners vanish", "\u202Eevil\u202C a\u200Db", "evil ab"],
    ["an accent joins its letter", "Zu\u0308rich", "Zürich"],
    ["accents on nothing vanish", `r${"\u0316\u0489".repeat(40)}07`, "r07"],
    ["half a surrogate pair is seen", "a\ud800b", "a\u{FFFD}b"],
    ["a code point without a meaning is seen", "a\uFDD0b\u{E000}", "a\u{FFFD}b\u{FFFD}"],
    ["typography becomes plain", "the run\u2019s \u201Cpage\u201D, 3 \u03BCs", 'the run\'s "page", 3 µs'],
  ])("%s", (_name, text, clean) => {
    expect(cleanText(text)).toBe(clean);
  });

  test("does not look at more than a display could show", () => {
    expect(cleanText("a".repeat(1_000_000)).length).toBeLessThanOrEqual(1024);
  });
});

describe("fitText", () => {
  test("leaves what fits", () => expect(fitText("r07-u12", 7)).toBe("r07-u12"));
  test("says that the end is missing", () => expect(fitText("r07-u12", 6)).toBe("r07-u…"));
  test("of one column has only that", () => expect(fitText("r07-u12", 1)).toBe("…"));
});

describe("fitName", () => {
  test("keeps both ends", () => expect(fitName("rack07-row12-u31", 11)).toBe("rack0…2-u31"));
  test("leaves what fits", () => expect(fitName("rack07-u31", 10)).toBe("rack07-u31"));
});

describe("wrapText", () => {
  test("breaks between words", () => {
    expect(wrapText("First hold NEXT and OVERRIDE together", 21)).toEqual(["First hold NEXT and", "OVERRIDE together"]);
  });

  test("breaks a word that no line could hold", () => {
    expect(wrapText("on abcdefghij now", 4)).toEqual(["on", "abcd", "efgh", "ij", "now"]);
  });

  test("has no lines for no text", () => expect(wrapText(" \n ", 10)).toEqual([]));

  test("keeps to its columns and loses nothing but spaces, whatever the text", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 21 }), (text, columns) => {
        const lines = wrapText(text, columns);
        for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
        expect(lines.join("").replaceAll(" ", "")).toBe(cleanText(text).replaceAll(" ", ""));
      }),
    );
  });
});

test("fitText and fitName keep to their columns, whatever the text", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 21 }), (text, columns) => {
      expect([...fitText(text, columns)].length).toBeLessThanOrEqual(columns);
      expect([...fitName(text, columns)].length).toBeLessThanOrEqual(columns);
    }),
  );
});
