/** Notes as technicians write them, against one server and what became of it. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { DimmFacts } from "../../agent/wire/hardware/board.ts";
import type { DiskFacts } from "../../agent/wire/hardware/disks.ts";
import type { NicFacts } from "../../agent/wire/hardware/network.ts";
import type { Hardware } from "../../agent/wire/inventory.ts";
import { inventoryWith } from "../../test/setup/inventory.ts";
import { diffInventories } from "./inventory-changes.ts";
import { matchRepair } from "./repair-match.ts";

const dimm = (slot: string, serial: string | null): DimmFacts =>
  serial === null
    ? { slot, populated: false }
    : { slot, populated: true, sizeBytes: 2 ** 35, configuredMtps: 3200, serial };
const disk = (serial: string, bay?: string): DiskFacts => ({
  ...{ serial, model: "MZ7LH480", sizeBytes: 480_103_981_056, transport: "sata" },
  ...(bay === undefined ? {} : { bay }),
});
const nic = (mac: string, more: Partial<NicFacts> = {}): NicFacts => ({ name: "eth0", mac, boot: false, ...more });

interface Slots {
  readonly dimms?: Readonly<Record<string, string | null>>;
  readonly disks?: readonly DiskFacts[];
}
const DIMMS = {
  CPU1_DIMM_A1: "3740E10A",
  CPU1_DIMM_B2: "3740E20B",
  CPU2_DIMM_A1: "3740F10C",
  CPU2_DIMM_C1: null,
} as const;
const DISKS = [disk("S45PNA0M312345", "1"), disk("S45PNA0M312346", "2"), disk("S45PNA0M312347", "3")];

/** The server; what a test names is otherwise. */
const server = ({ dimms = {}, disks = DISKS }: Slots = {}, more: Partial<Hardware> = {}): Partial<Hardware> => ({
  board: { boardSerial: "BRD-1", uuid: "uuid-1", serial: "7XKQ9Z2" },
  cpu: {
    socketCount: 2,
    coreCount: 40,
    threadCount: 80,
    sockets: [
      { slot: "CPU1", model: "A" },
      { slot: "CPU2", model: "A" },
    ],
  },
  memory: {
    slotCount: 4,
    populatedCount: 3,
    dimms: Object.entries({ ...DIMMS, ...dimms }).map(([slot, one]) => dimm(slot, one)),
  },
  disks: [...disks],
  nics: [nic("e4:43:4b:12:9a:70"), nic("24:8a:07:00:00:10", { slot: "PCIe Slot 3", port: 0 })],
  psus: [
    { name: "PSU1", serial: "PSUAAA1" },
    { name: "PSU2", serial: "PSUAAA2" },
  ],
  fans: [{ name: "FAN1" }, { name: "FAN2" }],
  bmc: { mac: "e4:43:4b:12:9a:7f" },
  firmware: [
    { component: "BIOS", version: "2.19.1" },
    { component: "BMC", version: "6.10" },
    { component: "CPU microcode", version: "0x5003604" },
    { component: "disk S45PNA0M312345", version: "HXT7904Q" },
    { component: "NIC 24:8a:07:00:00:10", version: "16.28" },
  ],
  ...more,
});

const firmware = (changed: Readonly<Record<string, string>>): Partial<Hardware> => ({
  firmware: (server().firmware ?? []).map((one) => ({ ...one, version: changed[one.component] ?? one.version })),
});

const B2 = server({ dimms: { CPU1_DIMM_B2: "NEW00001" } });
const B2_AND_BAY_3 = server({
  dimms: { CPU1_DIMM_B2: "NEW00001" },
  disks: [...DISKS.slice(0, 2), disk("NEWDISK01", "3")],
});
const B2_EMPTY = server({ dimms: { CPU1_DIMM_B2: null } });
const C1_FILLED = server({ dimms: { CPU2_DIMM_C1: "NEW00002" } });
const BOTH_A1 = server({ dimms: { CPU1_DIMM_A1: "NEW00003", CPU2_DIMM_A1: "NEW00004" } });
const MOVED = server({ dimms: { CPU1_DIMM_B2: null, CPU2_DIMM_C1: "3740E20B" } });
const BAY_2 = server({ disks: [DISKS[0] ?? disk("x"), disk("NEWDISK02", "2"), DISKS[2] ?? disk("x")] });
const BAY_2_PULLED = server({ disks: [DISKS[0] ?? disk("x"), DISKS[2] ?? disk("x")] });
const NEW_BOARD = server(
  {},
  {
    board: { boardSerial: "BRD-2", uuid: "uuid-2", serial: "7XKQ9Z2" },
    bmc: { mac: "e4:43:4b:55:00:7f" },
    nics: [nic("e4:43:4b:55:00:70"), nic("24:8a:07:00:00:10", { slot: "PCIe Slot 3", port: 0 })],
    ...firmware({ BIOS: "2.21.2", BMC: "7.0", "CPU microcode": "0x5003605" }),
  },
);
const PSU_2 = server(
  {},
  {
    psus: [
      { name: "PSU1", serial: "PSUAAA1" },
      { name: "PSU2", serial: "PSUBBB9" },
    ],
  },
);
const SLOT_3 = server(
  {},
  { nics: [nic("e4:43:4b:12:9a:70"), nic("24:8a:07:00:00:99", { slot: "PCIe Slot 3", port: 0 })] },
);
const BIOS = server({}, firmware({ BIOS: "2.21.2", "CPU microcode": "0x5003605" }));
const DISK_FIRMWARE = server({}, firmware({ "disk S45PNA0M312345": "HXT7A04Q" }));
const NOTHING = server();

const matched = (note: string, after: Partial<Hardware>, before: Partial<Hardware> = server()) => {
  const found = matchRepair(note, diffInventories(inventoryWith(before), inventoryWith(after)));
  const said = (changes: typeof found.expected) => changes.map((one) => `${one.kind} ${one.part} ${one.where}`);
  return { expected: said(found.expected), unexpected: said(found.unexpected), warnings: found.warnings };
};

const DIMM_B2 = "replaced dimm slot CPU1_DIMM_B2";

describe("matchRepair expects", () => {
  const rows: readonly (readonly [string, Partial<Hardware>, readonly string[]])[] = [
    ["DIMM B2 replaced", B2, [DIMM_B2]],
    ["dimm b2 swapped", B2, [DIMM_B2]],
    ["Replaced CPU1_DIMM_B2", B2, [DIMM_B2]],
    ["B2 replaced", B2, [DIMM_B2]],
    ["new memory module in slot B2", B2, [DIMM_B2]],
    ["RAM stick in B2 exchanged, was throwing ECC errors", B2, [DIMM_B2]],
    ["replaced a memory stick", B2, [DIMM_B2]],
    ["Replaced DIMM 3740E20B", B2, [DIMM_B2]],
    ["replaced dimm with serial ending E20B", B2, [DIMM_B2]],
    ["DIMM B2 replaced with one from rack 7", B2, [DIMM_B2]],
    ["Memory B2 replaced because of uncorrectable errors on CPU2", B2, [DIMM_B2]],
    ["DIMM no. B2 replaced", B2, [DIMM_B2]],
    ["DIMM #B2: replaced", B2, [DIMM_B2]],
    ["DIMM B2 and drive in bay 3 replaced", B2_AND_BAY_3, [DIMM_B2, "replaced disk bay 3"]],
    ["Replaced DIMM B2, disk 3.", B2_AND_BAY_3, [DIMM_B2, "replaced disk bay 3"]],
    ["replaced disk 3; reseated CPU 1; replaced B2", B2_AND_BAY_3, [DIMM_B2, "replaced disk bay 3"]],
    ["both A1 DIMMs replaced", BOTH_A1, ["replaced dimm slot CPU1_DIMM_A1", "replaced dimm slot CPU2_DIMM_A1"]],
    [
      "replaced CPU1_DIMM_A1 & CPU2_DIMM_A1",
      BOTH_A1,
      ["replaced dimm slot CPU1_DIMM_A1", "replaced dimm slot CPU2_DIMM_A1"],
    ],
    ["added 1 x 32GB DIMM in C1", C1_FILLED, ["added dimm slot CPU2_DIMM_C1"]],
    ["memory upgraded", C1_FILLED, ["added dimm slot CPU2_DIMM_C1"]],
    ["reseated DIMM C1", C1_FILLED, ["added dimm slot CPU2_DIMM_C1"]],
    ["removed DIMM B2", B2_EMPTY, ["removed dimm slot CPU1_DIMM_B2"]],
    ["moved DIMM from B2 to C1", MOVED, ["changed dimm slot CPU2_DIMM_C1"]],
    ["Drive in bay 2 replaced", BAY_2, ["replaced disk bay 2"]],
    ["replaced hard drive in slot 2", BAY_2, ["replaced disk bay 2"]],
    ["swapped SSD2", BAY_2, ["replaced disk bay 2"]],
    ["disk S45PNA0M312346 replaced", BAY_2, ["replaced disk bay 2"]],
    ["NEWDISK02 fitted for 312346", BAY_2, ["replaced disk bay 2"]],
    ["disk 2 pulled", BAY_2_PULLED, ["removed disk bay 2"]],
    [
      "motherboard replaced",
      NEW_BOARD,
      [
        ...[
          "replaced board board",
          "changed system system",
          "removed nic NIC e4:43:4b:12:9a:70",
          "added nic NIC e4:43:4b:55:00:70",
        ],
        ...["replaced bmc BMC", "changed firmware BIOS", "changed firmware BMC", "changed firmware CPU microcode"],
      ],
    ],
    ["PSU 2 replaced", PSU_2, ["replaced psu PSU2"]],
    ["right power supply swapped (PSU2)", PSU_2, ["replaced psu PSU2"]],
    ["NIC in PCIe slot 3 replaced", SLOT_3, ["replaced nic PCIe Slot 3 port 0"]],
    ["network card replaced", SLOT_3, ["replaced nic PCIe Slot 3 port 0"]],
    ["card in slot 3 swapped", SLOT_3, ["replaced nic PCIe Slot 3 port 0"]],
    ["BIOS updated to 2.21.2", BIOS, ["changed firmware BIOS", "changed firmware CPU microcode"]],
    ["flashed all firmware", BIOS, ["changed firmware BIOS", "changed firmware CPU microcode"]],
    ["disk firmware updated", DISK_FIRMWARE, ["changed firmware disk S45PNA0M312345"]],
    ["firmware of disk 1 updated", DISK_FIRMWARE, ["changed firmware disk S45PNA0M312345"]],
    ["fan 2 replaced", NOTHING, []],
    ["heat sink cleaned, thermal paste renewed", NOTHING, []],
    ["nothing replaced, only reseated DIMM B2", NOTHING, []],
    ["Ticket INC0012345", NOTHING, []],
  ];
  test.each(rows)("“%s”", (note, after, expected) => {
    expect(matched(note, after)).toEqual({ expected: [...expected], unexpected: [], warnings: [] });
  });
});

describe("matchRepair finds unexpected", () => {
  const rows: readonly (readonly [string, Partial<Hardware>, readonly string[], readonly string[]])[] = [
    ["DIMM B2 replaced", B2_AND_BAY_3, [DIMM_B2], ["replaced disk bay 3"]],
    ["disk 3 replaced, no DIMM touched", B2_AND_BAY_3, ["replaced disk bay 3"], [DIMM_B2]],
    ["fans cleaned", B2, [], [DIMM_B2]],
    ["DIMM B2 reseated", B2, [], [DIMM_B2]],
    ["memory and CPU not replaced", B2, [], [DIMM_B2]],
    ["CPU1_DIMM_A1 replaced", BOTH_A1, ["replaced dimm slot CPU1_DIMM_A1"], ["replaced dimm slot CPU2_DIMM_A1"]],
    ["disk firmware updated", BAY_2, [], ["replaced disk bay 2"]],
    [
      "BIOS updated",
      server({}, firmware({ BIOS: "3", BMC: "7" })),
      ["changed firmware BIOS"],
      ["changed firmware BMC"],
    ],
    ["Ölwechsel, Speicher getauscht", B2, [], [DIMM_B2]],
  ];
  test.each(rows)("“%s”", (note, after, expected, unexpected) => {
    expect(matched(note, after)).toMatchObject({ expected: [...expected], unexpected: [...unexpected] });
  });
});

describe("matchRepair warns", () => {
  const rows: readonly (readonly [string, Partial<Hardware>, string])[] = [
    [
      "DIMM B2 replaced",
      NOTHING,
      "The note says that the memory module in slot CPU1_DIMM_B2 was replaced, but it is the same one (serial 3740E20B).",
    ],
    [
      "DIMM B2 replaced",
      B2_EMPTY,
      "The note says that the memory module in slot CPU1_DIMM_B2 was replaced, but now nothing is there.",
    ],
    ["DIMM C9 replaced", B2, "The note names “C9”, but no memory module is known by that place or serial."],
    ["DIMM added in C1", NOTHING, "The note names “C1”, but no memory module is known by that place or serial."],
    [
      "DIMM B2 added",
      NOTHING,
      "The note says that the memory module in slot CPU1_DIMM_B2 was added, but it was there before.",
    ],
    ["a disk was replaced", NOTHING, "The note says that a disk was replaced, but nothing of that kind came or went."],
    ["GPU added", NOTHING, "The note says that a GPU was added, but nothing of that kind came or went."],
    ["board replaced", NOTHING, "The note says that a board was replaced, but it is the same one (serial BRD-1)."],
    ["PSU 2 pulled", NOTHING, "The note says that the PSU2 was removed, but it is still there."],
    ["BIOS updated", NOTHING, "The note says that the BIOS was updated, but it still is version 2.19.1."],
  ];
  test.each(rows)("“%s”", (note, after, warning) => {
    expect(matched(note, after).warnings).toEqual([warning]);
  });

  test("of each place by itself", () => {
    const { expected, warnings } = matched("DIMMs B2 and A1 replaced", B2);
    expect(expected).toEqual([DIMM_B2]);
    expect(warnings).toEqual([
      "The note says that the memory module in slot CPU1_DIMM_A1 was replaced, but it is the same one (serial 3740E10A).",
    ]);
  });

  test("of nothing where no serial could tell", () => {
    const anonymous = { fans: [{ name: "FAN1" }], psus: [{ name: "PSU1" }] };
    expect(matched("fan 1 and PSU 1 replaced", anonymous, anonymous).warnings).toEqual([]);
  });
});

describe("matchRepair on disks whose bays nobody knows", () => {
  const before = { disks: [disk("AAAA1111"), disk("BBBB2222")] };
  test("takes as many that came as are named for those that went", () => {
    const after = { disks: [disk("AAAA1111"), disk("CCCC3333")] };
    const replaced = ["removed disk disk BBBB2222", "added disk disk CCCC3333"];
    for (const note of ["disk 2 replaced", "disk BBBB2222 replaced", "replaced drive 2222"])
      expect(matched(note, after, before)).toEqual({ expected: replaced, unexpected: [], warnings: [] });
  });

  test("does not take a disk that is gone for one that was replaced", () => {
    expect(matched("disk BBBB2222 replaced", { disks: [disk("AAAA1111")] }, before)).toEqual({
      expected: [],
      unexpected: ["removed disk disk BBBB2222"],
      warnings: ["The note says that the disk BBBB2222 was replaced, but now nothing is there."],
    });
  });
});

test("matchRepair answers any note, and puts each change in one of its two lists", () => {
  const words = [
    "dimm",
    "B2",
    "disk",
    "3",
    "replaced",
    "not",
    "and",
    ",",
    "from",
    "to",
    "#",
    "S45PNA0M312346",
    "board",
    "firmware",
    "\u0000",
  ];
  const note = fc.oneof(
    fc.string({ unit: "binary", maxLength: 500 }),
    fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((list) => list.join(" ")),
  );
  const comparison = diffInventories(inventoryWith(server()), inventoryWith(NEW_BOARD));
  fc.assert(
    fc.property(note, (text) => {
      const { expected, unexpected } = matchRepair(text, comparison);
      expect(expected.length + unexpected.length).toBe(comparison.changes.length);
      expect(new Set([...expected, ...unexpected])).toEqual(new Set(comparison.changes));
    }),
  );
});
