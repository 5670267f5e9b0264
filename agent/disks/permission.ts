/** Whether the order and the probe together allow a disk to be written. Pure: what the host says of the disk is asked elsewhere, and again. */
import { cleanLabel } from "../probes/label.ts";
import type { DiskTarget, WipeGrant } from "../wire/order.ts";
import { type DiskAnswer, given, refused } from "./answer.ts";
import type { DiskName } from "./identity.ts";
import { isGenuineProbe, type WipeProbe } from "./wipe-probe.ts";

/** An operator's leave to wipe what the probe found, as the agent holds it: by its own monotonic clock, for one attempt. */
export interface WipeLeave {
  readonly overrideId: string;
  readonly serials: readonly string[];
  readonly attempt: number;
  readonly expiresMonoMs: number;
}

/** What the box ordered this attempt to write. */
export interface WipeOrder {
  readonly attempt: number;
  /** The run may write to disks at all (D5). */
  readonly destructive: boolean;
  readonly targets: readonly DiskTarget[];
  readonly leave: WipeLeave | null;
}

/** The leave that came with an attempt. */
export const leaveOf = (grant: WipeGrant, attempt: number, sinceMonoMs: number): WipeLeave => ({
  overrideId: grant.overrideId,
  serials: grant.serials,
  attempt,
  expiresMonoMs: sinceMonoMs + grant.expiresInMs,
});

/** A disk that was looked at longer ago is looked at again first. */
export const MAX_PROBE_AGE_MS = 60_000;

/** What is asked. `usedLeaves` holds what `leaveKey` gave for each disk that was written by an override; `usedProbes` each probe that was believed once. */
export interface PermissionQuestion {
  readonly order: WipeOrder;
  readonly target: DiskName;
  readonly probe: WipeProbe | null;
  readonly nowMonoMs: number;
  readonly usedLeaves: ReadonlySet<string>;
  readonly usedProbes: { has(probe: WipeProbe): boolean };
}

/** One disk of one override. */
export const leaveKey = ({ overrideId }: WipeLeave, serial: string): string => JSON.stringify([overrideId, serial]);

type Refused = ReturnType<typeof refused>;

/** The disk as it stands in the order. What the caller knows of it beside its serial is not believed. */
const orderedTarget = ({ order, target }: PermissionQuestion): DiskAnswer<DiskTarget> => {
  if (!order.destructive) return refused("not-destructive", "the run may not write to disks");
  const serial = cleanLabel(target.serial);
  const found = order.targets.filter((one) => serial !== undefined && cleanLabel(one.serial) === serial);
  const [ordered, other] = found;
  if (ordered === undefined) return refused("not-ordered", `disk ${target.serial} is not in the order`);
  if (other !== undefined)
    return refused("ordered-twice", `disk ${target.serial} stands ${found.length} times in the order`);
  if (ordered.sizeBytes !== target.sizeBytes || ordered.wwn !== target.wwn)
    return refused("not-ordered", `disk ${target.serial} is another one in the order`);
  if (!ordered.mayWrite)
    return refused("may-not-write", `disk ${target.serial}: ${ordered.whyNot ?? "the order forbids it"}`);
  return given(ordered);
};

const refusalOfProbe = (
  { probe, nowMonoMs, usedProbes }: PermissionQuestion,
  ordered: DiskTarget,
): Refused | undefined => {
  const disk = `disk ${ordered.serial}`;
  if (probe === null || !isGenuineProbe(probe)) return refused("probe-missing", `${disk} was not looked at`);
  if (probe.block.serial !== cleanLabel(ordered.serial) || probe.block.sizeBytes !== ordered.sizeBytes)
    return refused(
      "probe-other-disk",
      `the probe looked at ${probe.block.serial ?? "a disk without serial"}, not at ${disk}`,
    );
  const ageMs = nowMonoMs - probe.atMonoMs;
  if (!(ageMs >= 0 && ageMs <= MAX_PROBE_AGE_MS))
    return refused("probe-too-old", `${disk} was looked at ${Math.round(ageMs / 1000)} s ago`);
  return usedProbes.has(probe) ? refused("probe-used", `${disk} was written since it was looked at`) : undefined;
};

const refusalOfLeave = (
  { order: { leave, attempt }, nowMonoMs, usedLeaves }: PermissionQuestion,
  ordered: DiskTarget,
): Refused | undefined => {
  const disk = `disk ${ordered.serial}`;
  if (leave === null) return refused("data-without-override", `${disk} is not blank, and nobody allowed to wipe it`);
  if (leave.attempt !== attempt)
    return refused("override-other-attempt", `the override is for attempt ${leave.attempt}, this is ${attempt}`);
  if (!leave.serials.includes(ordered.serial))
    return refused("override-other-disk", `the override does not name ${disk}`);
  if (!(nowMonoMs < leave.expiresMonoMs)) return refused("override-expired", `the override for ${disk} has expired`);
  return usedLeaves.has(leaveKey(leave, ordered.serial))
    ? refused("override-used", `the override for ${disk} was used already`)
    : undefined;
};

/** The leave that must be used up, or null when the disk is clean; or why it may not be written. */
export const permit = (question: PermissionQuestion): DiskAnswer<WipeLeave | null> => {
  const ordered = orderedTarget(question);
  if (!ordered.ok) return ordered;
  const byProbe = refusalOfProbe(question, ordered.value);
  if (byProbe !== undefined) return byProbe;
  if (question.probe?.verdict === "clean") return given(null);
  return refusalOfLeave(question, ordered.value) ?? given(question.order.leave);
};
