/** What the wipe probe and the way to each disk say. Pure. */
import type { DiskRefusal, WipeFacts } from "../../wire/wipe.ts";
import type { Finding, Rule } from "../rule.ts";
import type { DiskStorage, StorageFacts } from "./facts.ts";
import type { StorageLimits } from "./limits.ts";
import { evidenceText } from "./words.ts";

/** A disk as checks name it; the box takes the serial from it. */
export const componentOf = ({ serial }: { readonly serial: string }): string => `disk ${serial}`;

/** Findings of one disk, for every disk. Without disks there is nothing to measure, and that is said. */
export const perDisk =
  (find: (disk: DiskStorage, facts: StorageFacts, limits: StorageLimits) => readonly Omit<Finding, "component">[]) =>
  (facts: StorageFacts, limits: StorageLimits): readonly Finding[] =>
    facts.disks.length === 0
      ? [{ verdict: "SKIPPED", component: "disks", message: "The spec expects no disk that is there." }]
      : facts.disks.flatMap((disk) =>
          find(disk, facts, limits).map((finding) => ({ component: componentOf(disk), ...finding })),
        );

const MOST_EVIDENCE = 6;
const READ_ONLY: Omit<Finding, "component"> = {
  verdict: "SKIPPED",
  message: "It is only read, so it was not looked at.",
};

const isWanted = ({ kind }: WipeFacts["evidence"][number]): boolean =>
  kind === "signature" || kind === "partition" || kind === "data";

const findData = ({ probe, overrideId }: DiskStorage): readonly Omit<Finding, "component">[] => {
  if (probe === undefined) return [READ_ONLY];
  const found = probe.evidence.filter(isWanted);
  if (probe.verdict === "clean")
    return [{ verdict: "PASS", message: "Every sample is blank or of an earlier test of ours." }];
  if (probe.verdict === "refused") return [{ verdict: "SKIPPED", message: "It was left alone, see storage.disk." }];
  if (probe.verdict === "unknown")
    return [{ verdict: "SKIPPED", message: "What was read is blank; not all could be read." }];
  const words = found.slice(0, MOST_EVIDENCE).map(evidenceText);
  if (overrideId !== undefined)
    return [{ verdict: "PASS", message: `Wiped by override ${overrideId}: ${words.join("; ")}.` }];
  const more = found.length - words.length + probe.moreEvidence;
  return words.map((text, i) => ({
    verdict: "FAIL" as const,
    message: `Holds ${text}${i === words.length - 1 && more > 0 ? `; and ${more} more` : ""}.`,
  }));
};

const findUnreadable = ({ probe, overrideId }: DiskStorage): readonly Omit<Finding, "component">[] => {
  if (probe === undefined) return [READ_ONLY];
  if (probe.verdict === "refused") return [{ verdict: "SKIPPED", message: "It was left alone, see storage.disk." }];
  const unread = probe.evidence.filter(({ kind }) => kind === "read");
  const tools = probe.evidence.filter(({ kind }) => kind === "tool");
  if (unread.length > 0)
    return [
      {
        verdict: overrideId === undefined ? "FAIL" : "WARN",
        message: `Could not be read where it was looked at: ${unread.slice(0, 4).map(evidenceText).join("; ")}.`,
        measured: `${probe.sampled?.unreadableBytes ?? 0} bytes unreadable`,
        limit: "0 bytes",
      },
    ];
  if (tools.length > 0)
    return [{ verdict: "ERROR", message: `Not all could look: ${tools.map(evidenceText).join("; ")}.` }];
  return [{ verdict: "PASS", message: "Every sample could be read." }];
};

/** Refusals that say that the disk is not the one, or is no more; the others say that it could not be tested. */
const WRONG: ReadonlySet<DiskRefusal["code"]> = new Set([
  "not-found",
  "size-mismatch",
  "wwn-mismatch",
  "duplicate-serial",
  "swapped",
  "read-only",
]);

const findRefused = ({ refusal }: DiskStorage, { held }: StorageFacts): readonly Omit<Finding, "component">[] => {
  if (refusal !== undefined)
    return [{ verdict: WRONG.has(refusal.code) ? "FAIL" : "ERROR", message: `${refusal.code}: ${refusal.detail}.` }];
  return held
    ? [{ verdict: "SKIPPED", message: "Nothing was written to any disk, because one of them holds data." }]
    : [{ verdict: "PASS", message: "It is the disk that is expected, and nothing else uses it." }];
};

/** The rules of the probe. */
export const PROBE_RULES: readonly Rule<StorageFacts, StorageLimits>[] = [
  {
    code: "storage.unexpected-data",
    worst: "FAIL",
    source: "nothing is written over data unless an operator allows it for this disk",
    action: "Look at what was found. If it may go, allow the wipe for exactly these disks; else put other disks in.",
    find: perDisk(findData),
  },
  {
    code: "storage.disk",
    worst: "FAIL",
    source: "serial, size and worldwide name of the inventory; nothing else may use a disk under test",
    action: "Compare label and slot with the spec; release the disk from whatever uses it, then run the stage again.",
    find: perDisk(findRefused),
  },
  {
    code: "storage.unreadable",
    worst: "FAIL",
    source: "a disk in good health reads every sector",
    action: "Replace the disk. Allow the wipe only to see how much of it is bad.",
    find: perDisk(findUnreadable),
  },
];
