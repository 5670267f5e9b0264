/**
 * What a server is made of: the facts of the Inventory stage, as the agent posts them and the box compares them.
 *
 * A value that the hardware did not give, or gave as a vendor's placeholder, is absent. Units stand in the names.
 */
import * as v from "valibot";
import { count, macAddress, text } from "./fields.ts";

const label = v.optional(text(256));
const size = v.optional(count);

/** The system, its board and its firmware (SMBIOS types 0, 1, 2). */
export const BoardFacts = v.object({
  manufacturer: label,
  product: label,
  serial: label,
  uuid: label,
  boardManufacturer: label,
  boardProduct: label,
  boardSerial: label,
  biosVendor: label,
  biosVersion: label,
  biosDate: label,
});

/** The processors together (lscpu), with one entry for each populated socket (SMBIOS type 4). */
export const CpuFacts = v.object({
  model: label,
  vendor: label,
  /** Populated sockets. */
  socketCount: count,
  coreCount: count,
  threadCount: count,
  maxMhz: v.optional(v.number()),
  microcode: label,
  sockets: v.array(v.object({ slot: text(256), model: label, coreCount: size, threadCount: size, serial: label })),
});

/** One memory slot (SMBIOS type 17). An empty slot has `populated` false and nothing else. */
export const DimmFacts = v.object({
  slot: text(256),
  bank: label,
  populated: v.boolean(),
  sizeBytes: size,
  type: label,
  ratedMtps: size,
  configuredMtps: size,
  manufacturer: label,
  part: label,
  serial: label,
});

/** One disk (lsblk). */
export const DiskFacts = v.object({
  /** Kernel name of this boot: `sda`, `nvme0n1`. Not an identity. */
  name: text(64),
  serial: label,
  wwn: label,
  model: label,
  firmware: label,
  sizeBytes: count,
  rotational: v.optional(v.boolean()),
  /** `sata`, `sas`, `nvme`, `usb`, `virtio` … as lsblk says. */
  transport: label,
  readOnly: v.optional(v.boolean()),
  removable: v.optional(v.boolean()),
  logicalSectorBytes: size,
  physicalSectorBytes: size,
});

/** One network interface with hardware behind it (sysfs). */
export const NicFacts = v.object({
  name: text(64),
  mac: v.optional(macAddress),
  driver: label,
  /** `0000:00:02.0`. */
  pciAddress: label,
  linkUp: v.optional(v.boolean()),
  speedMbps: size,
  duplex: label,
  /** The one that booted this server. */
  boot: v.boolean(),
});

/** One PCI function (`lspci -vmm -D -nn` and sysfs). */
export const PciFacts = v.object({
  address: text(64),
  class: label,
  /** `0200` for Ethernet, `0302` for a 3D controller (PCI Code and ID Assignment). */
  classId: label,
  vendor: label,
  device: label,
  vendorId: label,
  deviceId: label,
  linkSpeedGtps: v.optional(v.number()),
  linkWidth: size,
  maxLinkSpeedGtps: v.optional(v.number()),
  maxLinkWidth: size,
});

/** How one probe fared. An absent tool, an absent device and a hung tool are different answers. */
export const ProbeReport = v.object({
  probe: text(64),
  status: v.picklist(["ok", "tool-absent", "device-absent", "timed-out", "failed"]),
  durationMs: count,
  reason: v.optional(text(2000)),
});

/** Everything that Inventory found. */
export const Inventory = v.object({
  board: BoardFacts,
  cpu: CpuFacts,
  memory: v.object({
    /** Sum of the populated slots. */
    installedBytes: size,
    /** What the kernel sees (`MemTotal`). */
    visibleBytes: size,
    slotCount: count,
    populatedCount: count,
    dimms: v.array(DimmFacts),
  }),
  disks: v.array(DiskFacts),
  nics: v.array(NicFacts),
  pci: v.array(PciFacts),
  probes: v.array(ProbeReport),
});
/** The facts of Inventory. */
export type Inventory = v.InferOutput<typeof Inventory>;
export type BoardFacts = v.InferOutput<typeof BoardFacts>;
export type CpuFacts = v.InferOutput<typeof CpuFacts>;
export type DimmFacts = v.InferOutput<typeof DimmFacts>;
export type DiskFacts = v.InferOutput<typeof DiskFacts>;
export type NicFacts = v.InferOutput<typeof NicFacts>;
export type PciFacts = v.InferOutput<typeof PciFacts>;
export type ProbeReport = v.InferOutput<typeof ProbeReport>;
