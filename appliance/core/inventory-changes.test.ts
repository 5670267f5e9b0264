import { describe, expect, test } from "bun:test";
import type { DimmFacts } from "../../agent/wire/hardware/board.ts";
import type { DiskFacts } from "../../agent/wire/hardware/disks.ts";
import type { NicFacts } from "../../agent/wire/hardware/network.ts";
import type { PciFacts } from "../../agent/wire/hardware/pci.ts";
import type { Hardware } from "../../agent/wire/inventory.ts";
import { inventoryWith } from "../../test/setup/inventory.ts";
import { diffInventories } from "./inventory-changes.ts";

const GIB = 2 ** 30;
const dimm = (slot: string, serial?: string, more: Partial<DimmFacts> = {}): DimmFacts => ({
  ...{ slot, populated: true, sizeBytes: 32 * GIB, part: "M393A4K40DB3" },
  ...(serial === undefined ? {} : { serial }),
  ...more,
});
const memory = (...dimms: readonly DimmFacts[]): Partial<Hardware> => ({
  memory: { slotCount: dimms.length, populatedCount: dimms.filter((one) => one.populated).length, dimms: [...dimms] },
});
const disk = (serial: string, bay?: string, more: Partial<DiskFacts> = {}): DiskFacts => ({
  ...{ serial, model: "MZ7LH480", sizeBytes: 480_103_981_056, transport: "sata" },
  ...(bay === undefined ? {} : { bay }),
  ...more,
});
const nic = (mac: string, more: Partial<NicFacts> = {}): NicFacts => ({ name: "eth0", mac, boot: false, ...more });
const card = (address: string, device: string, more: Partial<PciFacts> = {}): PciFacts => ({
  ...{ address, classId: "0107", vendor: "Broadcom", device },
  ...more,
});

/** Changes as `kind part where [what] before → after`. */
const told = (before: Partial<Hardware>, after: Partial<Hardware>): readonly string[] =>
  diffInventories(inventoryWith(before), inventoryWith(after)).changes.map((one) =>
    [one.kind, one.part, `(${one.where})`, one.what, `${one.before ?? "–"} → ${one.after ?? "–"}`]
      .filter((word) => word !== null)
      .join(" "),
  );

describe("diffInventories tells", () => {
  const rows: readonly (readonly [string, Partial<Hardware>, Partial<Hardware>, readonly string[]])[] = [
    [
      "a module that was replaced, by slot",
      memory(dimm("A1", "S1"), dimm("B2", "S2")),
      memory(dimm("A1", "S1"), dimm("B2", "S9")),
      ["replaced dimm (slot B2) 32 GiB M393A4K40DB3, serial S2 → 32 GiB M393A4K40DB3, serial S9"],
    ],
    [
      "a module that is gone",
      memory(dimm("A1", "S1"), dimm("B2", "S2")),
      memory(dimm("A1", "S1"), { slot: "B2", populated: false }),
      ["removed dimm (slot B2) 32 GiB M393A4K40DB3, serial S2 → –"],
    ],
    [
      "a module that was moved, once",
      memory(dimm("A1", "S1"), { slot: "B1", populated: false }),
      memory({ slot: "A1", populated: false }, dimm("B1", "S1")),
      ["changed dimm (slot B1) place A1 → B1"],
    ],
    [
      "another speed of the same module",
      memory(dimm("A1", "S1", { configuredMtps: 2933 })),
      memory(dimm("A1", "S1", { configuredMtps: 2666 })),
      ["changed dimm (slot A1) speed 2933 MT/s → 2666 MT/s"],
    ],
    [
      "another module where none has a serial",
      memory(dimm("A1"), dimm("A2")),
      memory(dimm("A1"), dimm("A2", undefined, { sizeBytes: 16 * GIB })),
      ["replaced dimm (slot A2) 32 GiB M393A4K40DB3 → 16 GiB M393A4K40DB3"],
    ],
    [
      "modules of equal slot names by their banks",
      memory(dimm("DIMM 1", "S1", { bank: "BANK 0" }), dimm("DIMM 1", "S2", { bank: "BANK 1" })),
      memory(dimm("DIMM 1", "S1", { bank: "BANK 0" }), dimm("DIMM 1", "S3", { bank: "BANK 1" })),
      ["replaced dimm (slot BANK 1 DIMM 1) 32 GiB M393A4K40DB3, serial S2 → 32 GiB M393A4K40DB3, serial S3"],
    ],
    [
      "a disk that was replaced in its bay",
      { disks: [disk("D1", "1"), disk("D2", "2")] },
      { disks: [disk("D1", "1"), disk("D9", "2")] },
      ["replaced disk (bay 2) 480 GB MZ7LH480, serial D2 → 480 GB MZ7LH480, serial D9"],
    ],
    [
      "a disk that went and one that came, where nobody knows the bays",
      { disks: [disk("D1"), disk("D2")] },
      { disks: [disk("D1"), disk("D9")] },
      ["removed disk (disk D2) 480 GB MZ7LH480, serial D2 → –", "added disk (disk D9) – → 480 GB MZ7LH480, serial D9"],
    ],
    [
      "a disk that was replaced at a port with a name of its own",
      { disks: [disk("D1", "SATA port 3")] },
      { disks: [disk("D9", "SATA port 3")] },
      ["replaced disk (SATA port 3) 480 GB MZ7LH480, serial D1 → 480 GB MZ7LH480, serial D9"],
    ],
    [
      "disks that changed bays",
      { disks: [disk("D1", "1"), disk("D2", "2")] },
      { disks: [disk("D1", "2"), disk("D2", "1")] },
      ["changed disk (bay 2) place 1 → 2", "changed disk (bay 1) place 2 → 1"],
    ],
    [
      "a NIC in another slot",
      { nics: [nic("52:54:00:00:00:01", { slot: "PCIe Slot 1" })] },
      { nics: [nic("52:54:00:00:00:01", { slot: "PCIe Slot 3" })] },
      ["changed nic (PCIe Slot 3) place PCIe Slot 1 → PCIe Slot 3"],
    ],
    [
      "a NIC at another device of its bus",
      { nics: [nic("52:54:00:00:00:01", { pciAddress: "0000:00:05.0" })] },
      { nics: [nic("52:54:00:00:00:01", { pciAddress: "0000:00:06.0" })] },
      ["changed nic (NIC 52:54:00:00:00:01) place 0000:00:05.0 → 0000:00:06.0"],
    ],
    [
      "another switch port and a slower link",
      {
        nics: [
          nic("52:54:00:00:00:01", { linkUp: true, speedMbps: 25_000, neighbour: { system: "sw1", portId: "12" } }),
        ],
      },
      {
        nics: [
          nic("52:54:00:00:00:01", { linkUp: true, speedMbps: 10_000, neighbour: { system: "sw1", portId: "13" } }),
        ],
      },
      [
        "changed nic (NIC 52:54:00:00:00:01) link speed 25000 Mb/s → 10000 Mb/s",
        "changed nic (NIC 52:54:00:00:00:01) cable sw1 12 → sw1 13",
      ],
    ],
    [
      "a card that lost lanes",
      { pci: [card("0000:3b:00.0", "SAS3008", { linkWidth: 8 })] },
      { pci: [card("0000:3b:00.0", "SAS3008", { linkWidth: 4 })] },
      ["changed pci (0000:3b:00.0) link width x8 → x4"],
    ],
    [
      "an added card, although the buses were numbered anew",
      { pci: [card("0000:3b:00.0", "SAS3008")] },
      { pci: [card("0000:3b:00.0", "SAS3916"), card("0000:3c:00.0", "SAS3008")] },
      ["added pci (0000:3b:00.0) – → Broadcom SAS3916"],
    ],
    [
      "a power supply that is no longer present",
      {
        psus: [
          { name: "PSU1", serial: "P1" },
          { name: "PSU2", serial: "P2" },
        ],
      },
      {
        psus: [
          { name: "PSU1", serial: "P1" },
          { name: "PSU2", present: false },
        ],
      },
      ["removed psu (PSU2) serial P2 → –"],
    ],
    [
      "a replaced board with what came with it",
      {
        board: { boardManufacturer: "Dell Inc.", boardProduct: "0H28RR", boardSerial: "B1", uuid: "u-1" },
        bmc: { mac: "00:00:00:00:00:01" },
      },
      {
        board: { boardManufacturer: "Dell Inc.", boardProduct: "0H28RR", boardSerial: "B2", uuid: "u-2" },
        bmc: { mac: "00:00:00:00:00:02" },
      },
      [
        "replaced board (board) Dell Inc. 0H28RR, serial B1 → Dell Inc. 0H28RR, serial B2",
        "changed system (system) UUID u-1 → u-2",
        "replaced bmc (BMC) 00:00:00:00:00:01 → 00:00:00:00:00:02",
      ],
    ],
    [
      "hyper-threading that was switched off, once",
      { cpu: { socketCount: 2, coreCount: 40, threadCount: 80, sockets: [] } },
      { cpu: { socketCount: 2, coreCount: 40, threadCount: 40, sockets: [] } },
      ["changed cpu (all sockets) threads per core 2 → 1"],
    ],
    [
      "a processor that is gone",
      {
        cpu: {
          socketCount: 2,
          coreCount: 40,
          threadCount: 80,
          sockets: [{ slot: "CPU1" }, { slot: "CPU2", model: "Xeon" }],
        },
      },
      { cpu: { socketCount: 1, coreCount: 20, threadCount: 40, sockets: [{ slot: "CPU1" }] } },
      ["removed cpu (socket CPU2) Xeon → –"],
    ],
    [
      "versions of firmware, and nothing of a component that came or went",
      {
        firmware: [
          { component: "BIOS", version: "2.19" },
          { component: "disk D2", version: "A" },
        ],
      },
      {
        firmware: [
          { component: "BIOS", version: "2.21" },
          { component: "disk D9", version: "B" },
        ],
      },
      ["changed firmware (BIOS) version 2.19 → 2.21"],
    ],
  ];
  test.each(rows)("%s", (_what, before, after, changes) => {
    expect(told(before, after)).toEqual([...changes]);
  });
});

describe("diffInventories does not tell", () => {
  const rows: readonly (readonly [string, Partial<Hardware>, Partial<Hardware>])[] = [
    [
      "kernel names, the order of lists, temperatures and counters",
      {
        disks: [
          disk("D1", "1", { name: "sda", health: { tempC: 30, powerOnHours: 1 } }),
          disk("D2", "2", { name: "sdb" }),
        ],
        nics: [nic("52:54:00:00:00:01", { name: "eth0" }), nic("52:54:00:00:00:02", { name: "eth1" })],
        fans: [{ name: "FAN1", rpm: 3000 }],
      },
      {
        disks: [
          disk("D2", "2", { name: "sda" }),
          disk("D1", "1", { name: "sdb", health: { tempC: 50, powerOnHours: 9 } }),
        ],
        nics: [nic("52:54:00:00:00:02", { name: "eth0" }), nic("52:54:00:00:00:01", { name: "eth1" })],
        fans: [{ name: "FAN1", rpm: 9000 }],
      },
    ],
    [
      "buses that were numbered anew",
      {
        nics: [nic("52:54:00:00:00:01", { pciAddress: "0000:19:00.0" })],
        pci: [card("0000:3b:00.0", "SAS3008"), card("0000:3c:00.0", "SAS3916")],
      },
      {
        nics: [nic("52:54:00:00:00:01", { pciAddress: "0000:1a:00.0" })],
        pci: [card("0000:3c:00.0", "SAS3008"), card("0000:3d:00.0", "SAS3916")],
      },
    ],
    ["a fact that only one of them measured", memory(dimm("A1")), memory(dimm("A1", "S1", { configuredMtps: 2933 }))],
    [
      "the speed of a link that idles",
      { pci: [card("a", "x", { linkSpeedGtps: 16 })] },
      { pci: [card("a", "x", { linkSpeedGtps: 2.5 })] },
    ],
    ["bridges", { pci: [] }, { pci: [card("0000:00:01.0", "Root Port", { classId: "0604" })] }],
    ["sticks in USB ports", { disks: [] }, { disks: [disk("U1", undefined, { removable: true, transport: "usb" })] }],
    [
      "the made-up address of a management controller's USB network, and shares of a port",
      { nics: [nic("02:11:22:33:44:55", { bus: "usb" })] },
      { nics: [nic("02:11:22:33:44:66", { bus: "usb" }), nic("52:54:00:00:00:09", { virtualFunction: true })] },
    ],
    ["what has one serial for all", memory(dimm("A1", "X"), dimm("A2", "X")), memory(dimm("A1", "X"), dimm("A2", "X"))],
  ];
  test.each(rows)("%s", (_what, before, after) => {
    expect(told(before, after)).toEqual([]);
  });
});

describe("diffInventories with a probe that did not answer", () => {
  test("takes nothing for gone, and says what could not be compared", () => {
    const before = inventoryWith({ ...memory(dimm("A1", "S1")), disks: [disk("D1")] }, [
      { probe: "dmidecode", status: "ok", durationMs: 1 },
      { probe: "lsblk", status: "ok", durationMs: 1 },
    ]);
    const after = inventoryWith({ disks: [disk("D2")] }, [
      { probe: "dmidecode", status: "timed-out", durationMs: 1, reason: "no answer in 20 s" },
      { probe: "lsblk", status: "ok", durationMs: 1 },
    ]);
    const { changes, notCompared } = diffInventories(before, after);
    expect(changes.map((one) => one.part)).toEqual(["disk", "disk"]);
    expect(notCompared).toEqual(["dmidecode of this run: no answer in 20 s"]);
  });

  test("a probe that an older inventory never asked is no comparison either", () => {
    const after = inventoryWith({ psus: [{ name: "PSU1" }] }, [{ probe: "ipmitool", status: "ok", durationMs: 1 }]);
    const { changes, notCompared } = diffInventories(inventoryWith({}), after);
    expect([changes, notCompared]).toEqual([[], ["ipmitool of the previous run: not asked"]]);
  });
});

test("diffInventories compares as many parts as a server may claim, well within a test's time", () => {
  const many = (letter: string) => ({ disks: Array.from({ length: 20_000 }, (_, i) => disk(`${letter}${i}`)) });
  const { changes } = diffInventories(inventoryWith(many("D")), inventoryWith(many("E")));
  expect(changes).toHaveLength(40_000);
});
