import { describe, expect, test } from "bun:test";
import { memoryOf, type SmbiosMemory } from "./memory.ts";
import { parseStructures } from "./structures.ts";

const structure = (type: number, ...fields: string[]) =>
  [`Handle 0x00${type}, DMI type ${type}, 40 bytes`, "Title", ...fields.map((field) => `\t${field}`), ""].join("\n");
const dimm = (...fields: string[]) => structure(17, ...fields);
const read = (...texts: string[]): SmbiosMemory => {
  const table = parseStructures(texts.join("\n"));
  return memoryOf(table.ok ? table.facts.structures : []);
};
const GIB = 2 ** 30;

describe("memoryOf", () => {
  test.each([
    ["16384 MB", 16 * GIB],
    ["1 TB", 1024 * GIB],
    ["524288 kB", GIB / 2],
    ["2 PB", 2 ** 51],
    ["512 Mbyte", GIB / 2],
  ])("a module of %s", (size, sizeBytes) => {
    expect(read(dimm(`Size: ${size}`)).slots).toEqual([{ slot: "slot", populated: true, sizeBytes }]);
  });

  test.each(["No Module Installed", "Not Installed", "Unknown", "0 MB", "-4 GB", "9999999999 TB", "8 Gbit", ""])(
    "a slot of size %p is empty",
    (size) => {
      const memory = read(dimm(`Size: ${size}`));
      expect(memory.slots).toEqual([{ slot: "slot", populated: false }]);
      expect([memory.slotCount, memory.slotsPopulated, memory.totalBytes]).toEqual([1, 0, null]);
    },
  );

  test("a module that tells no size is there when somebody made it, and no total is made up", () => {
    const known = read(dimm("Size: Unknown", "Part Number: M393A1G43DB0-CPB"), dimm("Size: 8 GB"));
    expect([known.slotsPopulated, known.totalBytes]).toEqual([2, 8 * GIB]);
    expect(read(dimm("Size: Unknown", "Manufacturer: Samsung")).totalBytes).toBeNull();
    expect(read(dimm("Size: Unknown", "Manufacturer: NO DIMM", "Part Number: DimmA2_PartNumA2")).slotsPopulated).toBe(
      0,
    );
    expect(read(dimm("Size: No Module Installed", "Manufacturer: Samsung")).slotsPopulated).toBe(0);
  });

  test("rates and widths, with the units of old versions and new ones", () => {
    const fields = ["Size: 8 GB", "Speed: 1333 MHz", "Configured Clock Speed: 1066 MHz", "Total Width: 72 bits"];
    expect(read(dimm(...fields, "Data Width: Unknown", "Rank: 2")).slots[0]).toEqual({
      slot: "slot",
      populated: true,
      sizeBytes: 8 * GIB,
      ratedMtps: 1333,
      configuredMtps: 1066,
      totalWidthBits: 72,
      rankCount: 2,
    });
    const silent = dimm("Size: 8 GB", "Speed: Unknown", "Configured Memory Speed: 0 MT/s", "Rank: Unknown");
    expect(read(silent).slots[0]).toEqual({ slot: "slot", populated: true, sizeBytes: 8 * GIB });
  });

  test("modules that outlive a power cut are counted, and told apart", () => {
    const memory = read(
      dimm("Size: 32 GB", "Memory Technology: DRAM", "Volatile Size: 32 GB", "Non-Volatile Size: None"),
      dimm("Size: 126 GB", "Memory Technology: Intel Optane persistent memory", "Non-Volatile Size: 126 GB"),
      dimm("Size: 16 GB", "Memory Technology: NVDIMM-N", "Volatile Size: 16 GB", "Non-Volatile Size: 16 GB"),
    );
    expect(memory).toMatchObject({ slotsPopulated: 3, totalBytes: 174 * GIB, nonVolatileBytes: 142 * GIB });
    expect(memory.slots.map((slot) => slot.technology)).toEqual([
      undefined,
      "Intel Optane persistent memory",
      "NVDIMM-N",
    ]);
  });

  test("flash and video memory are no memory, by their own type or by their array's use", () => {
    const array = (handle: string, use: string, capacity: string) =>
      structure(16, `Use: ${use}`, "Error Correction Type: None", `Maximum Capacity: ${capacity}`).replace(
        "0x0016",
        handle,
      );
    const memory = read(
      array("0x0010", "System Memory", "64 GB"),
      array("0x00AF", "Flash Memory", "4 MB"),
      dimm("Array Handle: 0x0010", "Size: 8 GB", "Type: DDR4"),
      dimm("Array Handle: 0x00af", "Size: 4 MB", "Type: Unknown"),
      dimm("Array Handle: 0x0010", "Size: 16 MB", "Type: Flash"),
    );
    expect(memory).toMatchObject({
      slotCount: 1,
      totalBytes: 8 * GIB,
      maximumBytes: 64 * GIB,
      errorCorrection: "None",
    });
  });

  test("arrays of several processors or blades add up", () => {
    const array = structure(
      16,
      "Use: System Memory",
      "Error Correction Type: Multi-bit ECC",
      "Maximum Capacity: 96 GB",
    );
    expect(read(array, array, structure(16, "Maximum Capacity: 0 kB"))).toMatchObject({
      maximumBytes: 192 * GIB,
      errorCorrection: "Multi-bit ECC",
    });
  });

  test("boards from before type 17 are read by types 5 and 6", () => {
    const module = (installed: string) =>
      structure(6, "Socket Designation: DIMM", `Installed Size: ${installed}`, "Enabled Size: 512 MB");
    const old = [
      structure(5, "Maximum Total Memory Size: 4096 MB"),
      module("512 MB (Double-bank Connection)"),
      module("Not Installed"),
      module("Disabled"),
    ];
    expect(read(...old)).toEqual({
      slotCount: 3,
      slotsPopulated: 2,
      totalBytes: GIB / 2,
      maximumBytes: 4 * GIB,
      slots: [
        { slot: "DIMM#1", populated: true, sizeBytes: GIB / 2 },
        { slot: "DIMM#2", populated: false },
        { slot: "DIMM#3", populated: true },
      ],
    });
    expect(read(...old, dimm("Size: 1 GB")).slotCount).toBe(1);
  });

  test("a structure that is cut off before its size says nothing", () => {
    expect(read(dimm("Size: 8 GB"), dimm("Total Width: 72 bits")).slotCount).toBe(1);
  });

  test("slots of one name are told apart by bank, then by a number that is not taken", () => {
    const places = [
      ["DIMM 0", "P0 A"],
      ["DIMM 0", "P0 B"],
      ["NO DIMM", ""],
      ["NO DIMM", ""],
      ["slot#1", ""],
      ["X", "Y"],
    ];
    const memory = read(
      ...places.map(([locator, bank]) => dimm("Size: 1 GB", `Locator: ${locator}`, `Bank Locator: ${bank}`)),
    );
    expect(memory.slots.map((slot) => slot.slot)).toEqual([
      "P0 A DIMM 0",
      "P0 B DIMM 0",
      "slot#2",
      "slot#3",
      "slot#1",
      "X",
    ]);
  });
});
