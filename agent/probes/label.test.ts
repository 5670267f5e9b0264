import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { cleanLabel, cleanText, leadingCount, present } from "./label.ts";

describe("cleanLabel", () => {
  for (const nothing of [
    "",
    "   ",
    "--",
    "N/A",
    "Not Specified",
    "To Be Filled By O.E.M.",
    "to be filled by O.E.M. ",
    "NO DIMM",
    "Unknown",
    "UNKNOWN",
    "Default string",
    "0123456789",
    "00000000",
    "0000-0000",
    "FFFFFFFF",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "....................",
    "xxxx",
    "<BAD INDEX>",
    "<OUT OF SPEC>",
    "SerNum07",
    "ModulePartNumber03",
    "Manufacturer05",
    "Array1_PartNumber0",
    "A1_SerNum0",
    "DimmC2_PartNumC2",
    "Dimm7_Manufacturer_Name_String",
    "Dimm7_PartNum",
    "MemUndefined",
    "System Serial Number",
    "03000200-0400-0500-0006-000700080009",
    "To be filled by O.E.M",
    "To Be Defined By O.E.M.",
    "OEM Define 5",
    "OemString1",
    "Type2 - Board Vendor Name1",
    "TBD by ODM",
    "ChannelA_Dimm2_Manufacturer",
    "ChannelA_Dimm2_PartNum",
    "DimmA2_Manufacturer",
    "A1_Manufacturer1",
    "01234567890123456789AB",
    "1234567",
    "0123456789ABCDEF",
    "0x00000000",
    "SKU Number",
    "Part Component",
    "<BAD INDEX>",
  ])
    test(`"${nothing}" says nothing`, () => {
      expect(cleanLabel(nothing)).toBeUndefined();
    });

  for (const [raw, label] of [
    ["  S6PW1234  ", "S6PW1234"],
    ["AMD  EPYC\t7352", "AMD EPYC 7352"],
    ["0A", "0A"],
    ["Part 00", "Part 00"],
    ["FF12", "FF12"],
    ["80CE", "80CE"],
    ["123456", "123456"],
    ["12345679", "12345679"],
    ["0x10", "0x10"],
    ["Super Server", "Super Server"],
    ["OEM X9 Board", "OEM X9 Board"],
    ["Nonesuch", "Nonesuch"],
    ["a\u0000b\u001b[0mc\u202ed", "a b [0mc d"],
  ] as const)
    test(`${JSON.stringify(raw)} is ${JSON.stringify(label)}`, () => {
      expect(cleanLabel(raw)).toBe(label);
    });

  test("what is no string says nothing", () => {
    for (const value of [undefined, null, 7, {}, ["x"]]) expect(cleanLabel(value)).toBeUndefined();
  });

  test("property: what is left fits the wire, and cleaning it again changes nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (raw) => {
        const label = cleanLabel(raw);
        if (label === undefined) return;
        expect(label.length).toBeGreaterThan(0);
        expect(label.length).toBeLessThanOrEqual(256);
        expect(label).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
        expect(cleanLabel(label)).toBe(label);
      }),
    );
  });

  test("a megabyte of anything is read in no time", () => {
    const startMs = performance.now();
    for (const unit of [" ", "0", "\u0000", "a_", "Array1_"]) cleanLabel(unit.repeat(1_000_000));
    expect(performance.now() - startMs).toBeLessThan(500);
  });
});

describe("cleanText", () => {
  test("cuts between characters, never through one", () => {
    expect(cleanText("ab😀", 3).isWellFormed()).toBe(true);
  });
});

describe("leadingCount", () => {
  test("reads the number that a text starts with, and nothing else", () => {
    expect(["16 cores", " 8", "-1", "x4", "", undefined, "99999999999999999999"].map(leadingCount)).toEqual([
      16,
      8,
      undefined,
      undefined,
      undefined,
      undefined,
      999999999999999,
    ]);
  });
});

describe("present", () => {
  test("leaves out what is undefined, keeps false and zero", () => {
    expect(present({ a: 0, b: undefined, c: false })).toEqual({ a: 0, c: false });
  });
});
