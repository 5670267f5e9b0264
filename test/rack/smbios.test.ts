import { beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../setup/packages.ts";
import { needTool } from "./command.ts";
import { decodeServer } from "./declaration.ts";
import { encodeSmbios } from "./smbios.ts";

beforeAll(() => needPackages(["dmidecode"]), 300_000);

const structures = (input: object): ReadonlyMap<string, Uint8Array> =>
  new Map(
    encodeSmbios(decodeServer({ name: "s1", firmware: "bios", ...input })).map(({ name, bytes }) => [name, bytes]),
  );
/** Bytes in hex and text as written in the standard's tables, one field a line. */
const bytesOf = (...fields: readonly string[]): Uint8Array =>
  Uint8Array.from(
    fields.flatMap((field) =>
      field.startsWith("'")
        ? [...Buffer.from(field.slice(1), "latin1"), 0]
        : field.split(" ").map((pair) => Number.parseInt(pair, 16)),
    ),
  );

test("encodeSmbios: nothing is declared, nothing is encoded", () => {
  expect(structures({})).toEqual(new Map());
});

test("encodeSmbios: a module, byte by byte as in DSP0134, table 80", () => {
  const dimm = {
    ...{ slot: "DIMM A1", bank: "BANK 0", size: "256 MiB", manufacturer: "Samsung", part: "M393", serial: "S1" },
    ...{ speedMTs: 3200, configuredMTs: 2933, ecc: true, rankCount: 2, type: "DDR4" },
  };
  expect(structures({ smbios: { dimms: [dimm] } }).get("dimm-0")).toEqual(
    bytesOf(
      "11 28 00 11", // 00h type 17, length, handle
      "00 10", // 04h the memory array
      "fe ff", // 06h no error record
      "48 00", // 08h total width 72
      "40 00", // 0Ah data width 64
      "00 01", // 0Ch 256 MiB
      "09", // 0Eh DIMM
      "00", // 0Fh of no set
      "01 02", // 10h slot, bank
      "1a", // 12h DDR4
      "80 00", // 13h synchronous
      "80 0c", // 15h 3200 MT/s
      "03 04 00 05", // 17h manufacturer, serial, asset tag, part
      "02", // 1Bh ranks
      "00 00 00 00", // 1Ch extended size
      "75 0b", // 20h 2933 MT/s
      "00 00 00 00 00 00", // 22h voltages
      "'DIMM A1",
      "'BANK 0",
      "'Samsung",
      "'S1",
      "'M393",
      "00",
    ),
  );
});

test("encodeSmbios: 32 GiB do not fit into the old field of a module's size", () => {
  const dimm = structures({ smbios: { dimms: [{ slot: "A", size: "32 GiB" }] } }).get("dimm-0");
  expect(dimm?.subarray(0x0c, 0x0e)).toEqual(bytesOf("ff 7f"));
  expect(dimm?.subarray(0x1c, 0x20)).toEqual(bytesOf("00 80 00 00"));
});

test("encodeSmbios: a slot, byte by byte as in DSP0134, table 47; the bus behind it is the slot's rank", () => {
  const slots = [7, 3].map((number) => ({ number, name: `Slot ${number}` }));
  const nics = [{ mac: "52:54:00:00:00:01", slot: 7 }];
  const found = structures({ slots, nics });
  const slot = (number: string, use: string, bus: string): Uint8Array =>
    bytesOf(`09 11 ${number} 09`, "01", "b6 0d", use, "04", `${number} 00`, "04 01", "00 00", bus, "00");
  expect(found.get("slot-7")).toEqual(Uint8Array.from([...slot("07", "04", "02"), ...bytesOf("'Slot 7", "00")]));
  expect(found.get("slot-3")).toEqual(Uint8Array.from([...slot("03", "03", "01"), ...bytesOf("'Slot 3", "00")]));
});

/** A table as dmidecode reads it from a file: the 64-bit entry point (DSP0134, 5.2.2) at 0, the structures at 32. */
const renderDump = (list: Iterable<Uint8Array>): Uint8Array => {
  const table = Buffer.concat([...list, bytesOf("7f 04 00 7f 00 00")]);
  const entry = Buffer.alloc(32);
  entry.write("_SM3_", "latin1");
  entry.set([0x18, 3, 7, 0, 1], 6);
  entry.writeUInt32LE(table.length, 0x0c);
  entry.writeBigUInt64LE(32n, 0x10);
  entry[5] = -entry.subarray(0, 24).reduce((sum, byte) => sum + byte, 0) & 0xff;
  return Buffer.concat([entry, table]);
};

test("encodeSmbios: dmidecode reads memory, slots, power supplies and OEM strings as declared", async () => {
  const dimm = { size: "16 GiB", manufacturer: "Micron", part: "18ASF2G72", serial: "2F3A", speedMTs: 3200, ecc: true };
  const declared = structures({
    slots: [{ number: 1, name: "PCIe Slot 1" }],
    psus: [
      { name: "PSU1", manufacturer: "Delta", part: "DPS-750", serial: "P1", maxW: 750 },
      { name: "PSU2", fault: "absent" },
      { name: "PSU3", fault: "input-lost" },
    ],
    smbios: { dimms: [{ slot: "A1", bank: "B0", ...dimm }, { slot: "A2" }], oemStrings: ["Vetbox", "rack 7"] },
  });
  const dir = await mkdtemp(join(tmpdir(), "vetbox-smbios-"));
  try {
    await Bun.write(join(dir, "dump"), renderDump(declared.values()));
    const told = await needTool(["dmidecode", "--from-dump", join(dir, "dump")]);
    const section = (title: string): readonly string[] =>
      told
        .split("\n\n")
        .filter((part) => part.includes(`\n${title}\n`))
        .map((part) => part.replaceAll(/^\t+/gm, ""));
    const [first = "", second = ""] = section("Memory Device");
    for (const line of ["Size: 16 GB", "Locator: A1", "Bank Locator: B0", "Total Width: 72 bits", "Speed: 3200 MT/s"])
      expect(first.split("\n")).toContain(line);
    for (const line of ["Manufacturer: Micron", "Serial Number: 2F3A", "Part Number: 18ASF2G72", "Type: DDR5"])
      expect(first.split("\n")).toContain(line);
    for (const line of ["Size: No Module Installed", "Locator: A2", "Type: Unknown"])
      expect(second.split("\n")).toContain(line);
    expect(section("Physical Memory Array").join()).toContain("Multi-bit ECC\nMaximum Capacity: 128 GB");
    expect(section("System Slot Information").join()).toMatch(
      /PCIe Slot 1\nType: x16 PCI Express 3.*\nCurrent Usage: Available[\s\S]*Bus Address: 0000:01:00\.0/,
    );
    expect(section("OEM Strings").join()).toContain("String 1: Vetbox\nString 2: rack 7");
    const [good = "", absent = "", unplugged = ""] = section("System Power Supply");
    for (const line of ["Name: PSU1", "Serial Number: P1", "Model Part Number: DPS-750", "Max Power Capacity: 750 W"])
      expect(good.split("\n")).toContain(line);
    for (const line of ["Status: Present, OK", "Type: Switching", "Plugged: Yes", "Hot Replaceable: Yes"])
      expect(good.split("\n")).toContain(line);
    expect(absent).toContain("Status: Not Present");
    expect(unplugged).toContain("Plugged: No");
    expect(told).not.toContain("<BAD INDEX>");
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
