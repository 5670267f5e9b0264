/** Disks as the inventory has them: the kernel's view, joined with what each drive says of itself. */
import * as v from "valibot";
import { count, text } from "../fields.ts";

const label = v.optional(text(256));
const size = v.optional(count);
const flag = v.optional(v.boolean());

/** What a drive says of its health (SMART, NVMe log). Judged by the SMART stage; recorded here. */
export const DriveHealth = v.object({
  /** The drive's own verdict; absent when it gives none. */
  passed: flag,
  tempC: v.optional(v.number()),
  powerOnHours: size,
  /** NVMe's "percentage used", or 100 minus the remaining life of a SATA drive. May exceed 100. */
  wearPercent: size,
  /** How long its self-tests take, by its own estimate. */
  shortTestMinutes: size,
  longTestMinutes: size,
});

/** One disk (lsblk, sysfs, smartctl, nvme). A drive that only its RAID controller shows has no kernel `name`. */
export const DiskFacts = v.object({
  /** Kernel name of this boot: `sda`, `nvme0n1`. Not an identity. */
  name: v.optional(text(64)),
  serial: label,
  wwn: label,
  vendor: label,
  model: label,
  firmware: label,
  sizeBytes: count,
  rotational: flag,
  rpm: size,
  formFactor: label,
  /** `sata`, `sas`, `nvme`, `usb`, `virtio` … */
  transport: label,
  readOnly: flag,
  removable: flag,
  logicalSectorBytes: size,
  physicalSectorBytes: size,
  /** What the link runs at and what the drive can do, in gigabits per second. */
  linkGbps: v.optional(v.number()),
  maxLinkGbps: v.optional(v.number()),
  /** PCI function that it hangs on: its controller, or the drive itself for NVMe. */
  pciAddress: label,
  /** Slot of the enclosure or port of the controller, as the kernel or the controller names it. */
  bay: label,
  /** smartctl's words for a drive behind a RAID controller: `megaraid,8`. */
  behind: label,
  health: v.optional(DriveHealth),
});

export type DriveHealth = v.InferOutput<typeof DriveHealth>;
export type DiskFacts = v.InferOutput<typeof DiskFacts>;
