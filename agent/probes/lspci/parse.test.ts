import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { type PciAttributes, type PciFunction, parseLspci } from "./parse.ts";

const record = (...lines: string[]) => `${lines.join("\n")}\n\n`;
const NIC = record(
  "Slot:\t0000:01:00.0",
  "Class:\tEthernet controller [0200]",
  "Vendor:\tIntel Corporation [8086]",
  "Device:\tI350 [v2] [1521]",
  "SVendor:\tDell [1028]",
  "SDevice:\tGigabit 4P I350-t rNDC [1f60]",
  "PhySlot:\t0-1",
  "Rev:\t01",
  "Driver:\tigb",
  "Module:\tigb",
  "NUMANode:\t0",
);
const sysfs = (fields: Partial<PciAttributes>): ReadonlyMap<string, PciAttributes> => {
  const nothing = { currentSpeed: null, currentWidth: null, maxSpeed: null, maxWidth: null };
  return new Map([["0000:01:00.0", { ...nothing, driverPath: null, devicePath: null, ...fields }]]);
};
const functions = (text: string, attributes?: ReadonlyMap<string, PciAttributes>): readonly PciFunction[] => {
  const parsed = parseLspci(text, attributes);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.facts;
};

describe("parseLspci", () => {
  test("splits names from ids, by the last bracket", () => {
    expect(functions(NIC)).toEqual([
      {
        address: "0000:01:00.0",
        class: "Ethernet controller",
        classId: "0200",
        vendor: "Intel Corporation",
        vendorId: "8086",
        device: "I350 [v2]",
        deviceId: "1521",
        subsystemVendor: "Dell",
        subsystemDevice: "Gigabit 4P I350-t rNDC",
        driver: "igb",
        physicalSlot: "0-1",
        numaNode: 0,
      },
    ]);
  });

  test("a function that the names' file does not know has ids alone", () => {
    const nameless = record(
      "Slot:\t10000:e1:00.7",
      "Class:\tClass [ffff]",
      "Vendor:\tVendor [abcd]",
      "Device:\tDevice [1234]",
      "SVendor:\tUnknown vendor [1d94]",
      "SDevice:\tDevice [0001]",
    );
    expect(functions(nameless)).toEqual([
      { address: "10000:e1:00.7", classId: "ffff", vendorId: "abcd", deviceId: "1234" },
    ]);
  });

  test("an address without a domain is in the first", () => {
    expect(functions(record("Slot:\t3B:00.1"))).toEqual([{ address: "0000:3b:00.1" }]);
  });

  test("slot 0 is a slot", () => {
    expect(functions(record("Slot:\t0000:01:00.0", "PhySlot:\t0"))).toEqual([
      { address: "0000:01:00.0", physicalSlot: "0" },
    ]);
  });

  test("reads links, old kernels' and new ones', and leaves unknown ones out", () => {
    const of = (fields: Partial<PciAttributes>) => functions(NIC, sysfs(fields))[0];
    expect(of({ currentSpeed: "2.5 GT/s PCIe", currentWidth: "4", maxSpeed: "16 GT/s", maxWidth: "16" })).toMatchObject(
      { linkSpeedGtps: 2.5, linkWidth: 4, maxLinkSpeedGtps: 16, maxLinkWidth: 16 },
    );
    for (const nothing of [
      { currentSpeed: "Unknown", currentWidth: "0" },
      { currentSpeed: "", currentWidth: "255" },
      { currentSpeed: "1e9 GT/s", currentWidth: "-1" },
    ]) {
      expect(of(nothing)).not.toHaveProperty("linkSpeedGtps");
      expect(of(nothing)).not.toHaveProperty("linkWidth");
    }
  });

  test("knows the bridges above, the nearest first, and the driver in use before the printed one", () => {
    const devicePath = "/sys/devices/pci0000:00/0000:00:1c.0/0000:00:1f.0/0000:01:00.0";
    expect(functions(NIC, sysfs({ devicePath, driverPath: "/sys/bus/pci/drivers/vfio-pci" }))[0]).toMatchObject({
      bridges: ["0000:00:1f.0", "0000:00:1c.0"],
      driver: "vfio-pci",
    });
  });

  test("records without an address are left out, the others stay, also with CRLF", () => {
    const text = `${record("Class:\tx [0000]")}${record("Slot:\t../../etc")}\n\n${NIC}`;
    expect(functions(text)).toHaveLength(1);
    expect(functions(text.replaceAll("\n", "\r\n"))).toEqual(functions(text));
  });

  test("a text without a function is no output of lspci", () => {
    for (const text of ["", "\n\n", "lspci: Cannot find any working access method.\n", "Slot:\t../../etc\n"])
      expect(parseLspci(text)).toEqual({ ok: false, place: "line 1", reason: "No PCI function of lspci -vmm -D." });
  });

  test("a hostile megabyte costs no more than a plain one", () => {
    const startMs = performance.now();
    parseLspci(
      `${"\n".repeat(1_000_000)}Slot:\t0000:01:00.0\nDevice:\t${" ".repeat(1_000_000)}[\n${" \n".repeat(500_000)}`,
    );
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  test("property: any fields yield a function of the address", () => {
    const line = fc.tuple(
      fc.constantFrom("Class", "Vendor", "Device", "SDevice", "PhySlot", "NUMANode", "x"),
      fc.string({ unit: "binary", maxLength: 300 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.string({ unit: "binary" }), (lines, junk) => {
        const text = record("Slot:\t0000:01:00.0", ...lines.map(([key, value]) => `${key}:\t${value}`)) + junk;
        const attributes = sysfs({ currentSpeed: junk, maxWidth: junk, devicePath: junk });
        expect(functions(text, attributes)[0]?.address).toBe("0000:01:00.0");
      }),
    );
  });
});
