import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import * as v from "valibot";
import type { BlockDisk } from "../../probes/lsblk/parse.ts";
import type { NvmeSeen } from "../../probes/nvme/collect.ts";
import type { DriveReport } from "../../probes/smartctl/collect.ts";
import { parseSmartctl } from "../../probes/smartctl/parse.ts";
import { DiskFacts } from "../../wire/hardware/disks.ts";
import { assembleDisks } from "./disks.ts";
import type { ProbeFacts } from "./probes.ts";

type Sources = Parameters<typeof assembleDisks>[0];
const NONE: Sources = { lsblk: undefined, smartctl: undefined, nvme: undefined, lspci: undefined, smbios: undefined };
const disksOf = (sources: Partial<Sources>) => assembleDisks({ ...NONE, ...sources });

const block = (name: string, fields: Partial<BlockDisk> = {}): BlockDisk => ({ name, sizeBytes: 1_000, ...fields });
/** A drive's report, by what smartctl would print of it. */
const report = (device: string, type: string, document: Record<string, unknown>): DriveReport => {
  const protocol = type === "nvme" ? "NVMe" : type.startsWith("sat") ? "ATA" : "SCSI";
  const text = JSON.stringify({ smartctl: { exit_status: 0 }, device: { name: device, type, protocol }, ...document });
  const parsed = parseSmartctl(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return { device, type, status: "ok", facts: parsed.facts };
};
const nvmeOf = (...drives: NvmeSeen["drives"]): NvmeSeen => ({ drives, health: {} });
const names = (disks: readonly DiskFacts[]) => disks.map((disk) => [disk.name, disk.serial, disk.behind]);

describe("assembleDisks joins", () => {
  test("by name: the kernel's word for size and place, the drive's for itself", () => {
    const lsblk = [
      block("sda", {
        sizeBytes: 8001563222016,
        serial: "ZA1",
        wwn: "0x5000c500a1b2c3d7",
        model: "ST8000NM017B-2TJ",
        firmware: "SN01",
        rotational: false,
        transport: "sas",
        logicalSectorBytes: 512,
        physicalSectorBytes: 4096,
        linkGbps: 3,
        pciAddress: "0000:03:00.0",
        bay: "Slot 04",
        readOnly: false,
        removable: false,
      }),
    ];
    const smartctl = [
      report("/dev/sda", "sat", {
        model_name: "ST8000NM017B-2TJ103",
        serial_number: "ZA1F9ABC",
        firmware_version: "SN01EA03",
        user_capacity: { bytes: 8001563222017 },
        logical_block_size: 4096,
        rotation_rate: 7200,
        form_factor: { name: "3.5 inches" },
        sata_version: { string: "SATA 3.3" },
        interface_speed: {
          current: { units_per_second: 60, bits_per_unit: 100000000 },
          max: { units_per_second: 60, bits_per_unit: 100000000 },
        },
        smart_status: { passed: true },
        temperature: { current: 27 },
        power_on_time: { hours: 10645 },
      }),
    ];
    expect(disksOf({ lsblk, smartctl })).toEqual([
      {
        name: "sda",
        sizeBytes: 8001563222016,
        serial: "ZA1F9ABC",
        wwn: "0x5000c500a1b2c3d7",
        model: "ST8000NM017B-2TJ103",
        firmware: "SN01EA03",
        rotational: true,
        rpm: 7200,
        formFactor: "3.5 inches",
        transport: "sata",
        readOnly: false,
        removable: false,
        logicalSectorBytes: 512,
        physicalSectorBytes: 4096,
        linkGbps: 3,
        maxLinkGbps: 6,
        pciAddress: "0000:03:00.0",
        bay: "Slot 04",
        health: { passed: true, tempC: 27, powerOnHours: 10645 },
      },
    ]);
  });

  test("by serial, whatever its case and blanks, and by WWN, whatever its prefix", () => {
    const lsblk = [block("sda", { serial: "wfk2z0ab" }), block("sdb", { wwn: "0x5000c500a1b2c3db" })];
    const smartctl = [
      report("/dev/sg2", "scsi", { serial_number: " WFK2Z0AB ", smart_status: { passed: true } }),
      report("/dev/sg3", "scsi", { logical_unit_id: "naa.5000C500A1B2C3DB", smart_status: { passed: false } }),
    ];
    expect(disksOf({ lsblk, smartctl }).map((disk) => [disk.name, disk.health?.passed])).toEqual([
      ["sda", true],
      ["sdb", false],
    ]);
  });

  test("a name goes before a serial: a udev that has mixed up two disks mixes up no reports", () => {
    const lsblk = [block("sda", { serial: "B" }), block("sdb", { serial: "A" })];
    const smartctl = [
      report("/dev/sda", "sat", { serial_number: "A" }),
      report("/dev/sdb", "sat", { serial_number: "B" }),
    ];
    expect(names(disksOf({ lsblk, smartctl }))).toEqual([
      ["sda", "A", undefined],
      ["sdb", "B", undefined],
    ]);
  });

  test("two names of one serial number stay two disks", () => {
    const lsblk = [block("sda", { serial: "A" }), block("sdb", { serial: "A" })];
    const smartctl = ["/dev/sda", "/dev/sdb"].map((device) => report(device, "scsi", { serial_number: "A" }));
    expect(names(disksOf({ lsblk, smartctl }))).toEqual([
      ["sda", "A", undefined],
      ["sdb", "A", undefined],
    ]);
  });

  test("a RAID volume stays a disk, and the drives behind it are disks without a name", () => {
    const lsblk = [block("sda", { vendor: "DELL", model: "PERC H730P Mini", serial: "00a1", wwn: "0x6d0946" })];
    const smartctl: DriveReport[] = [
      { device: "/dev/sda", type: "scsi", status: "device-absent", reason: "please try adding '-d megaraid,N'" },
      report("/dev/bus/0", "sat+megaraid,10", { serial_number: "B", user_capacity: { bytes: 480 } }),
      report("/dev/bus/0", "megaraid,9", { serial_number: "C", user_capacity: { bytes: 600 } }),
    ];
    expect(
      disksOf({ lsblk, smartctl }).map((disk) => [disk.name, disk.model, disk.serial, disk.sizeBytes, disk.behind]),
    ).toEqual([
      ["sda", "PERC H730P Mini", "00a1", 1_000, undefined],
      [undefined, undefined, "C", 600, "megaraid,9"],
      [undefined, undefined, "B", 480, "megaraid,10"],
    ]);
  });

  test("a drive that its controller passes through is one disk, not two", () => {
    const lsblk = [block("sda", { serial: "A" }), block("sdb", { serial: "B" })];
    const smartctl = [
      report("/dev/sda", "sat", { serial_number: "A" }),
      report("/dev/bus/0", "sat+megaraid,0", { serial_number: "A" }),
      report("/dev/bus/0", "sat+megaraid,1", { serial_number: "B" }),
    ];
    expect(names(disksOf({ lsblk, smartctl }))).toEqual([
      ["sda", "A", undefined],
      // Only its controller could say it.
      ["sdb", "B", "megaraid,1"],
    ]);
  });

  test("the node of a drive behind a controller is the controller's, and two controllers are told apart", () => {
    const lsblk = [block("sda", { serial: "VOLUME" })];
    const behind = (device: string, type: string, serial: string) => report(device, type, { serial_number: serial });
    expect(names(disksOf({ lsblk, smartctl: [behind("/dev/sda", "cciss,0", "A")] }))).toEqual([
      ["sda", "VOLUME", undefined],
      [undefined, "A", "cciss,0"],
    ]);
    const smartctl = [behind("/dev/bus/0", "megaraid,8", "A"), behind("/dev/bus/1", "megaraid,8", "B")];
    expect(disksOf({ smartctl }).map((disk) => disk.behind)).toEqual([
      "megaraid,8 of /dev/bus/0",
      "megaraid,8 of /dev/bus/1",
    ]);
  });
});

describe("assembleDisks and NVMe", () => {
  const log = { serial_number: "S1", nvme_smart_health_information_log: { temperature: 35, percentage_used: 3 } };

  test("a controller's report is about all of its namespaces, by sysfs or else by their numbers", () => {
    const health = { tempC: 35, wearPercent: 3 };
    const smartctl = [report("/dev/nvme1", "nvme", log)];
    const healths = (...lsblk: readonly BlockDisk[]) => disksOf({ lsblk, smartctl }).map((disk) => disk.health);
    expect(healths(block("nvme1n1"), block("nvme1n2"), block("nvme10n1"))).toEqual([health, health, undefined]);
    expect(
      healths(
        block("nvme0n1", { nvmeControllers: ["nvme1", "nvme2"] }),
        block("nvme1n1", { nvmeControllers: ["nvme3"] }),
      ),
    ).toEqual([health, undefined]);
  });

  test("nvme-cli fills what smartctl left, its health log among it", () => {
    const nvme: NvmeSeen = {
      drives: [
        {
          controllers: ["nvme0"],
          namespaces: [{ name: "nvme0n1", sizeBytes: 5, sectorBytes: 4096 }],
          serial: "S1",
          model: "M",
          firmware: "F",
          pciAddress: "0000:01:00.0",
        },
      ],
      health: { nvme0: { criticalWarning: 4, temperatureC: 40, usedPercent: 9, powerOnHours: 7 } },
    };
    const filled = { serial: "S1", model: "M", firmware: "F", pciAddress: "0000:01:00.0", logicalSectorBytes: 4096 };
    const health = { passed: false, tempC: 40, wearPercent: 9, powerOnHours: 7 };
    expect(disksOf({ lsblk: [block("nvme0n1", { transport: "nvme" })], nvme })).toEqual([
      { name: "nvme0n1", sizeBytes: 1_000, transport: "nvme", ...filled, health },
    ]);
    expect(disksOf({ nvme })).toEqual([{ name: "nvme0n1", sizeBytes: 5, transport: "nvme", ...filled, health }]);
  });

  test("a drive without a namespace is a disk of its controller's name, once", () => {
    const nvme = nvmeOf({ controllers: ["nvme0"], namespaces: [], serial: "S1" });
    const smartctl = [report("/dev/nvme0", "nvme", { ...log, nvme_total_capacity: 3840755982336 })];
    expect(disksOf({ lsblk: [], smartctl, nvme })).toEqual([
      {
        name: "nvme0",
        sizeBytes: 3840755982336,
        serial: "S1",
        transport: "nvme",
        health: { tempC: 35, wearPercent: 3 },
      },
    ]);
  });

  test("the slot of its PCI function is its bay; that of a controller is none", () => {
    const at = (address: string, slot: string) => ({ name: slot, pciAddress: address, occupied: true });
    const sources = {
      lspci: [
        { address: "0000:01:00.0", classId: "0108" },
        { address: "0000:03:00.0", classId: "0107" },
      ],
      smbios: {
        slots: [at("0000:01:00.0", "U.2 Bay 3"), at("0000:03:00.0", "PCIe Slot 1")],
      } as unknown as ProbeFacts["smbios"],
      lsblk: [
        block("nvme0n1", { transport: "nvme", pciAddress: "0000:01:00.0" }),
        block("sda", { transport: "sas", pciAddress: "0000:03:00.0" }),
      ],
    };
    expect(disksOf(sources).map((disk) => disk.bay)).toEqual(["U.2 Bay 3", undefined]);
  });
});

describe("assembleDisks", () => {
  test("the way to the host is the transport, but for SATA behind SAS", () => {
    const of = (kernel: string | undefined, drive: Record<string, unknown>) =>
      disksOf({
        lsblk: [block("sda", kernel === undefined ? {} : { transport: kernel })],
        smartctl: [report("/dev/sda", "sat", drive)],
      })[0]?.transport;
    const sata = { sata_version: { string: "SATA 3.3" } };
    expect([of("usb", sata), of("sas", sata), of("virtio", sata), of(undefined, sata), of("sas", {})]).toEqual([
      "usb",
      "sata",
      "virtio",
      "sata",
      "sas",
    ]);
  });

  test("SCSI's model is without its vendor; a placeholder is no serial number; 0 °C is not measured", () => {
    const smartctl = [
      report("/dev/sda", "scsi", {
        scsi_vendor: "SEAGATE",
        scsi_product: "ST2400MM0159",
        scsi_model_name: "SEAGATE ST2400MM0159",
        serial_number: "00000000",
        temperature: { current: 0 },
        smart_status: { passed: true },
      }),
    ];
    expect(disksOf({ lsblk: [block("sda", { serial: "WFK2Z0AB" })], smartctl })).toEqual([
      {
        name: "sda",
        sizeBytes: 1_000,
        serial: "WFK2Z0AB",
        vendor: "SEAGATE",
        model: "ST2400MM0159",
        health: { passed: true },
      },
    ]);
  });

  test("a report that did not come leaves the kernel's facts", () => {
    const smartctl: DriveReport[] = [{ device: "/dev/sda", type: "sat", status: "timed-out", reason: "hung" }];
    expect(disksOf({ lsblk: [block("sda")], smartctl })).toEqual([{ name: "sda", sizeBytes: 1_000 }]);
    expect(disksOf({})).toEqual([]);
  });

  test("the order is that of the kernel's names, whatever the order of the sources", () => {
    const order = ["nvme0n1", "nvme2n1", "nvme10n1", "sda", "sdb", "sdz", "sdaa", "vda"];
    for (const shuffled of [order, [...order].reverse(), [...order].sort()])
      expect(disksOf({ lsblk: shuffled.map((name) => block(name)) }).map((disk) => disk.name)).toEqual(order);
  });

  test("property: disks fit the wire, none is lost, and the order of the sources says nothing", () => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    const kernelName = fc.constantFrom("sda", "sdb", "nvme0n1", "nvme1n1", "vda");
    const lsblk = fc.uniqueArray(fc.record({ name: kernelName, serial: fc.constantFrom("A", "B") }), {
      selector: (one) => one.name,
    });
    const drive = fc
      .record({
        device: fc.constantFrom("/dev/sda", "/dev/sdc", "/dev/nvme0", "/dev/bus/0", "/dev/sg1"),
        type: fc.constantFrom("sat", "scsi", "nvme", "megaraid,3", "sat+megaraid,4"),
        serial_number: fc.oneof(fc.constantFrom("A", "B", "C"), text),
        model_name: text,
        temperature: fc.record({ current: fc.double() }),
        user_capacity: fc.record({ bytes: fc.double() }),
      })
      .map(({ device, type, ...document }) => report(device, type, document));
    fc.assert(
      fc.property(lsblk, fc.array(drive, { maxLength: 4 }), (rows, smartctl) => {
        const blocks = rows.map(({ name, serial }) => block(name, { serial }));
        const disks = disksOf({ lsblk: blocks, smartctl });
        expect(v.parse(v.array(DiskFacts), disks)).toEqual(disks);
        for (const { name } of blocks) expect(disks.filter((disk) => disk.name === name).length).toBeGreaterThan(0);
        expect(disksOf({ lsblk: [...blocks].reverse(), smartctl })).toEqual(disks);
      }),
    );
  });
});
