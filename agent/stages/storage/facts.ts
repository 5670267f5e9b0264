/** Order and facts of Storage. Pure. */
import * as v from "valibot";
import { count, text } from "../../wire/fields.ts";
import { DiskTarget } from "../../wire/order.ts";
import { DiskRefusal, WipeFacts } from "../../wire/wipe.ts";

const figure = v.pipe(v.number(), v.finite(), v.minValue(0));

/**
 * Ways to test a surface. Those that write come from the profile and the class of the disk: four patterns wear flash out and find nothing more there.
 *
 * - `sampled-write`, `full-write`: fio writes blocks that each say where they lie, with checksums; then reads all of them back.
 * - `patterns`: badblocks writes and reads back four patterns.
 * - `sampled-read`, `full-read`: reads only.
 */
export const SURFACE_KINDS = ["sampled-write", "full-write", "patterns", "sampled-read", "full-read"] as const;
/** A way to test a surface. */
export type SurfaceKind = (typeof SURFACE_KINDS)[number];

/** One disk, with what is to be done to it. */
export const StorageDisk = v.object({ ...DiskTarget.entries, surface: v.picklist(SURFACE_KINDS) });
/** One disk, with what is to be done to it. */
export type StorageDisk = v.InferOutput<typeof StorageDisk>;

/** The order of Storage. */
export const StorageOrder = v.object({
  destructive: v.boolean(),
  disks: v.array(StorageDisk),
  /** Share of a disk that a sampled test takes, and the most of it. */
  samplePercent: figure,
  sampleGib: figure,
  /** How long random reads are measured, and random writes. 0 leaves both out. */
  randomS: count,
  /** What a healthy disk of the class does, for the times of the plan. */
  classMBps: v.object({ hdd: figure, ssd: figure, nvme: figure, virtual: figure }),
  /** What one controller carries: no more disks at a time than that. */
  controllerMBps: figure,
  /** A disk below this share of its own median for this long has stalled. */
  stallPercent: figure,
  stallS: count,
  /** After this many errors a disk is known to be bad. */
  mostErrors: count,
});
/** The order of Storage. */
export type StorageOrder = v.InferOutput<typeof StorageOrder>;

/** One error, by the tool's word. */
export const SurfaceError = v.object({
  offsetBytes: v.optional(count),
  /** `read`: the disk refused; `write`: likewise; `verify`: it gave other bytes than were written. */
  kind: v.picklist(["read", "write", "verify"]),
});
/** One error. */
export type SurfaceError = v.InferOutput<typeof SurfaceError>;

/** One run of a tool over a disk. */
export const PassFacts = v.object({
  what: v.picklist(["write", "verify", "read", "patterns", "random-read", "random-write"]),
  end: v.picklist(["exited", "signalled", "timed-out", "absent", "stalled", "gave-up"]),
  exitCode: v.optional(count),
  durationMs: count,
  /** What it had to move, and what it says that it moved. */
  orderedBytes: count,
  movedBytes: count,
  errorCount: count,
  /** The first ones. */
  errors: v.pipe(v.array(SurfaceError), v.maxLength(32)),
  /** Average over the pass. */
  mbps: v.optional(figure),
  /** Slowest stretch of ten seconds. */
  slowestMbps: v.optional(figure),
  /** Random access alone. */
  iops: v.optional(figure),
  p99Ms: v.optional(figure),
  /** Its lines about what failed, the first ones. */
  failures: v.array(text(300)),
});
/** One run of a tool over a disk. */
export type PassFacts = v.InferOutput<typeof PassFacts>;

/** What was done to one disk, and what it did. */
export const DiskStorage = v.object({
  serial: text(256),
  surface: v.picklist(SURFACE_KINDS),
  /** Absent on a disk that was to be read only. */
  probe: v.optional(WipeFacts),
  /** Why it was left alone. */
  refusal: v.optional(DiskRefusal),
  /** The override that its data was wiped by. */
  overrideId: v.optional(text(64)),
  passes: v.array(PassFacts),
});
/** What was done to one disk. */
export type DiskStorage = v.InferOutput<typeof DiskStorage>;

/** What Storage measured. */
export const StorageFacts = v.object({
  order: StorageOrder,
  /** Data was found on a disk that nobody allowed to wipe: nothing was written to any. */
  held: v.boolean(),
  disks: v.array(DiskStorage),
});
/** What Storage measured. */
export type StorageFacts = v.InferOutput<typeof StorageFacts>;
