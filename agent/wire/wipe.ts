/**
 * What the wipe probe tells of a disk: whether it is blank, and if not, what lies there, as far as it helps a person to decide. It never carries what is
 * on a disk: names that file systems give themselves, sizes, times and counts, nothing of the content.
 */
import * as v from "valibot";
import { count, epochMs, text } from "./fields.ts";

/**
 * Why a disk is left alone whatever an operator says. Each names something that a wrong disk, or a disk in use, would show.
 *
 * - `not-found`, `size-mismatch`, `wwn-mismatch`, `duplicate-serial`: it is not surely the disk that is meant.
 * - `controller-hidden`: only its RAID controller shows it; there is no block device.
 * - `not-a-whole-disk`, `removable-or-usb`, `transport`, `multipath`: it is no disk of this host alone.
 * - `read-only`, `mounted`, `swap`, `held`, `boot-medium`, `reserved`, `open-elsewhere`: something uses or guards it.
 * - `swapped`: it was one disk when it was looked at and is another one now.
 * - `unreadable`: what must be known to answer could not be read.
 */
export const DISK_REFUSALS = [
  "not-found",
  "size-mismatch",
  "wwn-mismatch",
  "duplicate-serial",
  "controller-hidden",
  "not-a-whole-disk",
  "removable-or-usb",
  "transport",
  "multipath",
  "read-only",
  "mounted",
  "swap",
  "held",
  "boot-medium",
  "reserved",
  "open-elsewhere",
  "swapped",
  "unreadable",
] as const;
/** Why a disk is left alone, whatever an operator says. */
export type DiskRefusalCode = (typeof DISK_REFUSALS)[number];

/** Why the order does not allow it, or no longer. Most of these an operator can put right: with an override, or a new attempt. */
export const ORDER_REFUSALS = [
  "not-destructive",
  "not-ordered",
  "ordered-twice",
  "may-not-write",
  "data-without-override",
  "override-other-disk",
  "override-other-attempt",
  "override-expired",
  "override-used",
  "probe-missing",
  "probe-other-disk",
  "probe-too-old",
  "probe-used",
  "content-changed",
] as const;
/** Why the order does not allow it. */
export type OrderRefusalCode = (typeof ORDER_REFUSALS)[number];

/** A refusal to touch a disk. `detail` says what was seen. */
export const DiskRefusal = v.object({
  code: v.picklist([...DISK_REFUSALS, ...ORDER_REFUSALS]),
  detail: text(500),
});
/** A refusal to touch a disk. */
export type DiskRefusal = v.InferOutput<typeof DiskRefusal>;

/** Kinds of evidence. `tool` and `read` say what could not be known. */
export const EVIDENCE_KINDS = ["signature", "partition", "data", "read", "tool"] as const;

/** One thing that was found on a disk, or that could not be looked at. */
export const WipeEvidence = v.object({
  kind: v.picklist(EVIDENCE_KINDS),
  /** `ext4`, `LVM2`, `GPT partition 2`, `data without a signature`; for `tool` its name. */
  name: text(100),
  /** Where on the disk it begins. */
  offsetBytes: v.optional(count),
  /** How far it reaches by its own word. */
  sizeBytes: v.optional(count),
  /** What it calls itself: label, volume group, pool, array. */
  label: v.optional(text(200)),
  /** The host that it says it belongs to. */
  hostName: v.optional(text(200)),
  lastMountedMs: v.optional(epochMs),
  lastMountedOn: v.optional(text(200)),
  /** Who says so, when it was not our own look: `blkid`, `wipefs`, `mdadm`. */
  by: v.optional(text(20)),
  /** A few words more. */
  detail: v.optional(text(300)),
});
/** One thing that was found on a disk. */
export type WipeEvidence = v.InferOutput<typeof WipeEvidence>;

/** How much was read, and what it was. Together the kinds of bytes are `readBytes`. */
export const SampledContent = v.object({
  readBytes: count,
  /** Blocks whose bytes are all the same: blank, or a pattern of badblocks. */
  uniformBytes: count,
  /** Blocks of our own surface test: each says where it lies, and lies there. */
  ownBytes: count,
  otherBytes: count,
  unreadableBytes: count,
  /** Seed of the places of the samples, so that they can be looked at again. */
  seed: v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/)),
});
/** How much was read, and what it was. */
export type SampledContent = v.InferOutput<typeof SampledContent>;

/** What the wipe probe tells of one disk. Only a `clean` one may be written without an operator's override. */
export const WipeFacts = v.object({
  serial: text(256),
  verdict: v.picklist(["clean", "data", "unknown", "refused"]),
  /** With `refused`. */
  refusal: v.optional(DiskRefusal),
  /** Kernel name in this boot, for logs alone. */
  name: v.optional(text(64)),
  /** The most telling first; at most 64. */
  evidence: v.pipe(v.array(WipeEvidence), v.maxLength(64)),
  /** More that was found and is not listed. */
  moreEvidence: count,
  sampled: v.optional(SampledContent),
  durationMs: count,
});
/** What the wipe probe tells of one disk. */
export type WipeFacts = v.InferOutput<typeof WipeFacts>;
