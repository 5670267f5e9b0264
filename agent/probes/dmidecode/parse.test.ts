import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import * as v from "valibot";
import { BoardFacts, CpuFacts, DimmFacts } from "../../wire/hardware/board.ts";
import { parseDmidecode as parse, type SmbiosFacts } from "./parse.ts";

const NOTHING: SmbiosFacts = { structureCount: 0, board: {}, sockets: [], dimms: [] };
const parseDmidecode = (text: string): SmbiosFacts => {
  const parsed = parse(text);
  return parsed.ok ? parsed.facts : NOTHING;
};

const FIXTURES = join(import.meta.dir, "fixtures");
const names = readdirSync(FIXTURES).filter((name) => name.endsWith(".txt"));
const read = (name: string): string => readFileSync(join(FIXTURES, name), "latin1");

/** Counts by a way that shares nothing with the parser: whole blocks of text, searched. */
const countBlocks = (text: string, title: string, ...wanted: RegExp[]): number =>
  text
    .replaceAll("\r", "")
    .split("\n\n")
    .filter((block) => block.includes(`\n${title}\n`) && wanted.every((pattern) => pattern.test(block))).length;

describe("parseDmidecode on records of real servers", () => {
  for (const name of names) {
    const text = read(name);
    const facts = parseDmidecode(text);

    test(`counts the sockets and slots of ${name} as a search of its text does`, () => {
      const flash = countBlocks(text, "Memory Device", /\n\tType: Flash/);
      const device = (...wanted: RegExp[]) => countBlocks(text, "Memory Device", ...wanted);
      expect({
        sockets: facts.sockets.length,
        slots: facts.dimms.length,
        populated: facts.dimms.filter((dimm) => dimm.populated).length,
      }).toEqual({
        sockets: countBlocks(text, "Processor Information", /\n\tStatus: Populated/),
        slots: device() - flash,
        populated: device(/\n\tSize: [1-9]\d* [kMGT]?B/) - flash,
      });
    });

    test(`gives ${name} facts that fit the wire, a slot name for each, and no placeholder`, () => {
      v.parse(BoardFacts, facts.board);
      v.parse(CpuFacts.entries.sockets, facts.sockets);
      v.parse(v.array(DimmFacts), facts.dimms);
      expect(new Set(facts.dimms.map((dimm) => dimm.slot)).size).toBe(facts.dimms.length);
      expect(new Set(facts.sockets.map((socket) => socket.slot)).size).toBe(facts.sockets.length);
      const all = JSON.stringify(facts);
      expect(all).not.toMatch(
        /":"(?:--|Not Specified|Unknown|NO DIMM|To Be Filled[^"]*|0123456789|Default string|<[A-Z ]+>)"/i,
      );
      for (const dimm of facts.dimms.filter((d) => d.populated)) expect(dimm.sizeBytes).toBeGreaterThanOrEqual(2 ** 28);
    });
  }

  test("reads a two-socket server whole", () => {
    const facts = parseDmidecode(read("dell-r640.txt"));
    expect(facts.board).toEqual({
      manufacturer: "Dell Inc.",
      product: "PowerEdge R640",
      boardManufacturer: "Dell Inc.",
      boardProduct: "0RGP26",
      biosVendor: "Dell Inc.",
      biosVersion: "2.2.11",
      biosDate: "06/13/2019",
    });
    expect(facts.sockets).toEqual(
      ["CPU1", "CPU2"].map((slot) => ({
        slot,
        model: "Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz",
        coreCount: 10,
        threadCount: 10,
      })),
    );
    expect(facts.dimms.find((dimm) => dimm.slot === "B2")).toEqual({
      slot: "B2",
      populated: true,
      sizeBytes: 16 * 2 ** 30,
      type: "DDR4",
      ratedMtps: 2666,
      configuredMtps: 2400,
      manufacturer: "002C04B3002C",
      part: "18ASF2G72PDZ-2G6E1",
    });
    expect(facts.dimms.find((dimm) => dimm.slot === "B3")).toEqual({ slot: "B3", populated: false });
  });

  test("the firmware's flash is no memory", () => {
    const text = read("supermicro-x8dtu.txt");
    expect(text).toContain("\tType: Flash");
    expect(parseDmidecode(text).dimms.some((dimm) => dimm.type === "Flash")).toBe(false);
  });
});

describe("parseDmidecode", () => {
  const dimm = (...fields: string[]) =>
    ["Handle 0x0011, DMI type 17, 40 bytes", "Memory Device", ...fields.map((f) => `\t${f}`), ""].join("\n");

  test("units of size and rate, old and new", () => {
    const of = (...fields: string[]) => parseDmidecode(dimm(...fields)).dimms[0];
    expect(of("Size: 16384 MB", "Speed: 1333 MHz")).toMatchObject({ sizeBytes: 2 ** 34, ratedMtps: 1333 });
    expect(of("Size: 1 TB", "Speed: 4800 MT/s")).toMatchObject({ sizeBytes: 2 ** 40, ratedMtps: 4800 });
    expect(of("Size: 16 GB", "Configured Clock Speed: 800 MHz")).toMatchObject({ configuredMtps: 800 });
    for (const size of ["No Module Installed", "Unknown", "0 MB", "16 PB", "-4 GB", "9999999999 TB"])
      expect(of(`Size: ${size}`)).toEqual({ slot: "slot", populated: false });
  });

  test("slots of one name are told apart by bank, then by number", () => {
    const text = [
      dimm("Locator: DIMM 0", "Bank Locator: P0 A"),
      dimm("Locator: DIMM 0", "Bank Locator: P0 B"),
      dimm("Locator: NO DIMM"),
      dimm("Locator: NO DIMM"),
      dimm("Locator: X"),
    ].join("\n");
    expect(parseDmidecode(text).dimms.map((d) => d.slot)).toEqual([
      "P0 A DIMM 0",
      "P0 B DIMM 0",
      "slot#1",
      "slot#2",
      "X",
    ]);
  });

  test("a value with colons, tabs and control characters is one value", () => {
    const [device] = parseDmidecode(
      dimm("Size: 8 GB", "Part Number: A: B\tC\u001b[31m\u202e", "Serial Number: 0x12: 3"),
    ).dimms;
    expect(device).toMatchObject({ part: "A: B C [31m", serial: "0x12: 3" });
  });

  test("lists of a structure are no fields", () => {
    const [device] = parseDmidecode(dimm("Size: 8 GB", "\tSize: 16 GB", "Size: 32 GB")).dimms;
    expect(device?.sizeBytes).toBe(2 ** 33);
  });

  test("property: any bytes yield facts that fit the wire, cut and spliced records included", () => {
    const real = read("hpe-microserver-gen10.txt");
    const spliced = fc
      .tuple(fc.nat(real.length), fc.nat(real.length), fc.string({ unit: "binary", maxLength: 40 }))
      .map(([from, to, junk]) => real.slice(0, from) + junk + real.slice(to));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), spliced), (text) => {
        const facts = parseDmidecode(text);
        v.parse(BoardFacts, facts.board);
        v.parse(CpuFacts.entries.sockets, facts.sockets);
        v.parse(v.array(DimmFacts), facts.dimms);
      }),
      { numRuns: 300 },
    );
  });

  test("a hostile megabyte costs no more than a plain one", () => {
    const lines = [
      `Handle 0x0001, DMI type 17, 40 bytes`,
      `\t${"a".repeat(1_000_000)}`,
      `\tSize: ${" ".repeat(1_000_000)}`,
      `${"Handle 0x".repeat(100_000)}`,
      "\tLocator: x\n".repeat(80_000),
    ];
    const startMs = performance.now();
    parseDmidecode(lines.join("\n"));
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});
