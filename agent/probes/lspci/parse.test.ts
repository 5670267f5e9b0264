import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import * as v from "valibot";
import { PciFacts } from "../../wire/hardware/pci.ts";
import { type LinkAttributes, parseLspci } from "./parse.ts";

const record = (...lines: string[]) => `${lines.join("\n")}\n\n`;
const NIC = record(
  "Slot:\t0000:01:00.0",
  "Class:\tEthernet controller [0200]",
  "Vendor:\tIntel Corporation [8086]",
  "Device:\tI350 [v2] [1521]",
  "SVendor:\tDell [1028]",
  "Rev:\t01",
  "NUMANode:\t0",
);
const link = (fields: Partial<LinkAttributes>): ReadonlyMap<string, LinkAttributes> =>
  new Map([["0000:01:00.0", { currentSpeed: null, currentWidth: null, maxSpeed: null, maxWidth: null, ...fields }]]);

describe("parseLspci", () => {
  test("splits names from ids, by the last bracket", () => {
    expect(parseLspci(NIC)).toEqual([
      {
        address: "0000:01:00.0",
        class: "Ethernet controller",
        classId: "0200",
        vendor: "Intel Corporation",
        vendorId: "8086",
        device: "I350 [v2]",
        deviceId: "1521",
      },
    ]);
  });

  test("a function that the names' file does not know has ids alone", () => {
    expect(
      parseLspci(
        record("Slot:\t10000:e1:00.7", "Class:\tClass [ffff]", "Vendor:\tVendor [abcd]", "Device:\tDevice [1234]"),
      ),
    ).toEqual([{ address: "10000:e1:00.7", classId: "ffff", vendorId: "abcd", deviceId: "1234" }]);
  });

  test("reads links, old kernels' and new ones', and leaves unknown ones out", () => {
    const of = (fields: Partial<LinkAttributes>) => parseLspci(NIC, link(fields))[0];
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

  test("records without an address are left out, the others stay", () => {
    expect(parseLspci(`${record("Class:\tx [0000]")}${record("Slot:\t../../etc")}\n\n${NIC}`)).toHaveLength(1);
    expect(parseLspci("")).toEqual([]);
  });

  test("property: any text yields facts that fit the wire", () => {
    const line = fc.tuple(
      fc.constantFrom("Slot", "Class", "Vendor", "Device", "x"),
      fc.string({ unit: "binary", maxLength: 300 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.string({ unit: "binary" }), (lines, junk) => {
        const text = record("Slot:\t0000:01:00.0", ...lines.map(([key, value]) => `${key}:\t${value}`)) + junk;
        v.parse(v.array(PciFacts), parseLspci(text, link({ currentSpeed: junk, maxWidth: junk })));
      }),
    );
  });

  test("a hostile megabyte costs no more than a plain one", () => {
    const startMs = performance.now();
    parseLspci(
      `${"\n".repeat(1_000_000)}Slot:\t0000:01:00.0\nDevice:\t${" ".repeat(1_000_000)}[\n${" \n".repeat(500_000)}`,
    );
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});
