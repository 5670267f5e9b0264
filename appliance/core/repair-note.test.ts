import { describe, expect, test } from "bun:test";
import { decodeRepairNote } from "./repair-note.ts";

describe("decodeRepairNote", () => {
  const rows: readonly (readonly [string, string | null | undefined, string | null])[] = [
    ["nothing", undefined, null],
    ["null", null, null],
    ["only space", " \n\t ", null],
    ["lines in one", " DIMM B2\r\nreplaced,\t disk 3 too ", "DIMM B2 replaced, disk 3 too"],
    ["a terminal's escapes", "\u001b[31mDIMM\u001b[0m B2", "DIMM B2"],
    ["text that turns text around", "a\u202eb\u0000c", "a\ufffdb\ufffdc"],
    ["markup, which pages escape themselves", "<b>B2</b>", "<b>B2</b>"],
    ["composed letters", "gepru\u0308ft", "geprüft"],
    ["500 characters", "x".repeat(500), "x".repeat(500)],
  ];
  test.each(rows)("%s", (_what, input, note) => {
    expect(decodeRepairNote(input)).toEqual({ ok: true, value: note });
  });

  test("refuses what is longer than 500 characters", () => {
    expect(decodeRepairNote("x".repeat(501))).toMatchObject({
      ok: false,
      refusal: { code: "invalid", path: "repaired" },
    });
  });
});
