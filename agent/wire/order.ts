/**
 * What the box orders a stage to do, beyond its name. A stage's own order is its `spec.ts`'s; here is what several share: disks as targets, and grants, which are
 * given for one attempt only.
 */
import * as v from "valibot";
import { count, macAddress, text } from "./fields.ts";

/** Kinds of disks that differ in what may be expected of them and in how they are written. */
export const DISK_CLASSES = ["hdd", "ssd", "nvme", "virtual"] as const;
/** A kind of disk. */
export type DiskClass = (typeof DISK_CLASSES)[number];

/** A disk that the expected spec names and that the inventory has. Its identity is serial and size; a kernel name is never part of it. */
export const DiskTarget = v.object({
  serial: text(256),
  sizeBytes: count,
  wwn: v.optional(text(256)),
  model: v.optional(text(256)),
  class: v.picklist(DISK_CLASSES),
  /** PCI function of its controller, or of itself: disks with the same one share it. */
  pciAddress: v.optional(text(256)),
  /** smartctl's words for a drive behind a RAID controller: `megaraid,8`. Such a drive has no block device of its own. */
  behind: v.optional(text(256)),
  logicalSectorBytes: v.optional(count),
  physicalSectorBytes: v.optional(count),
  /** The run may destroy what is on it: it is destructive, and the spec names this very disk by serial and size (D1). */
  mayWrite: v.boolean(),
  /** Why it may not be written, for the check and the plan. */
  whyNot: v.optional(text(300)),
});
/** A disk that is expected and there. */
export type DiskTarget = v.InferOutput<typeof DiskTarget>;

/** An operator's leave to wipe what the wipe probe found, for one attempt of Storage (D3). */
export const WipeGrant = v.object({
  kind: v.literal("wipe"),
  overrideId: text(64),
  /** Exactly these disks, by serial. */
  serials: v.pipe(v.array(text(256)), v.minLength(1), v.maxLength(256)),
  /** What is left of it when the box says so; the agent counts by its own monotonic clock from there. */
  expiresInMs: count,
});
/** An operator's leave to wipe. */
export type WipeGrant = v.InferOutput<typeof WipeGrant>;

/** The other end of a network measurement, for one attempt of Network. */
export const LinkGrant = v.object({
  kind: v.literal("link"),
  /** Where an iperf3 server of the box waits for exactly one client at a time. */
  address: text(64),
  port: v.pipe(count, v.minValue(1), v.maxValue(65_535)),
  /** Speed of the box's own link, in Mb/s; absent when unknown. */
  boxMbps: v.optional(count),
  /** Another host under test that measures with this one, port by port, when the box has paired them. */
  peer: v.optional(
    v.object({
      hostName: text(100),
      /** Where the one that listens does so, on every pair of ports. */
      port: v.pipe(count, v.minValue(1), v.maxValue(65_535)),
      /**
       * Who listens first; the roles are swapped for the other direction. Who calls measures against the box before that, and who listens after it, so that the
       * box's link never has two measurements.
       */
      role: v.picklist(["listens", "calls"]),
      /** How long the other one may take before it comes, in s. */
      waitS: count,
      /** Ports of one speed on both hosts. The addresses are for the measurement alone, and each pair of ports has a network of its own. */
      links: v.pipe(
        v.array(
          v.object({
            ownMac: macAddress,
            /** With its network's bits: `198.18.0.1/30`. */
            ownAddress: text(64),
            address: text(64),
            mbps: count,
          }),
        ),
        v.minLength(1),
        v.maxLength(16),
      ),
    }),
  ),
});
/** The other end of a network measurement. */
export type LinkGrant = v.InferOutput<typeof LinkGrant>;

/** What an attempt is given beside its order. */
export const Grant = v.variant("kind", [WipeGrant, LinkGrant]);
/** What an attempt is given beside its order. */
export type Grant = v.InferOutput<typeof Grant>;
