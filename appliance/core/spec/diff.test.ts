/** Tests of the comparison with the expected spec: sentences as a technician reads them. */
import { describe, expect, test } from "bun:test";
import type { DiskFacts } from "../../../agent/wire/hardware/disks.ts";
import type { Hardware, Inventory } from "../../../agent/wire/inventory.ts";
import { inventoryWith, withParts } from "../../../test/setup/inventory.ts";
import { diffSpec } from "./diff.ts";
import { worstDifference } from "./difference.ts";
import { parseSpec, type Spec } from "./spec.ts";

const GIB = 2 ** 30;

const dimm = (slot: string, sizeBytes: number | null) =>
  sizeBytes === null ? { slot, populated: false } : { slot, populated: true, sizeBytes };

const memoryOf = (dimms: Hardware["memory"]["dimms"], visibleBytes?: number): Hardware["memory"] => ({
  installedBytes: dimms.reduce((sum, one) => sum + (one.sizeBytes ?? 0), 0),
  slotCount: dimms.length,
  populatedCount: dimms.filter((one) => one.populated).length,
  dimms,
  ...(visibleBytes === undefined ? {} : { visibleBytes }),
});

const disk = (name: string, serial: string, rest: Partial<DiskFacts> = {}): DiskFacts => ({
  name,
  serial,
  model: "SAMSUNG MZ7LH480",
  sizeBytes: 480_103_981_056,
  rotational: false,
  transport: "sata",
  ...rest,
});

const GOOD = inventoryWith(
  {
    board: { manufacturer: "Supermicro", product: "SYS-6019P", serial: "A123" },
    cpu: { model: "Intel(R) Xeon(R) Silver 4210", socketCount: 2, coreCount: 20, threadCount: 40, sockets: [] },
    memory: memoryOf(
      [dimm("A1", 16 * GIB), dimm("A2", 16 * GIB), dimm("B1", 16 * GIB), dimm("B2", 16 * GIB)],
      62 * GIB,
    ),
    disks: [disk("sda", "S1"), disk("sdb", "S2")],
    nics: [
      { name: "eno1", mac: "52:54:00:00:00:01", linkUp: true, speedMbps: 1000, boot: true },
      { name: "eno2", mac: "52:54:00:00:00:02", linkUp: true, speedMbps: 10_000, boot: false },
    ],
  },
  ["dmidecode", "lscpu", "lsblk", "sysfs"].map((probe) => ({ probe, status: "ok", durationMs: 5 })),
);

const specFrom = (yaml: string): Spec => {
  const answer = parseSpec(yaml);
  if (!answer.ok) throw new Error(answer.refusal.detail);
  return answer.value;
};

const SPEC = specFrom(`
board: { manufacturer: supermicro, product: SYS-6019P, serial: A123 }
cpu: { model: "Intel(R)  Xeon(R) Silver 4210", sockets: 2, cores: 20, threads: 40 }
memory: { total: 64 GiB, dimms: 4 }
disks:
  - { serial: S1, size: 480 GB, model: SAMSUNG MZ7LH480, rotational: false, transport: sata }
  - { serial: S2, size: 480 GB, model: SAMSUNG MZ7LH480, rotational: false, transport: sata }
nics:
  - { mac: "52:54:00:00:00:01", speedMbps: 1000 }
  - { mac: "52:54:00:00:00:02", speedMbps: 1000 }
`);

/** Differences as lines: `severity code component: message`. */
const lines = (
  { probes, ...parts }: Partial<Hardware> & { readonly probes?: Inventory["probes"] },
  spec: Spec | null = SPEC,
): readonly string[] =>
  diffSpec(spec, { ...withParts(GOOD, parts), probes: probes ?? GOOD.probes }).map(
    (one) => `${one.severity} ${one.code} ${one.component}: ${one.message}`,
  );

const failedProbe = (probe: string, status: "timed-out" | "tool-absent", reason?: string): Inventory["probes"] => [
  { probe, status, durationMs: 1, ...(reason === undefined ? {} : { reason }) },
];

describe("diffSpec", () => {
  test("finds nothing in a server that is as expected, spaces and capitals aside", () => {
    expect(diffSpec(SPEC, GOOD)).toEqual([]);
  });

  test("without a spec says that nothing was compared", () => {
    expect(lines({}, null)).toMatchInlineSnapshot(`
      [
        "warning spec-absent spec: This host has no expected spec, so nothing was compared. Write one, and the next run is compared with it.",
      ]
    `);
  });

  test("compares only what the spec names", () => {
    expect(lines({}, specFrom("cpu: { sockets: 2 }"))).toEqual([]);
  });

  test("knows another server by its board", () => {
    expect(lines({ board: { manufacturer: "Dell", product: "R430", serial: "B9" } })).toMatchInlineSnapshot(`
      [
        "critical board-serial board: The serial of the board is B9, not A123. Another server is cabled here, or a replaced board was not given its serial.",
        "critical board-product board: The product of the board is R430, not SYS-6019P. Another server is cabled here, or its board was replaced by another kind.",
        "warning board-manufacturer board: The manufacturer of the board is Dell, not supermicro. The firmware of a replaced board may name its maker otherwise.",
      ]
    `);
  });

  test("counts processors", () => {
    expect(
      lines({ cpu: { ...GOOD.hardware.cpu, model: "Xeon E5", socketCount: 1, coreCount: 10, threadCount: 10 } }),
    ).toMatchInlineSnapshot(`
      [
        "critical cpu-sockets-fewer cpu: The number of CPU sockets is 1, not 2. A processor is missing, not seated, or failed the firmware's own test.",
        "critical cpu-cores-fewer cpu: The number of CPU cores is 10, not 20. Cores are switched off in the firmware, or a processor is missing or another.",
        "critical cpu-threads-fewer cpu: The number of CPU threads is 10, not 40. Hyper-threading is switched off, as after a reset of the firmware's settings.",
        "warning cpu-model cpu: The model of the CPU is “Xeon E5”, not “Intel(R)  Xeon(R) Silver 4210”. Another processor was fitted; its speed and features differ.",
      ]
    `);
    expect(
      lines({ cpu: { ...GOOD.hardware.cpu, socketCount: 4, coreCount: 40, threadCount: 80 } }),
    ).toMatchInlineSnapshot(`
      [
        "warning cpu-sockets-more cpu: The number of CPU sockets is 4, not 2. A processor was added since the spec was written.",
        "warning cpu-cores-more cpu: The number of CPU cores is 40, not 20. Another processor was fitted since the spec was written.",
        "warning cpu-threads-more cpu: The number of CPU threads is 80, not 40. Hyper-threading was switched on, or another processor fitted.",
      ]
    `);
  });

  test("names the slot of a missing module", () => {
    const dimms = [dimm("A1", 16 * GIB), dimm("A2", 16 * GIB), dimm("B1", 16 * GIB), dimm("B2", null)];
    expect(lines({ memory: memoryOf(dimms) })).toMatchInlineSnapshot(`
      [
        "critical dimms-fewer slot B2: Memory is 48 GiB, not 64 GiB. The number of memory modules is 3, not 4. Slot B2 is empty. A module is missing, not seated, or was switched off by the firmware after errors.",
      ]
    `);
  });

  test("names the module that is smaller than the others", () => {
    const dimms = [dimm("A1", 16 * GIB), dimm("A2", 8 * GIB), dimm("B1", 16 * GIB), dimm("B2", 16 * GIB)];
    expect(lines({ memory: memoryOf(dimms) })).toMatchInlineSnapshot(`
      [
        "critical memory-less memory: Memory is 56 GiB, not 64 GiB. No slot is empty, but these modules are smaller than the others: A2 (8 GiB). A module is missing, not seated, or was switched off by the firmware after errors.",
      ]
    `);
  });

  test("sees modules that are installed and out of use, and more than expected", () => {
    expect(lines({ memory: { ...GOOD.hardware.memory, visibleBytes: 31 * GIB } })).toMatchInlineSnapshot(`
      [
        "critical memory-unusable memory: All 64 GiB are installed, but the kernel sees only 31 GiB. The firmware has taken modules out of use after errors, or mirrors them; its event log says which.",
      ]
    `);
    const five = [...GOOD.hardware.memory.dimms, dimm("C1", 1)];
    expect(lines({ memory: memoryOf(five) })).toMatchInlineSnapshot(`
      [
        "warning dimms-more memory: Memory is 68719476737 bytes, not 68719476736 bytes. The number of memory modules is 5, not 4. Modules were added since the spec was written.",
      ]
    `);
  });

  test("falls back to what the kernel sees, and says so", () => {
    const unread = { slotCount: 0, populatedCount: 0, dimms: [] };
    const onlyTotal = specFrom("memory: { total: 64 GiB }");
    expect(lines({ memory: { ...unread, visibleBytes: 62 * GIB } }, onlyTotal)).toMatchInlineSnapshot(`
      [
        "info memory-estimated memory: The modules could not be read; the 62 GiB that the kernel sees fit the 64 GiB expected. The kernel keeps a part for itself, so a small module could be missing unnoticed.",
      ]
    `);
    expect(lines({ memory: { ...unread, visibleBytes: 46 * GIB } }, onlyTotal)).toMatchInlineSnapshot(`
      [
        "critical memory-less memory: Memory is 46 GiB, not 64 GiB. A module is missing, not seated, or was switched off by the firmware after errors.",
      ]
    `);
    expect(lines({ memory: { ...unread, visibleBytes: 94 * GIB } }, onlyTotal)[0]).toStartWith("warning memory-more");
    const sizeless = {
      ...GOOD.hardware.memory,
      dimms: GOOD.hardware.memory.dimms.map(({ slot }) => ({ slot, populated: true })),
    };
    expect(lines({ memory: sizeless }, onlyTotal)[0]).toStartWith("info memory-estimated");
  });

  test("names a disk that is missing", () => {
    expect(lines({ disks: [disk("sda", "S1")] })).toMatchInlineSnapshot(`
      [
        "critical disk-missing disk S2: The disk S2 is missing. It is dead, not seated, or its cable or slot is at fault.",
      ]
    `);
  });

  test("takes an unknown disk in the place of a missing one for a swap, the most alike first", () => {
    const small = disk("sdb", "X1", { sizeBytes: 64_023_257_088 });
    const alike = disk("sdc", "X2");
    expect(lines({ disks: [disk("sda", "S1"), small, alike] })).toMatchInlineSnapshot(`
      [
        "critical disk-swapped disk S2: The disk S2 is missing, while an unknown one is present (disk X2: sdc, 480 GB, SAMSUNG MZ7LH480): swapped? If the disk was replaced, put the new serial in the spec; otherwise find out whose it is.",
        "warning disk-unexpected disk X1: The spec does not name this disk: sdb, 64 GB, SAMSUNG MZ7LH480. It may hold somebody's data. No test writes to it.",
        "warning disk-unexpected disk X2: The spec does not name this disk: sdc, 480 GB, SAMSUNG MZ7LH480. It may hold somebody's data. No test writes to it.",
      ]
    `);
    expect(lines({ disks: [small, alike] }).filter((line) => line.includes("swapped?"))).toHaveLength(2);
    const { serial: _, ...nameless } = disk("sdb", "");
    expect(lines({ disks: [disk("sda", "S1"), nameless] })).toMatchInlineSnapshot(`
      [
        "critical disk-swapped disk S2: The disk S2 is missing, while an unknown one is present (disk sdb: sdb, 480 GB, SAMSUNG MZ7LH480): swapped? If the disk was replaced, put the new serial in the spec; otherwise find out whose it is.",
        "warning disk-unexpected disk sdb: The spec does not name this disk: sdb, 480 GB, SAMSUNG MZ7LH480. It may hold somebody's data. No test writes to it.",
      ]
    `);
  });

  test("compares a disk with its own expectation", () => {
    const other = disk("sdb", "S2", { sizeBytes: 240_057_409_536, model: "MZ7", rotational: true, transport: "sas" });
    expect(lines({ disks: [disk("sda", "S1"), other] })).toMatchInlineSnapshot(`
      [
        "critical disk-size disk S2: The size of disk S2 is 240 GB (240057409536 bytes), not 480 GB. A part of it is hidden (host protected area, NVMe namespace), or the spec means another model.",
        "warning disk-kind disk S2: The kind of disk S2 is hard disk, not solid-state disk. A hard disk and a solid-state disk were confused, or a RAID controller hides which it is.",
        "warning disk-model disk S2: The model of disk S2 is MZ7, not “SAMSUNG MZ7LH480”. Resellers and firmware rename models; see that it is the part ordered.",
        "warning disk-transport disk S2: The transport of disk S2 is sas, not sata. It hangs on another controller or port than planned.",
      ]
    `);
    const exact = specFrom("disks: [{ serial: S1, sizeBytes: 480103981057 }]");
    expect(lines({ disks: [disk("sda", "S1")] }, exact)).toMatchInlineSnapshot(`
      [
        "critical disk-size disk S1: The size of disk S1 is 480 GB (480103981056 bytes), not 480 GB (480103981057 bytes). A part of it is hidden (host protected area, NVMe namespace), or the spec means another model.",
      ]
    `);
  });

  test("mentions disks that nobody expected, and serials that occur twice", () => {
    expect(
      lines({ disks: [...GOOD.hardware.disks, disk("sdc", "S2"), disk("sdd", "U1", { transport: "usb" })] }),
    ).toMatchInlineSnapshot(`
      [
        "warning disk-serial-twice disk S2: 2 disks (sdb, 480 GB, SAMSUNG MZ7LH480; sdc, 480 GB, SAMSUNG MZ7LH480) give the serial S2. Two paths lead to one disk, or a bridge gives every disk its own serial.",
        "warning disk-unexpected disk U1: The spec does not name this disk: sdd, 480 GB, SAMSUNG MZ7LH480. It may hold somebody's data. No test writes to it.",
      ]
    `);
  });

  test("compares network interfaces by MAC and link", () => {
    expect(
      lines({ nics: [{ name: "eno1", mac: "52:54:00:00:00:01", linkUp: true, speedMbps: 100, boot: true }] }),
    ).toMatchInlineSnapshot(`
      [
        "critical nic-missing NIC 52:54:00:00:00:02: The network interface 52:54:00:00:00:02 is missing. The card is not seated, the port is switched off in the firmware, or the board was replaced.",
        "warning nic-slower NIC 52:54:00:00:00:01: The speed of NIC 52:54:00:00:00:01 is 100 Mb/s; wanted is at least 1000 Mb/s. Cable, transceiver or switch port agreed on less.",
      ]
    `);
    const down = { name: "eno1", mac: "52:54:00:00:00:01", linkUp: false, boot: true };
    const usb = { name: "usb0", driver: "cdc_ether", boot: false };
    expect(lines({ nics: [down, ...GOOD.hardware.nics.slice(1), usb] })).toMatchInlineSnapshot(`
      [
        "warning nic-link-down NIC 52:54:00:00:00:01: The speed of NIC 52:54:00:00:00:01 cannot be told: link down; wanted is at least 1000 Mb/s. No cable, a dead transceiver, or a switch port that is off.",
        "warning nic-unexpected NIC usb0: The spec does not name this network interface: usb0, cdc_ether. A card was added, or the management controller shows one of its own.",
      ]
    `);
  });

  test("never takes what was not measured for equal", () => {
    const nothing: Partial<Hardware> = {
      board: {},
      cpu: { socketCount: 0, coreCount: 0, threadCount: 0, sockets: [] },
      memory: { slotCount: 0, populatedCount: 0, dimms: [] },
    };
    expect(
      lines({ ...nothing, probes: failedProbe("dmidecode", "timed-out", "It was killed after 20 s.") }),
    ).toMatchInlineSnapshot(`
      [
        "critical not-measured board: Expected serial A123, but it was not measured (dmidecode: It was killed after 20 s). It may be right or wrong; nobody knows.",
        "critical not-measured board: Expected product SYS-6019P, but it was not measured (dmidecode: It was killed after 20 s). It may be right or wrong; nobody knows.",
        "critical not-measured cpu: Expected number of CPU sockets 2, but it was not measured (lscpu does not say). It may be right or wrong; nobody knows.",
        "critical not-measured cpu: Expected number of CPU cores 20, but it was not measured (lscpu does not say). It may be right or wrong; nobody knows.",
        "critical not-measured cpu: Expected number of CPU threads 40, but it was not measured (lscpu does not say). It may be right or wrong; nobody knows.",
        "critical not-measured memory: Expected 64 GiB, but it was not measured (dmidecode: It was killed after 20 s). It may be right or wrong; nobody knows.",
        "critical not-measured memory: Expected 4 modules, but it was not measured (dmidecode: It was killed after 20 s). It may be right or wrong; nobody knows.",
        "warning not-measured board: Expected manufacturer supermicro, but it was not measured (dmidecode: It was killed after 20 s). It may be right or wrong; nobody knows.",
        "warning not-measured cpu: Expected model Intel(R)  Xeon(R) Silver 4210, but it was not measured (lscpu does not say). It may be right or wrong; nobody knows.",
      ]
    `);
    expect(lines({ disks: [], probes: failedProbe("lsblk", "tool-absent") })).toMatchInlineSnapshot(`
      [
        "critical not-measured disks: Expected 2 disks, but it was not measured (lsblk: tool-absent). It may be right or wrong; nobody knows.",
      ]
    `);
    expect(lines({ nics: [], probes: failedProbe("sysfs", "timed-out") })).toMatchInlineSnapshot(`
      [
        "critical not-measured network interfaces: Expected 2 network interfaces, but it was not measured (sysfs: timed-out). It may be right or wrong; nobody knows.",
      ]
    `);
    const silent: DiskFacts = { name: "sda", serial: "S1", sizeBytes: 0 };
    expect(lines({ disks: [silent, disk("sdb", "S2")] }).map((line) => line.split(" (")[0])).toMatchInlineSnapshot(`
      [
        "critical not-measured disk S1: Expected size 480 GB, but it was not measured",
        "warning not-measured disk S1: Expected kind solid-state disk, but it was not measured",
        "warning not-measured disk S1: Expected model SAMSUNG MZ7LH480, but it was not measured",
        "warning not-measured disk S1: Expected transport sata, but it was not measured",
      ]
    `);
    const speedless = GOOD.hardware.nics.map(({ speedMbps: _, ...nic }) => nic);
    expect(lines({ nics: speedless }).filter((line) => line.startsWith("warning not-measured NIC"))).toHaveLength(2);
  });
});

test("worstDifference is the first of the gravest, with the number of its equals", () => {
  expect(worstDifference([])).toBeNull();
  expect(worstDifference(diffSpec(null, GOOD))).toMatchInlineSnapshot(
    `"This host has no expected spec, so nothing was compared. Write one, and the next run is compared with it."`,
  );
  const both = diffSpec(SPEC, withParts(GOOD, { disks: [], nics: [] }));
  expect(worstDifference(both)).toMatchInlineSnapshot(
    `"The disk S1 is missing. It is dead, not seated, or its cable or slot is at fault. (And 3 more that are critical.)"`,
  );
  expect(worstDifference(both.toReversed())).toContain("And 3 more that are critical");
});
