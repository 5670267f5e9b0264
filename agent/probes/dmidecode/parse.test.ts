import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { PsuFacts } from "../../wire/hardware/management.ts";
import { SlotFacts } from "../../wire/hardware/pci.ts";
import { parseDmidecode, type SmbiosFacts } from "./parse.ts";

const FIXTURES = join(import.meta.dir, "fixtures");
const NAMES = readdirSync(FIXTURES).filter((name) => name.endsWith(".txt"));
const read = (name: string): string => readFileSync(join(FIXTURES, name), "latin1");
const factsOf = (text: string): SmbiosFacts => {
  const parsed = parseDmidecode(text);
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};
const structure = (type: number, ...fields: string[]) =>
  [`Handle 0x0001, DMI type ${type}, 40 bytes`, "Title", ...fields.map((field) => `\t${field}`), ""].join("\n");

describe("parseDmidecode on records of real servers", () => {
  test.each(NAMES)("gives %s a name for each place, no placeholder, and what the wire takes", (name) => {
    const facts = factsOf(read(name));
    for (const places of [facts.memory.slots, facts.cpu.sockets].map((all) => all.map((one) => one.slot)))
      expect(new Set(places).size).toBe(places.length);
    expect(JSON.stringify(facts)).not.toMatch(
      /":"(?:--|Not Specified|Unknown|NO DIMM|To Be Filled[^"]*|0?123456789\d*|Default string|<[A-Z ]+>|OEM Define \d|[^"]*Manufacturer\d*)"/i,
    );
    for (const slot of facts.memory.slots.filter((one) => one.populated))
      expect(slot.sizeBytes).toBeGreaterThanOrEqual(2 ** 30);
    v.parse(v.array(PsuFacts), facts.psus);
    v.parse(v.array(SlotFacts), facts.slots);
  });

  test("reads a two-socket server whole", () => {
    const facts = factsOf(read("Dell_PowerEdge_PowerEdge_R640_759F6C3485FD.txt"));
    expect(facts).toMatchObject({
      system: { manufacturer: "Dell Inc.", product: "PowerEdge R640", family: "PowerEdge" },
      bios: { vendor: "Dell Inc.", version: "2.2.11", date: "06/13/2019", romBytes: 32 * 2 ** 20 },
      board: { manufacturer: "Dell Inc.", product: "0RGP26" },
      chassis: { type: "Rack Mount Chassis", manufacturer: "Dell Inc.", rackUnits: 1 },
      memory: { slotCount: 24, maximumBytes: 7680 * 2 ** 30, errorCorrection: "Multi-bit ECC" },
      ipmi: { interface: "KCS (Keyboard Control Style)", specVersion: "2.0", i2cAddress: "0x10" },
      complete: true,
    });
    // Dell's "SKU=NotProvided;ModelName=PowerEdge R640" is none.
    expect(facts.system).not.toHaveProperty("sku");
    expect(facts.cpu.sockets[1]).toEqual({
      slot: "CPU2",
      populated: true,
      state: "Enabled",
      model: "Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz",
      manufacturer: "Intel",
      coreCount: 10,
      enabledCoreCount: 10,
      threadCount: 10,
      maxMhz: 4000,
      currentMhz: 2200,
      signature: "Type 0, Family 6, Model 85, Stepping 4",
      // Of a processor for LGA3647: what firmware says is what it says.
      upgrade: "Socket LGA2011",
    });
    expect(facts.memory.slots.find((slot) => slot.slot === "B2")).toEqual({
      slot: "B2",
      populated: true,
      sizeBytes: 16 * 2 ** 30,
      type: "DDR4",
      formFactor: "DIMM",
      ratedMtps: 2666,
      configuredMtps: 2400,
      manufacturer: "002C04B3002C",
      part: "18ASF2G72PDZ-2G6E1",
      rankCount: 2,
      totalWidthBits: 72,
      dataWidthBits: 64,
    });
    expect(facts.memory.slots.find((slot) => slot.slot === "B3")).toEqual({ slot: "B3", populated: false });
  });

  test("of four boards in one chassis the motherboard counts, though it calls itself so alone", () => {
    const text = read("IBM_System_System_x3650_--7979AC1--_AF1C724667AA.txt");
    expect(text.match(/DMI type 2,/g)).toHaveLength(4);
    expect(factsOf(text).board.product).toBe("System Planar");
  });

  test("power supplies of the maker's are told, those of the reference firmware are not", () => {
    const hp = factsOf(read("Hewlett-Packard_ProLiant_ProLiant_DL360_Gen9_194C39A203E0.txt"));
    expect(hp.psus[0]).toEqual({
      name: "Power Supply 1",
      present: true,
      manufacturer: "HP",
      part: "720478-B21",
      maxW: 500,
    });
    const text = read("Supermicro_X10_X10SRA_605408244187.txt");
    expect(text).toContain("\nSystem Power Supply\n");
    expect(factsOf(text).psus).toEqual([]);
  });

  test("a table that is broken off says so", () => {
    const text = read("ETegro_Technologies_Hyperion_Hyperion_RS125_G4_EAF3BD5AE349.txt");
    expect(text).toContain("DMI table is broken! Stop.");
    expect(factsOf(text)).toMatchObject({ complete: false, system: { product: "Hyperion RS125 G4" } });
  });
});

describe("parseDmidecode", () => {
  test("what every reader asks for is null, not absent, where the firmware says nothing", () => {
    expect(factsOf(structure(32, "Status: No errors detected"))).toEqual({
      system: { manufacturer: null, product: null },
      bios: {},
      board: {},
      chassis: {},
      cpu: { socketsTotal: null, socketsPopulated: null, sockets: [] },
      memory: { slotCount: null, slotsPopulated: null, totalBytes: null, slots: [] },
      slots: [],
      oemStrings: [],
      psus: [],
      structureCount: 1,
      complete: false,
    });
    const placeholders = structure(1, "Manufacturer: To Be Filled By O.E.M.", "Product Name: Default string");
    expect(factsOf(placeholders).system).toEqual({ manufacturer: null, product: null });
  });

  test("every way to say that a socket is populated, and none besides", () => {
    const states = ["Enabled", "Idle", "Disabled By User", "Disabled By BIOS", "Unknown", "Other", "<OUT OF SPEC>"];
    const populated = states.map((state) => structure(4, "Type: Central Processor", `Status: Populated, ${state}`));
    const others = [
      structure(4, "Type: Central Processor", "Status: Unpopulated"),
      structure(4, "Type: Math Processor", "Status: Populated, Enabled"),
      structure(4, "Type: <OUT OF SPEC>", "Status: Populated, Enabled"),
    ];
    const { cpu } = factsOf([...populated, ...others].join("\n"));
    expect([cpu.socketsTotal, cpu.socketsPopulated]).toEqual([9, 8]);
    expect(cpu.sockets.map((socket) => socket.state)).toEqual([
      "Enabled",
      "Idle",
      "Disabled By User",
      "Disabled By BIOS",
      undefined,
      undefined,
      undefined,
      undefined,
      "Enabled",
    ]);
  });

  test("a processor whose structure is cut off before its status counts when it has a name", () => {
    const cut = (...fields: string[]) => factsOf(structure(4, ...fields)).cpu.socketsPopulated;
    expect(cut("Version: AMD EPYC 7551P")).toBe(1);
    expect(cut("Socket Designation: CPU1", "Version: Not Specified")).toBe(0);
  });

  test("slots for cards: occupied or not, and no address that stands for none", () => {
    const slot = (usage: string, address: string, ...more: string[]) =>
      structure(9, "Designation: PCIe", `Current Usage: ${usage}`, `Bus Address: ${address}`, ...more);
    const text = [
      slot("In Use", "0000:3B:00.0", "Type: x8 PCI Express 3 x16"),
      slot("Available", "0000:3c:00.0", "Type: x4 <OUT OF SPEC>"),
      slot("Unknown", "0000:ff:00.0"),
      slot("In Use", "ffff:05:00.0"),
      slot("In Use", "0000:00:00.0"),
    ].join("\n");
    expect(factsOf(text).slots).toEqual([
      { name: "PCIe#1", type: "x8 PCI Express 3 x16", occupied: true, pciAddress: "0000:3b:00.0" },
      { name: "PCIe#2", occupied: false },
      { name: "PCIe#3" },
      { name: "PCIe#4", occupied: true },
      { name: "PCIe#5", occupied: true },
    ]);
  });

  test("strings of the maker's, from all their structures, in order", () => {
    const text = [structure(11, "String 1: PSF: ", "String 2: A: B"), structure(11, "String 1: Default string")];
    expect(factsOf(text.join("\n")).oemStrings).toEqual(["PSF:", "A: B"]);
  });
});
