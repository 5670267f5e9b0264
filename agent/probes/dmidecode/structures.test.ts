import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDmidecode } from "./parse.ts";
import { parseStructures } from "./structures.ts";

const REAL = readFileSync(join(import.meta.dir, "fixtures/Dell_PowerEdge_PowerEdge_R710_B83CDD69EFC0.txt"), "latin1");
const TODAY = [
  "# dmidecode 3.3",
  "SMBIOS 2.8 present.",
  "",
  "Handle 0x0100, DMI type 1, 27 bytes",
  "System Information",
  "\tManufacturer: Maker: of things",
  "\tFeatures:",
  "\t\tManufacturer: an entry",
  "\tProduct Name:",
  "\tManufacturer: later",
  "",
  "Handle 0x0200, DMI type 127, 4 bytes",
  "End Of Table",
  "",
].join("\n");
const TABLE = {
  ok: true,
  facts: {
    structures: [
      {
        handle: "0100",
        type: 1,
        fields: new Map([
          ["Manufacturer", "Maker: of things"],
          ["Features", ""],
          ["Product Name", ""],
        ]),
      },
      { handle: "0200", type: 127, fields: new Map() },
    ],
    complete: true,
  },
} as const;

describe("parseStructures", () => {
  test("reads fields: the first of equal keys, no entries of lists, colons within values", () => {
    expect(parseStructures(TODAY)).toEqual(TABLE);
  });

  test("reads the layouts of versions before 2.9 and before 2.7 alike", () => {
    expect(parseStructures(TODAY.replace(/(DMI type .*)/g, "$1."))).toEqual(TABLE);
    const oldest = TODAY.split("\n")
      .map((line) => (/^(\t|\w+ )/.test(line) && !line.startsWith("SMBIOS") ? `\t${line}` : line))
      .join("\n")
      .replace(/\tHandle (0x\w+), DMI type (.*)/g, "Handle $1\n\tDMI type $2.");
    expect(oldest).toContain("Handle 0x0100\n\tDMI type 1, 27 bytes.\n\tSystem Information\n\t\tManufacturer: M");
    expect(parseStructures(oldest)).toEqual(TABLE);
  });

  test("line ends of DOS, blanks for tabs, and messages in between change nothing", () => {
    expect(parseStructures(TODAY.replaceAll("\n", "\r\n"))).toEqual(TABLE);
    expect(parseStructures(TODAY.replaceAll("\t", "        "))).toEqual(TABLE);
    const noisy = TODAY.replace("\tFeatures", "/dev/mem: Operation not permitted: no\n\tFeatures");
    expect(parseStructures(noisy)).toEqual(TABLE);
  });

  test("what dmidecode gave up on is not complete", () => {
    const complete = (text: string) => {
      const table = parseStructures(text);
      return table.ok && table.facts.complete;
    };
    expect(complete(TODAY)).toBe(true);
    expect(complete(`${TODAY}Invalid entry length (0). DMI table is broken! Stop.\n`)).toBe(false);
    expect(complete(TODAY.slice(0, TODAY.indexOf("Handle 0x0200")))).toBe(false);
    expect(complete(TODAY.replace("End Of Table", "\t<TRUNCATED>"))).toBe(false);
  });

  test("a doubled output tells nothing twice", () => {
    expect(parseDmidecode(REAL + REAL)).toEqual(parseDmidecode(REAL));
  });

  test("an output cut anywhere is read as far as it goes", () => {
    const product = REAL.indexOf("\tProduct Name: PowerEdge R710\n") + 30;
    for (let end = product; end < REAL.length; end += 997)
      expect(parseDmidecode(REAL.slice(0, end))).toMatchObject({
        ok: true,
        facts: { system: { product: "PowerEdge R710" } },
      });
  });

  test.each([
    ["", "line 1", "The text is empty."],
    ["\n \n", "line 1", "The text is empty."],
    ["# dmidecode 3.3\n# No SMBIOS nor DMI entry point found, sorry.\n", "line 2", "dmidecode found no SMBIOS"],
    ['\n\n{"lscpu":[]}', "line 3", "No structure of SMBIOS"],
    ["Slot:\t0000:00:00.0\nClass:\tHost bridge [0600]\n", "line 1", "No structure of SMBIOS"],
    ["\u0000\u0001\u00ff\u0080", "line 1", "No structure of SMBIOS"],
    ["# dmidecode 3.3\nScanning /dev/mem for entry point.\n", "line 1", "No structure of SMBIOS"],
    ["Handle 0x0001\n\tno type\n", "line 1", "The text is empty"],
  ])("refuses %p", (text, place, reason) => {
    const parsed = parseStructures(text);
    expect(parsed).toMatchObject({ ok: false, place });
    expect(parsed.ok ? "" : parsed.reason).toStartWith(reason);
  });
});
