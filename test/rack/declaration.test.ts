import { expect, test } from "bun:test";
import { join } from "node:path";
import { decodeServer, parseDeclarations } from "./declaration.ts";
import type { DiskSpec } from "./declared-disk.ts";
import { RackRefusal } from "./refusal.ts";

const refusalOf = (act: () => unknown): RackRefusal => {
  try {
    act();
  } catch (cause) {
    if (cause instanceof RackRefusal) return cause;
    throw cause;
  }
  throw new Error("was not refused");
};

const DEFAULTED_DISK: DiskSpec = {
  ...{ serial: "D1", size: 67_108_864, bus: "sata", content: [] },
  faults: { ioErrors: [], stalled: false, dead: false, warnings: [] },
};

test("decodeServer fills in the defaults", () => {
  expect(
    decodeServer({ name: "s1", firmware: "bios", disks: [{ serial: "D1", size: "64 MiB", bus: "sata" }] }),
  ).toEqual({
    name: "s1",
    firmware: "bios",
    memoryMiB: 1024,
    cpus: 2,
    cpuModel: "EPYC",
    slots: [],
    disks: [DEFAULTED_DISK],
    nics: [],
    psus: [],
    smbios: { manufacturer: "Vetbox", product: "Virtual server", dimms: [], oemStrings: [] },
    boot: ["network", "disk"],
  });
});

const slot = { number: 1, name: "PCIe Slot 1" };
const disk = { serial: "D1", size: "1 GiB", bus: "sata" };
test.each([
  [{ name: undefined }, "name"],
  [{ name: "S 1" }, "name"],
  [{ name: "../s1" }, "name"],
  [{ firmware: "coreboot" }, "firmware"],
  [{ memory: 5 }, "memory"],
  [{ memoryMiB: 1.5 }, "memoryMiB"],
  [{ cpuModel: "EPYC -monitor stdio" }, "cpuModel"],
  [{ boot: [] }, "boot"],
  [{ clock: "yesterday" }, "clock"],
  [{ nics: [{ mac: "52:54:00:00:00" }] }, "nics.0.mac"],
  [{ nics: [{ mac: "53:54:00:00:00:01" }] }, "nics.0.mac"],
  [{ nics: [{ mac: "52:54:00:00:00:01" }, { mac: "52:54:00:00:00:01" }] }, "nics.1.mac"],
  [{ disks: [{ ...disk, serial: "../../etc" }] }, "disks.0.serial"],
  [{ disks: [{ ...disk, serial: "123456789012345678901" }] }, "disks.0.serial"],
  [{ disks: [{ ...disk, size: "64 MB" }] }, "disks.0.size"],
  [{ disks: [disk, disk] }, "disks.1.serial"],
  [{ disks: [{ ...disk, bus: "virtio", model: "X" }] }, "disks.0.model"],
  [{ disks: [{ ...disk, bus: "nvme", rotational: true }] }, "disks.0.rotational"],
  [{ disks: [{ ...disk, bus: "scsi", model: "12345678901234567" }] }, "disks.0.model"],
  [{ disks: Array.from({ length: 7 }, (_, i) => ({ ...disk, serial: `D${i}` })) }, "disks"],
  [{ disks: [{ ...disk, bus: "nvme", firmware: "1" }] }, "disks.0.firmware"],
  [{ disks: [{ ...disk, bus: "sas", firmware: "12345" }] }, "disks.0.firmware"],
  [{ disks: Array.from({ length: 9 }, (_, i) => ({ ...disk, serial: `D${i}`, bus: "sas" })) }, "disks"],
  [
    {
      disks: [
        { ...disk, label: "twin" },
        { ...disk, label: "twin" },
      ],
    },
    "disks.1.label",
  ],
  [{ disks: [disk, { ...disk, serial: "D2", label: "D1" }] }, "disks.1.label"],
  [{ disks: [{ ...disk, readOnly: true }] }, "disks.0.readOnly"],
  [{ disks: [{ ...disk, bus: "nvme", drive: {} }] }, "disks.0.drive"],
  [{ disks: [{ ...disk, bus: "sas", drive: {}, faults: { stalled: true } }] }, "disks.0.faults"],
  [{ disks: [{ ...disk, faults: { stalled: true } }] }, "disks.0.faults"],
  [{ disks: [{ ...disk, bus: "sas", drive: {}, readOnly: true }] }, "disks.0.drive"],
  [{ disks: [{ ...disk, faults: { warnings: ["spare"] } }] }, "disks.0.faults"],
  [{ disks: [{ ...disk, faults: { ioErrors: [{ at: "1 GiB", length: "512 B" }] } }] }, "disks.0.faults"],
  [{ disks: [{ ...disk, faults: { ioErrors: [{ at: "0 B", length: "4 MiB" }] } }] }, "disks.0.faults"],
  [{ disks: [{ ...disk, faults: { ioErrors: [{ at: "100 B", length: "512 B" }] } }] }, "disks.0.faults.ioErrors.0.at"],
  [{ disks: [{ ...disk, content: "ext5" }] }, "disks.0.content"],
  [{ disks: [{ ...disk, content: { kind: "text", at: "-2 GiB", text: "x" } }] }, "disks.0.content"],
  [{ nics: [{ mac: "52:54:00:00:00:01", cable: { lossPercent: 101 } }] }, "nics.0.cable.lossPercent"],
  [{ bmc: { sel: [{ event: "party" }] } }, "bmc.sel.0.event"],
  [
    { bmc: { sensors: [{ name: "P", kind: "power", reading: 4, script: [{ atS: 1, reading: 5 }] }] } },
    "bmc.sensors.0.script",
  ],
  [{ nics: [{ mac: "52:54:00:00:00:01", slot: 1 }] }, "nics.0.slot"],
  [{ slots: [slot, slot] }, "slots.1.number"],
  [{ slots: [{ ...slot, number: 13 }] }, "slots.0.number"],
  [
    {
      slots: [slot],
      nics: [
        { mac: "52:54:00:00:00:01", slot: 1 },
        { mac: "52:54:00:00:00:02", slot: 1 },
      ],
    },
    "nics.1.slot",
  ],
  [{ psus: [{ name: "PSU1" }, { name: "PSU1" }] }, "psus.1.name"],
  [{ bmc: { firmware: "2.5" } }, "bmc.firmware"],
  [{ bmc: { firmware: "128.00" } }, "bmc.firmware"],
  [{ bmc: { sensors: [{ name: "FAN1", kind: "fan", reading: 4250 }] } }, "bmc.sensors.0.reading"],
  [
    { bmc: { sensors: [{ name: "CPU1", kind: "temperature", reading: 40, upperCritical: 256 }] } },
    "bmc.sensors.0.upperCritical",
  ],
  [{ smbios: { dimms: [{ slot: "A1", serial: "S" }] } }, "smbios.dimms.0.serial"],
  [{ smbios: { dimms: [{ slot: "A1", size: "512 KiB" }] } }, "smbios.dimms.0.size"],
  [{ smbios: { product: "two\nlines" } }, "smbios.product"],
  [{ smbios: { uuid: "1234" } }, "smbios.uuid"],
])("decodeServer refuses %j at %s", (part, place) => {
  const refusal = refusalOf(() => decodeServer({ name: "s1", firmware: "bios", ...part }));
  expect([refusal.code, refusal.place]).toEqual(["invalid", place]);
});

const YAML = `servers:
  - name: s1
    firmware: bios
    disks:
      - { serial: D1, size: 1 MiB, bus: sata }
`;

test("parseDeclarations reads YAML and JSON alike, as written", () => {
  const declared = [
    { name: "s1", firmware: "bios" as const, disks: [{ serial: "D1", size: "1 MiB", bus: "sata" as const }] },
  ];
  expect(parseDeclarations(YAML, "a.yaml")).toEqual(declared);
  expect(parseDeclarations(JSON.stringify({ servers: declared }), "a.json")).toEqual(declared);
});

test.each([
  [YAML.replace("sata", "floppy"), "a.yaml:5:41 servers.0.disks.0.bus"],
  [YAML.replace("    firmware: bios\n", ""), "a.yaml:2:5 servers.0.firmware"],
  [YAML.replace("name: s1", 'name: "s1'), "a.yaml:"],
  ["servers: []", "a.yaml:1:10 servers"],
  ["", "a.yaml:1:1"],
])("parseDeclarations names the place in %j", (text, place) => {
  expect(refusalOf(() => parseDeclarations(text, "a.yaml")).place).toStartWith(place);
});

test("the README's declaration is one", async () => {
  const [, yaml = ""] = /```yaml\n([\s\S]*?)```/.exec(await Bun.file(join(import.meta.dir, "README.md")).text()) ?? [];
  expect(parseDeclarations(yaml, "README.md").map(({ disks }) => disks?.length)).toEqual([10]);
});
