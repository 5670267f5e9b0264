/** The part of a declaration that is a disk: what it is, what is on it, what is wrong with it. */
import * as v from "valibot";
import { ContentSchema } from "./declared-content.ts";
import { DriveSchema } from "./declared-drive.ts";
import { partName, pathItem, placeOn, printable, RangeSchema, sizeBytes, whole } from "./declared-fields.ts";

/** How disks are attached. */
export const BUSES = ["virtio", "sata", "scsi", "sas", "nvme", "usb"] as const;
/** How a disk is attached. */
export type Bus = (typeof BUSES)[number];

/** What a disk may say of itself, with the characters that its bus has room for. */
interface DiskWords {
  readonly vendor?: number;
  readonly model?: number;
  readonly firmware?: number;
  readonly wwn?: number;
  readonly rotational?: boolean;
  readonly removable?: boolean;
  readonly readOnly?: boolean;
  readonly slot?: boolean;
  readonly drive?: boolean;
}
const WWN_LENGTH = "0x".length + 16;
/** INQUIRY's fields (SPC-4, 6.6.2). */
const SCSI_WORDS: DiskWords = {
  vendor: 8,
  model: 16,
  firmware: 4,
  wwn: WWN_LENGTH,
  rotational: true,
  removable: true,
  readOnly: true,
  drive: true,
};
/** What QEMU lets a disk of this bus declare. NVMe's model and firmware are fixed; ATA's lengths are IDENTIFY DEVICE's (ACS-4, 7.13); ATA has no read-only disk. */
const DISK_WORDS: Readonly<Record<Bus, DiskWords>> = {
  virtio: { readOnly: true, slot: true },
  nvme: { wwn: WWN_LENGTH, slot: true },
  sata: { model: 40, firmware: 8, wwn: WWN_LENGTH, rotational: true },
  scsi: SCSI_WORDS,
  sas: SCSI_WORDS,
  usb: { removable: true, readOnly: true },
};
const FIELDS = ["vendor", "model", "firmware", "wwn", "rotational", "removable", "readOnly", "slot", "drive"] as const;

/** Sectors that one disk may have bad at a time: QEMU looks through all of them at every request. */
const MAX_BAD_SECTORS = 4096;
const SECTOR_BYTES = 512;

/** Requests that touch a part of the disk end in an I/O error (EIO, "medium error" to a SCSI guest). */
export const IoErrorSchema = v.strictObject({
  ...RangeSchema.entries,
  on: v.optional(v.picklist(["read", "write", "both"]), "both"),
});
/** A part of a disk that cannot be read or written, as declared. */
export type IoErrorSpec = v.InferOutput<typeof IoErrorSchema>;

/** Upper limits of a disk's speed; what is not named is not limited. On another bus than virtio no request should take 30 s, as for a stall. */
export const SpeedSchema = v.strictObject({
  bytesPerS: v.optional(whole(1, 1e12)),
  iops: v.optional(whole(1, 1e9)),
});
/** Upper limits of a disk's speed as declared. */
export type SpeedSpec = v.InferOutput<typeof SpeedSchema>;

/** Bits of an NVMe drive's critical warning (NVM Express 1.4, figure 194). */
export const NVME_WARNINGS = {
  spare: 0x01,
  temperature: 0x02,
  reliability: 0x04,
  "read-only": 0x08,
  "volatile-backup": 0x10,
} as const;
const nvmeWarnings = Object.keys(NVME_WARNINGS) as (keyof typeof NVME_WARNINGS)[];
/** Warnings that are on, by their names. */
export const WarningsSchema = v.array(v.picklist(nvmeWarnings));

/** What is wrong with a disk from power-on; each can be changed while the server runs (`Server.fault`). */
const DiskFaultsSchema = v.strictObject({
  ioErrors: v.optional(v.array(IoErrorSchema), []),
  speed: v.optional(SpeedSchema),
  /** Every request waits until the stall ends. Virtio only: the others are reset by a kernel that waited 30 to 60 s, and QEMU stands still in that. */
  stalled: v.optional(v.boolean(), false),
  /** The disk is there, and every request ends in an I/O error. */
  dead: v.optional(v.boolean(), false),
  /** NVMe only. */
  warnings: v.optional(WarningsSchema, []),
});
/** What is wrong with a disk, as declared. */
export type DiskFaults = v.InferOutput<typeof DiskFaultsSchema>;

/** Slots of a server: each is a device of its own on the root bus, between those that the chipset has at both ends. */
export const MAX_SLOTS = 12;

const DiskFields = v.strictObject({
  /** At most 20 characters: what ATA and NVMe have room for. */
  serial: partName,
  /** Names the disk in the rack instead of the serial: two disks may say the same serial when one of them has a label. */
  label: v.optional(partName),
  size: sizeBytes,
  bus: v.picklist(BUSES),
  /** Number of the slot that an NVMe or virtio disk sits in. Only from a slot can it vanish while the server runs. */
  slot: v.optional(whole(1, MAX_SLOTS)),
  vendor: v.optional(printable(8)),
  model: v.optional(printable(40)),
  firmware: v.optional(printable(8)),
  /** 64 bits in hex, as in `0x5000c500a1b2c3d4`. Linux sees a sas disk only if it has one. */
  wwn: v.optional(v.pipe(v.string(), v.regex(/^0x[0-9a-fA-F]{16}$/, "must be 0x and 16 hex digits"))),
  rotational: v.optional(v.boolean()),
  /** Says of itself that its medium can be taken out. */
  removable: v.optional(v.boolean()),
  readOnly: v.optional(v.boolean()),
  /** What is on it before the first boot; without it the disk is new: zeros. */
  content: v.optional(ContentSchema, []),
  faults: v.optional(DiskFaultsSchema, {}),
  /** A drive that tells of its own health (SMART); on the buses scsi and sas. */
  drive: v.optional(DriveSchema),
});
type DiskFieldsOutput = v.InferOutput<typeof DiskFields>;

/** What does not fit together in a disk: a field's name and why. */
const oddFields = function* (disk: DiskFieldsOutput): Generator<readonly [keyof DiskFieldsOutput, string]> {
  for (const field of FIELDS) {
    const [value, room] = [disk[field], DISK_WORDS[disk.bus][field]];
    if (value !== undefined && room === undefined) yield [field, `a ${disk.bus} disk has no ${field}`];
    else if (typeof value === "string" && typeof room === "number" && value.length > room)
      yield [field, `a ${disk.bus} ${field} has at most ${room} characters`];
  }
  const { ioErrors, speed, stalled, dead, warnings } = disk.faults;
  const limited = speed !== undefined || stalled || dead || ioErrors.length > 0;
  if (stalled && disk.bus !== "virtio") yield ["faults", "only a virtio disk can be stalled"];
  if (warnings.length > 0 && disk.bus !== "nvme") yield ["faults", "only an nvme disk has warnings"];
  if (disk.drive !== undefined && limited) yield ["faults", "a disk with a drive has its faults there"];
  if (disk.drive !== undefined && (disk.removable ?? disk.readOnly) !== undefined)
    yield ["drive", "a disk with a drive is neither removable nor read-only"];
  if (ioErrors.reduce((sum, { length }) => sum + length, 0) > MAX_BAD_SECTORS * SECTOR_BYTES)
    yield ["faults", `at most ${MAX_BAD_SECTORS} sectors can be bad`];
  const isInside = ({ at, length = 0 }: { at?: number | undefined; length?: number | undefined }): boolean => {
    const start = placeOn(at ?? 0, disk.size);
    return start >= 0 && start + length <= disk.size;
  };
  if (!ioErrors.every(isInside)) yield ["faults", "is not on the disk"];
  if (!disk.content.every((item) => !("at" in item) || isInside(item))) yield ["content", "is not on the disk"];
};

/** A disk's declaration. */
export const DiskSchema = v.pipe(
  DiskFields,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const [field, message] of oddFields(dataset.value))
      addIssue({ message, path: [pathItem(dataset.value, field)] });
  }),
);
/** A disk as declared; `size` is in bytes. */
export type DiskSpec = v.InferOutput<typeof DiskSchema>;

/** What a disk is called in the rack, and in its image's name. */
export const diskKey = ({ label, serial }: DiskSpec): string => label ?? serial;
