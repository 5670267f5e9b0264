/** PCI functions, the slots they sit in, and GPUs. */
import * as v from "valibot";
import { count, text } from "../fields.ts";

const label = v.optional(text(256));
const size = v.optional(count);
const number = v.optional(v.pipe(v.number(), v.finite()));

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
  subsystemVendor: label,
  subsystemDevice: label,
  driver: label,
  /** Slot by the name on the board (SMBIOS type 9), or the kernel's slot number. */
  slot: label,
  /** The bridge above it: the other end of its link. */
  upstream: label,
  numaNode: size,
  linkSpeedGtps: number,
  linkWidth: size,
  maxLinkSpeedGtps: number,
  maxLinkWidth: size,
});

/** One expansion slot of the board (SMBIOS type 9). */
export const SlotFacts = v.object({
  name: text(256),
  type: label,
  /** Absent when the firmware does not say. */
  occupied: v.optional(v.boolean()),
  /** PCI address of what sits in it, when the firmware knows. */
  pciAddress: label,
});

/** One GPU: every display or 3D controller of the PCI bus, with what its driver says (nvidia-smi). The board's own VGA is one, too. */
export const GpuFacts = v.object({
  pciAddress: text(64),
  vendor: label,
  model: label,
  uuid: label,
  serial: label,
  vbios: label,
  driverVersion: label,
  memoryBytes: size,
  /** Error correction of its memory is on. */
  ecc: v.optional(v.boolean()),
  tempC: number,
  powerW: number,
  powerLimitW: number,
  uncorrectedErrorCount: size,
  remappedRowsPending: v.optional(v.boolean()),
  remappedRowsFailed: v.optional(v.boolean()),
});

export type PciFacts = v.InferOutput<typeof PciFacts>;
export type SlotFacts = v.InferOutput<typeof SlotFacts>;
export type GpuFacts = v.InferOutput<typeof GpuFacts>;
