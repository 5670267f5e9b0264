import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseLenientJson } from "./lenient-json.ts";

const documents = (text: string) => {
  const parsed = parseLenientJson(text);
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};
/** Objects here have no prototype; toEqual does not mind, JSON does not either. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("parseLenientJson", () => {
  test("property: what is JSON is read as the language reads it", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(3), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), null, indent);
        expect(plain(documents(text))).toEqual([JSON.parse(text)]);
      }),
    );
  });

  test("several documents, and commas too many, too few or behind the last", () => {
    expect(plain(documents('{"a":1,},\n{"b":[1,,2,]}{"c":{}"d":"e"},'))).toEqual([
      { a: 1 },
      { b: [1, 2] },
      { c: {}, d: "e" },
    ]);
  });

  test("raw control characters and unknown escapes in strings are taken as they are", () => {
    expect(documents('"a\tb\nc\\x\\u00e9\\"\\\\"')).toEqual(['a\tb\ncxé"\\']);
  });

  test("a member may have any name", () => {
    expect(Object.entries(documents('{"__proto__":1,"constructor":2}')[0] as object)).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
    ]);
  });

  for (const [text, place, reason] of [
    ["", "line 1", "There is no JSON."],
    [" ,\n", "line 1", "There is no JSON."],
    ['{"a":1', "line 1, column 7", "The JSON ends too early."],
    ['[\n  "abc', "line 2, column 3", "A string has no end."],
    ["{\n}\n]", "line 3, column 1", "Unexpected ]."],
    ["[}", "line 1, column 2", "Unexpected }."],
    ['{"a":}', "line 1, column 6", "Unexpected }."],
    ['{"a" 1}', "line 1, column 5", "A colon is missing."],
    ["{1:2}", "line 1, column 2", "The name of a member is missing."],
    ["\n lshw: no such file", "line 2, column 2", "This is no JSON."],
    ["[".repeat(1_001), "line 1, column 1001", "Nested too deeply."],
    ["[1.2.3]", "line 1, column 2", "This is no JSON."],
  ] as const)
    test(`${JSON.stringify(text.slice(0, 30))} is none: ${reason}`, () => {
      expect(parseLenientJson(text)).toEqual({ ok: false, place, reason });
    });

  test("property: any text is answered, never thrown at", () => {
    const piece = fc.oneof(
      fc.constantFrom("{", "}", "[", "]", '"', ":", ",", "\\", "0", "-1e9", "null", "\n"),
      fc.string({ unit: "binary", maxLength: 5 }),
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => void parseLenientJson(pieces.join(""))));
  });

  test("ten hostile megabytes are read once", () => {
    for (const unit of ["[", '{"a":', '"', "\\", '"\\"', "1,", '"a" ', "{}", "-", "\n"]) {
      const before = process.cpuUsage();
      parseLenientJson(unit.repeat(Math.floor(10_000_000 / unit.length)));
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(10_000); // processor time: quadratic would be hours
    }
  }, 60_000);
});
