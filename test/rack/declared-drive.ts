/**
 * What a drive says of its own health. QEMU's disks are always well, so a disk with such a declaration is a program of the rack's own, to
 * which QEMU hands every command: it answers SCSI, and as an ATA drive behind a SAS controller also ATA's pass-through commands.
 *
 * QEMU shortens sense data to their key and codes. So the sector of a medium error is not told, and of ATA's answers not the registers:
 * `smartctl -H` then judges a SATA drive by its attributes, as it does behind many real controllers.
 */
import * as v from "valibot";
import { offsetBytes, RangeSchema, whole } from "./declared-fields.ts";

const count = v.optional(whole(0, 0xffffffff));

/** Ends of a self-test. */
export const SELF_TEST_OUTCOMES = [
  "passed",
  "aborted",
  "unknown-failure",
  "electrical-failure",
  "servo-failure",
  "read-failure",
  "handling-damage",
] as const;

const SelfTestSchema = v.strictObject({
  outcome: v.optional(v.picklist(SELF_TEST_OUTCOMES), "passed"),
  /** Where a failing test found the first bad sector. */
  failingAt: v.optional(offsetBytes, "0 B"),
  /** How long the tests take, and, as the drive rounds it up, say that they take. */
  shortS: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(3600)), 1),
  longS: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(360_000)), 3),
});

/** What can be declared, and changed while the server runs. */
export const DRIVE_FIELDS = {
  /** The drive's own verdict: SMART's overall health, or SCSI's informational exception "failure prediction threshold exceeded". */
  failing: v.optional(v.boolean()),
  temperatureC: v.optional(whole(0, 200)),
  powerOnHours: count,
  /** ATA attributes 5, 197, 198, 199. */
  reallocated: count,
  pending: count,
  uncorrectable: count,
  crcErrors: count,
  /** SCSI: the length of the grown defect list; uncorrected errors of reads, writes and verifies; errors beside the medium. */
  grownDefects: count,
  readErrors: count,
  writeErrors: count,
  verifyErrors: count,
  nonMediumErrors: count,
  /** Wear of flash, in percent: ATA attribute 202 and statistics; SCSI's solid state page. */
  percentUsed: v.optional(whole(0, 255)),
  selfTest: v.optional(SelfTestSchema),
  /** Sectors that cannot be read (3/11/00); a write makes them good again, as a drive that has spare sectors does. */
  mediumErrors: v.optional(v.array(RangeSchema)),
  /** What every read and write takes longer. */
  delayMs: v.optional(whole(0, 600_000)),
} as const;

/** A drive of the rack's own. `protocol: ata` is a SATA drive behind a SAS controller. */
export const DriveSchema = v.strictObject({
  protocol: v.optional(v.picklist(["scsi", "ata"]), "scsi"),
  ...DRIVE_FIELDS,
});
/** A drive as declared. */
export type DriveSpec = v.InferOutput<typeof DriveSchema>;
