/** The sections of a spec that list parts: disks, network interfaces, PCI functions, GPUs, power supplies. One table each. Pure. */
import type { DiskFacts } from "../../../agent/wire/hardware/disks.ts";
import type { PsuFacts } from "../../../agent/wire/hardware/management.ts";
import type { NicFacts } from "../../../agent/wire/hardware/network.ts";
import type { GpuFacts, PciFacts } from "../../../agent/wire/hardware/pci.ts";
import type { Hardware } from "../../../agent/wire/inventory.ts";
import { renderDisk } from "../words.ts";
import type { DifferenceCode } from "./difference.ts";
import { FIRMWARE, type Fields, field } from "./field.ts";
import { PSU } from "./sections.ts";

/** A section whose entries are parts, each known by an identity or counted with its likes. */
export interface ListSection<Part> {
  readonly fields: Fields<Part>;
  /** Keys that tell one part from all others, the best first. An entry with none of them is a group. */
  readonly identities: readonly string[];
  /** Identities that no two entries may share. */
  readonly unique: readonly string[];
  readonly noun: readonly [one: string, many: string];
  readonly probe: string;
  readonly parts: (hardware: Hardware) => readonly Part[];
  /** What a difference calls the part: `disk S6PW1234`. */
  readonly name: (part: Part) => string;
  readonly describe: (part: Part) => string;
  readonly missing: DifferenceCode;
  readonly fewer: DifferenceCode;
  /** A part that no entry names; absent where the list need not be whole. */
  readonly unexpected?: DifferenceCode;
  /** More than wanted of parts that are alike, where the list need not be whole. */
  readonly more?: DifferenceCode;
  /** A missing part with an unnamed one in its place. */
  readonly swapped?: DifferenceCode;
  /** Two parts that give the same identity. */
  readonly twice?: DifferenceCode;
}

const joined = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((one) => one !== undefined && one !== "").join(", ");

/** As lsblk names them in its TRAN column. */
const TRANSPORTS = ["sata", "sas", "nvme", "usb", "virtio", "mmc", "spi", "fc", "iscsi"];

const DISK: Fields<DiskFacts> = {
  serial: field("serial", "serial", "lsblk", (d) => d.serial, "disk-part"),
  wwn: field("text", "WWN", "lsblk", (d) => d.wwn, "disk-part"),
  bay: field("text", "bay", "lsblk", (d) => d.bay, "disk-place"),
  size: field("disk", "size", "lsblk", (d) => d.sizeBytes || undefined, "disk-size", { same: "sizeBytes" }),
  sizeBytes: field("count", "size", "lsblk", (d) => d.sizeBytes || undefined, "disk-size", {
    same: "size",
    show: (bytes) => `${renderDisk(Number(bytes))} (${bytes} bytes)`,
  }),
  rotational: field("flag", "kind", "lsblk", (d) => d.rotational, "disk-kind", {
    show: (rotates) => (rotates === true ? "hard disk" : "solid-state disk"),
  }),
  model: field("text", "model", "lsblk", (d) => d.model, "disk-model"),
  vendor: field("text", "vendor", "lsblk", (d) => d.vendor, "disk-model"),
  transport: field("text", "transport", "lsblk", (d) => d.transport, "disk-transport", { values: TRANSPORTS }),
  firmware: field("version", "firmware", "lsblk", (d) => d.firmware, FIRMWARE),
  formFactor: field("text", "form factor", "smartctl", (d) => d.formFactor, "disk-part"),
  rpm: field("count", "speed of rotation", "smartctl", (d) => d.rpm, "disk-part", { unit: "rpm" }),
  logicalSectorBytes: field("count", "logical sector", "lsblk", (d) => d.logicalSectorBytes, "disk-part", {
    unit: "bytes",
  }),
  physicalSectorBytes: field("count", "physical sector", "lsblk", (d) => d.physicalSectorBytes, "disk-part", {
    unit: "bytes",
  }),
};

const NIC: Fields<NicFacts> = {
  mac: field("text", "MAC address", "sysfs", (n) => n.mac, "nic-part"),
  slot: field("text", "slot", "lspci", (n) => n.slot, "nic-place"),
  pciAddress: field("text", "PCI address", "sysfs", (n) => n.pciAddress, "nic-place"),
  port: field("figure", "port on its card", "sysfs", (n) => n.port, "nic-place"),
  model: field("text", "model", "lspci", (n) => n.model, "nic-part"),
  vendor: field("text", "vendor", "lspci", (n) => n.vendor, "nic-part"),
  driver: field("text", "driver", "sysfs", (n) => n.driver, "nic-part"),
  firmware: field("version", "firmware", "ethtool", (n) => n.firmware, FIRMWARE),
  speedMbps: field("count", "speed", "sysfs", (n) => n.speedMbps, "nic-slower", {
    least: true,
    unit: "Mb/s",
    instead: (n) => (n.linkUp === false ? { code: "nic-link-down", found: "link down" } : undefined),
  }),
  maxSpeedMbps: field("count", "top speed", "ethtool", (n) => n.maxSpeedMbps, "nic-part", {
    least: true,
    unit: "Mb/s",
  }),
  duplex: field("text", "duplex", "sysfs", (n) => n.duplex, "nic-slower"),
  neighbour: field("text", "switch", "lldp", (n) => n.neighbour?.system, "nic-neighbour"),
  neighbourPort: field("text", "switch port", "lldp", (n) => n.neighbour?.portId, "nic-neighbour"),
};

const LINK = { less: "pci-link", more: "pci-link-more" } as const;

const PCI: Fields<PciFacts> = {
  slot: field("text", "slot", "lspci", (p) => p.slot, "pci-part"),
  address: field("text", "address", "lspci", (p) => p.address, "pci-part"),
  vendorId: field("text", "vendor id", "lspci", (p) => p.vendorId, "pci-other"),
  deviceId: field("text", "device id", "lspci", (p) => p.deviceId, "pci-other"),
  classId: field("text", "class id", "lspci", (p) => p.classId, "pci-other"),
  class: field("text", "class", "lspci", (p) => p.class, "pci-part"),
  vendor: field("text", "vendor", "lspci", (p) => p.vendor, "pci-part"),
  device: field("text", "device", "lspci", (p) => p.device, "pci-part"),
  driver: field("text", "driver", "lspci", (p) => p.driver, "pci-part"),
  linkWidth: field("count", "link width", "lspci", (p) => p.linkWidth, LINK, { unit: "lanes" }),
  linkSpeedGtps: field("figure", "link speed", "lspci", (p) => p.linkSpeedGtps, LINK, { unit: "GT/s" }),
};

const GPU: Fields<GpuFacts> = {
  pciAddress: field("text", "PCI address", "lspci", (g) => g.pciAddress, "gpu-part"),
  uuid: field("text", "UUID", "nvidia-smi", (g) => g.uuid, "gpu-part"),
  serial: field("serial", "serial", "nvidia-smi", (g) => g.serial, "gpu-part"),
  vendor: field("text", "vendor", "lspci", (g) => g.vendor, "gpu-part"),
  model: field("text", "model", "lspci", (g) => g.model, "gpu-part"),
  vbios: field("version", "VBIOS", "nvidia-smi", (g) => g.vbios, FIRMWARE),
  memoryBytes: field("count", "memory", "nvidia-smi", (g) => g.memoryBytes, "gpu-part", { unit: "bytes" }),
  ecc: field("flag", "ECC", "nvidia-smi", (g) => g.ecc, "gpu-part"),
};

const nameOfDisk = (d: DiskFacts): string => d.name ?? d.behind ?? "a disk";

/** The lists. */
export const LISTS = {
  disks: {
    fields: DISK,
    identities: ["serial", "wwn", "bay"],
    unique: ["serial", "wwn", "bay"],
    noun: ["disk", "disks"],
    probe: "lsblk",
    parts: ({ disks }) => disks,
    name: (d) => `disk ${d.serial ?? nameOfDisk(d)}`,
    describe: (d) => joined(nameOfDisk(d), renderDisk(d.sizeBytes), d.model, d.bay === undefined ? "" : `bay ${d.bay}`),
    ...{ missing: "disk-missing", fewer: "disks-fewer", unexpected: "disk-unexpected" },
    ...{ swapped: "disk-swapped", twice: "disk-serial-twice" },
  } satisfies ListSection<DiskFacts>,
  nics: {
    fields: NIC,
    identities: ["mac", "slot", "pciAddress"],
    unique: ["mac"],
    noun: ["network interface", "network interfaces"],
    probe: "sysfs",
    parts: ({ nics }) => nics,
    name: (n) => `NIC ${n.mac ?? n.name}`,
    describe: (n) => joined(n.name, n.driver, n.slot),
    ...{ missing: "nic-missing", fewer: "nics-fewer", unexpected: "nic-unexpected", swapped: "nic-swapped" },
  } satisfies ListSection<NicFacts>,
  pci: {
    fields: PCI,
    identities: ["slot", "address"],
    unique: ["address"],
    noun: ["PCI function", "PCI functions"],
    probe: "lspci",
    parts: ({ pci }) => pci,
    name: (p) => `PCI ${p.slot ?? p.address}`,
    describe: (p) => joined(p.address, p.vendor, p.device),
    ...{ missing: "pci-missing", fewer: "pci-fewer", more: "pci-more" },
  } satisfies ListSection<PciFacts>,
  gpus: {
    fields: GPU,
    identities: ["uuid", "serial", "pciAddress"],
    unique: ["uuid", "serial", "pciAddress"],
    noun: ["GPU", "GPUs"],
    probe: "lspci",
    parts: ({ gpus }) => gpus,
    name: (g) => `GPU ${g.pciAddress}`,
    describe: (g) => joined(g.pciAddress, g.vendor, g.model),
    ...{ missing: "gpu-missing", fewer: "gpus-fewer", more: "gpus-more" },
  } satisfies ListSection<GpuFacts>,
  psus: {
    fields: PSU,
    identities: ["serial", "name"],
    unique: ["serial", "name"],
    noun: ["power supply", "power supplies"],
    probe: "ipmitool",
    parts: ({ psus }) => psus.filter((psu) => psu.present !== false),
    name: (p) => `PSU ${p.name}`,
    describe: (p) => joined(p.name, p.manufacturer, p.model, p.maxW === undefined ? "" : `${p.maxW} W`),
    ...{ missing: "psu-missing", fewer: "psus-fewer", more: "psus-more" },
  } satisfies ListSection<PsuFacts>,
} as const;

/** Names of the lists. */
export type ListKey = keyof typeof LISTS;
/** The lists in their order. */
export const LIST_KEYS = Object.keys(LISTS) as readonly ListKey[];
