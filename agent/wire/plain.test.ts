import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { plainLines, plainText, plainView } from "./plain.ts";

describe("plainText", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["an ordinary serial", "S6PW 1234/ü", "S6PW 1234/ü"],
    ["colours of a terminal", "\u001b[1;31mFAIL\u001b[0m", "FAIL"],
    ["a window title by OSC", "a\u001b]0;owned\u0007b", "ab"],
    ["an unfinished escape", "a\u001b]0;owned", "a�]0;owned"],
    ["text turned around", "x\u202egnp.exe", "x�gnp.exe"],
    ["text made invisible", "ad\u200bmin\u2066", "ad�min�"],
    ["tag characters beyond the BMP", `a${String.fromCodePoint(0xe0041)}b`, "a�b"],
    ["lines and tabs", "a\r\nb\tc\u2028d", "a�b c�d"],
    ["half a surrogate pair", "a\ud800b", "a�b"],
  ];
  test.each(cases)("makes %s safe", (_what, hostile, shown) => {
    expect(plainText(hostile)).toBe(shown);
  });

  test("cuts a text of a megabyte", () => {
    expect(plainText("A".repeat(1 << 20))).toBe(`${"A".repeat(4096)}…`);
  });

  test("is the same when done twice, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const once = plainText(text);
        expect(plainText(once)).toBe(once);
        expect(once).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});

describe("plainLines", () => {
  test("keeps lines and tabs and nothing else below a space", () => {
    expect(plainLines("a:\r\n\tb\u0000")).toBe("a:\n\tb�");
  });
});

describe("plainView", () => {
  test("cleans texts and keys at any depth and leaves numbers, null and booleans", () => {
    expect(plainView<unknown>({ a: ["x\u202ey", 1, null], "k\u0000": { b: true, c: undefined } })).toEqual({
      a: ["x�y", 1, null],
      "k�": { b: true, c: undefined },
    });
  });
});
