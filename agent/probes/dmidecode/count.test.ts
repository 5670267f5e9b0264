/**
 * Every recorded server counted a second time, by a way that shares nothing with the parser: blocks of text between blank lines, searched, and a list
 * of placeholders that was read off the records by eye.
 */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDmidecode } from "./parse.ts";

const FIXTURES = join(import.meta.dir, "fixtures");
const NAMES = readdirSync(FIXTURES).filter((name) => name.endsWith(".txt"));
const KIB: Readonly<Record<string, number>> = { kB: 1, MB: 1024, GB: 1024 * 1024, TB: 1024 * 1024 * 1024 };
const PLACEHOLDERS = ["", "--", "To Be Filled By O.E.M.", "To be filled by O.E.M.", "Default string", "Not Specified"];

const blocksOf = (text: string, title: string): readonly string[] =>
  text.split("\n\n").filter((block) => block.includes(`\n${title}\n`));
const lineOf = (block: string | undefined, key: string): string =>
  block
    ?.split("\n")
    .find((line) => line.startsWith(`\t${key}: `))
    ?.slice(key.length + 3) ?? "";

/** Counts without the parser. */
const recount = (text: string) => {
  const system = blocksOf(text, "System Information")[0];
  const name = (key: string) => {
    const value = lineOf(system, key).trim();
    return PLACEHOLDERS.includes(value) ? null : value;
  };
  const sockets = blocksOf(text, "Processor Information");
  const devices = blocksOf(text, "Memory Device").filter((block) => lineOf(block, "Type") !== "Flash");
  const sizes = devices.map((block) => lineOf(block, "Size")).filter((size) => /^[1-9]\d* [kMGT]B$/.test(size));
  return {
    manufacturer: name("Manufacturer"),
    product: name("Product Name"),
    socketsPopulated: sockets.filter((block) => lineOf(block, "Status").startsWith("Populated")).length,
    slotCount: devices.length,
    slotsPopulated: sizes.length,
    totalKiB: sizes.reduce((total, size) => total + Number.parseInt(size, 10) * (KIB[size.slice(-2)] ?? 0), 0),
  };
};

/** Counted by a person in the file: sockets, slots, populated slots, GiB. */
const BY_EYE: readonly (readonly [string, number, number, number, number])[] = [
  ["Dell_PowerEdge_PowerEdge_R815_5F8534514111.txt", 4, 32, 32, 16 * 4 + 16 * 8],
  ["Dell_Precision_Precision_Rack_7910_4E572CAA6B4C.txt", 1, 24, 6, 4 + 16 + 4 * 8],
  ["Hewlett-Packard_ProLiant_ProLiant_DL360_Gen9_9EE29535BE8C.txt", 2, 24, 21, 11 * 16 + 10 * 8],
  ["IBM_System_System_x3650_--7979AC1--_AF1C724667AA.txt", 2, 12, 12, 8 * 4 + 4 * 1],
  ["Intel_S5000_S5000VSA_15AF20021F99.txt", 1, 8, 6, 12],
  // Its 4 MB of flash is the firmware's own.
  ["Supermicro_X8_X8DTU_D85AACC2195B.txt", 2, 12, 2, 32],
];

describe("parseDmidecode on records of real servers", () => {
  test("there are sixty of them", () => {
    expect(NAMES).toHaveLength(60);
  });

  test.each(NAMES)("counts %s as a search of its text does", (name) => {
    const text = readFileSync(join(FIXTURES, name), "latin1");
    const parsed = parseDmidecode(text);
    if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
    const { system, cpu, memory } = parsed.facts;
    expect({
      manufacturer: system.manufacturer,
      product: system.product,
      socketsPopulated: cpu.socketsPopulated,
      slotCount: memory.slotCount,
      slotsPopulated: memory.slotsPopulated,
      totalKiB: (memory.totalBytes ?? Number.NaN) / 1024,
    }).toEqual(recount(text));
  });

  test.each(BY_EYE)("counts %s as a person does", (name, sockets, slots, populated, gibibytes) => {
    const text = readFileSync(join(FIXTURES, name), "latin1");
    expect(parseDmidecode(text)).toMatchObject({
      facts: {
        cpu: { socketsPopulated: sockets },
        memory: { slotCount: slots, slotsPopulated: populated, totalBytes: gibibytes * 2 ** 30 },
      },
    });
    expect(recount(text).totalKiB).toBe(gibibytes * 2 ** 20);
  });
});
