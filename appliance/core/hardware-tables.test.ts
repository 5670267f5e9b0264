import { describe, expect, test } from "bun:test";
import type { NicFacts } from "../../agent/wire/hardware/network.ts";
import type { Hardware } from "../../agent/wire/inventory.ts";
import { UNKNOWN_HARDWARE } from "../../agent/wire/inventory.ts";
import { countsOf, hardwareTables } from "./hardware-tables.ts";

const tableOf = (id: string, parts: Partial<Hardware>) =>
  hardwareTables({ ...UNKNOWN_HARDWARE, ...parts }).find((table) => table.id === id);
/** Cells of the first row by their titles, absent ones left out. */
const cellsOf = (id: string, parts: Partial<Hardware>) => {
  const table = tableOf(id, parts);
  return Object.fromEntries(
    (table?.rows[0] ?? []).flatMap((cell, i) => (cell === undefined ? [] : [[table?.columns[i]?.title, cell]])),
  );
};

describe("hardwareTables", () => {
  test("of an unknown server has the groups that every server has, and says that they are empty", () => {
    expect(hardwareTables(UNKNOWN_HARDWARE).map((table) => `${table.id}: ${table.summary}`)).toEqual([
      "server: The firmware does not say.",
      "cpu: 0 × unknown, 0 threads",
      "memory: size unknown, 0 of 0 slots populated",
      "disks: none",
      "nics: none",
    ]);
  });

  const memory = (dimm: Partial<Hardware["memory"]["dimms"][number]>) => ({
    memory: { slotCount: 1, populatedCount: 1, dimms: [{ slot: "A1", populated: true, ...dimm }] },
  });
  const nic = (more: Partial<NicFacts>) => ({ nics: [{ name: "eno1", boot: false, ...more }] });
  const rows: readonly (readonly [string, string, Partial<Hardware>, Readonly<Record<string, unknown>>])[] = [
    ["an empty slot", "memory", memory({ populated: false }), { Slot: "A1", Size: { text: "empty", tone: "idle" } }],
    [
      "a module that runs slower than it could",
      "memory",
      memory({ sizeBytes: 2 ** 35, configuredMtps: 2933, ratedMtps: 3200 }),
      { Slot: "A1", Size: "32 GiB", Speed: "2933 of 3200 MT/s" },
    ],
    [
      "a module with errors that were not corrected",
      "memory",
      memory({ sizeBytes: 2 ** 35, correctedErrorCount: 3, uncorrectedErrorCount: 1 }),
      { Slot: "A1", Size: "32 GiB", Errors: { text: "3 corrected, 1 uncorrected", tone: "bad" } },
    ],
    [
      "a module that gives no size",
      "memory",
      memory({ correctedErrorCount: 0 }),
      { Slot: "A1", Size: { text: "size unknown", tone: "warn" }, Errors: "none" },
    ],
    [
      "a drive that fails by its own word",
      "disks",
      {
        disks: [
          {
            serial: "S1",
            bay: "3",
            sizeBytes: 4e12,
            rotational: true,
            rpm: 7200,
            health: { passed: false, tempC: 41 },
          },
        ],
      },
      {
        ...{ Serial: "S1", Bay: "3", Size: "4 TB", Kind: "HDD 7200 rpm" },
        Health: { text: "FAILING by its own word, 41 °C", tone: "bad" },
      },
    ],
    [
      "a drive on a slow link behind a controller",
      "disks",
      { disks: [{ sizeBytes: 4e12, transport: "sas", linkGbps: 6, maxLinkGbps: 12, behind: "megaraid,8" }] },
      { Serial: "no serial", Size: "4 TB", Bus: { text: "sas, 6 of 12 Gb/s, megaraid,8", tone: "warn" } },
    ],
    [
      "a port, its switch and its weak transceiver",
      "nics",
      nic({
        ...{
          mac: "52:54:00:00:00:01",
          slot: "PCIe Slot 3",
          port: 1,
          linkUp: true,
          speedMbps: 10_000,
          maxSpeedMbps: 25_000,
        },
        neighbour: { system: "sw1", portId: "12" },
        transceiver: { kind: "SFP28", rxPowerDbm: -40 },
      }),
      {
        ...{ MAC: "52:54:00:00:00:01", Slot: "PCIe Slot 3 port 1", Neighbour: "sw1 port 12", Name: "eno1" },
        Link: { text: "10000 of 25000 Mb/s", tone: "warn" },
        Transceiver: { text: "SFP28, -40 dBm received", tone: "warn" },
      },
    ],
    [
      "a port on the board without a cable",
      "nics",
      nic({ pciAddress: "0000:19:00.0", linkUp: false, boot: true }),
      { MAC: "no address", Slot: "0000:19:00.0", Link: { text: "no link", tone: "idle" }, Name: "eno1 (booted)" },
    ],
    [
      "a card that lost lanes",
      "cards",
      {
        pci: [
          {
            address: "3b:00.0",
            classId: "0200",
            linkWidth: 8,
            maxLinkWidth: 16,
            linkSpeedGtps: 8,
            maxLinkSpeedGtps: 8,
          },
        ],
      },
      {
        ...{ Address: "3b:00.0", Link: { text: "x8 of x16, 8 GT/s", tone: "warn" } },
        Driver: { text: "no driver", tone: "idle" },
      },
    ],
    [
      "a link that idles, which is no fault",
      "cards",
      {
        pci: [
          {
            address: "af:00.0",
            classId: "0302",
            driver: "nvidia",
            linkWidth: 16,
            maxLinkWidth: 16,
            linkSpeedGtps: 2.5,
            maxLinkSpeedGtps: 8,
          },
        ],
      },
      { Address: "af:00.0", Link: "x16, 2.5 of 8 GT/s", Driver: "nvidia" },
    ],
    [
      "a GPU whose memory cannot be mended any more",
      "gpus",
      { gpus: [{ pciAddress: "af:00.0", model: "Tesla T4", ecc: true, remappedRowsFailed: true }] },
      { Address: "af:00.0", Model: "Tesla T4", ECC: "on", State: { text: "row remapping failed", tone: "bad" } },
    ],
    [
      "a power supply without its cord",
      "psus",
      { psus: [{ name: "PSU2", maxW: 750, states: ["Presence detected", "Power Supply AC lost"] }] },
      { Name: "PSU2", Most: "750 W", State: { text: "Presence detected, Power Supply AC lost", tone: "bad" } },
    ],
    [
      "a fan out of its limits",
      "fans",
      { fans: [{ name: "FAN1", rpm: 300, healthy: false }] },
      { Name: "FAN1", Speed: { text: "300 rpm, out of its limits", tone: "bad" } },
    ],
    [
      "a sensor out of its limits, and none that is well",
      "sensors",
      {
        sensors: [
          { name: "Inlet", source: "ipmi", kind: "temperature", reading: 24, status: "ok" },
          { name: "CPU2", source: "ipmi", kind: "temperature", reading: 97.25, status: "critical" },
        ],
      },
      { Sensor: "CPU2", Status: { text: "critical", tone: "bad" }, Reading: "97.3 °C", From: "ipmi" },
    ],
    [
      "an error by which data were lost",
      "kernel",
      {
        kernel: {
          taints: [],
          errors: [{ kind: "memory", component: "DIMM A1", grave: true, text: "UE on DIMM A1", count: 2 }],
        },
      },
      { About: "DIMM A1", Kind: { text: "memory, data lost", tone: "bad" }, "First line": "UE on DIMM A1", Times: "2" },
    ],
  ];
  test.each(rows)("shows %s", (_what, id, parts, cells) => {
    expect(cellsOf(id, parts)).toEqual({ ...cells });
  });

  test("leaves bridges out of the cards and counts them", () => {
    const pci = ["0604", "0200", "0c03"].map((classId, i) => ({ address: `0${i}`, classId }));
    expect(tableOf("cards", { pci })).toMatchObject({ summary: "1 device of 3 PCI functions", rows: [{ 0: "01" }] });
  });

  test("says when processors run different microcode", () => {
    const cpu = { socketCount: 2, coreCount: 2, threadCount: 2, sockets: [], microcode: ["0x1", "0x2"] };
    expect(tableOf("cpu", { cpu })?.tone).toBe("warn");
  });
});

test("countsOf names what stands out, gravest first", () => {
  const summary = { verdict: "FAIL", text: "", failureCount: 1, errorCount: 2, warningCount: 3 } as const;
  expect(countsOf(summary)).toBe("1 failure, 2 measurements missing, 3 warnings");
  expect(countsOf({ ...summary, failureCount: 0, errorCount: 0, warningCount: 0 })).toBeNull();
});
