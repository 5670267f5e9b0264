/** How a self-test of ours ended, from what the drive said before and after it. Pure. */
import type { SelfTestKind } from "../../probes/smartctl/argv.ts";
import type { LogEntry, OwnTest, Reading } from "./facts.ts";

/** The names of all three protocols: `Short offline`, `Background short`, `Extended`. */
const KIND: Readonly<Record<SelfTestKind, RegExp>> = { short: /short/i, long: /long|extended/i };
/** Logs keep hours in 16 bits (ACS-4, 9.6; SPC-4, 7.3.13): a drive of eight years begins again. */
const HOURS = 65_536;
/** The hour in which a test began may be over when it ends. */
const SLACK_HOURS = 1;

const isSame = (a: LogEntry, b: LogEntry | undefined): boolean =>
  b !== undefined &&
  a.kind === b.kind &&
  a.status === b.status &&
  a.atHours === b.atHours &&
  a.failingLba === b.failingLba;

/** Entries that say "in progress" for ever are no results. */
const ended = (log: readonly LogEntry[]): readonly LogEntry[] => log.filter((entry) => entry.running !== true);

/**
 * What a log has that it had not: it is moved down by as many entries as are new, and forgets its oldest. Hours alone would not tell two tests of one hour
 * apart.
 */
export const newEntries = (before: readonly LogEntry[], after: readonly LogEntry[]): readonly LogEntry[] => {
  const [old, now] = [ended(before), ended(after)];
  for (let moved = 0; moved < now.length; moved += 1)
    if (now.slice(moved).every((entry, i) => isSame(entry, old[i]))) return now.slice(0, moved);
  return now;
};

/** Whether the hour at which a test ended lies within ours; unknown hours say nothing against it. */
const isOfOurHours = (entry: LogEntry, before: Reading, after: Reading): boolean => {
  if (entry.atHours === undefined || before.powerOnHours === undefined || after.powerOnHours === undefined) return true;
  const since = (((entry.atHours - before.powerOnHours + SLACK_HOURS) % HOURS) + HOURS) % HOURS;
  return since <= after.powerOnHours - before.powerOnHours + 2 * SLACK_HOURS;
};

type Ending = Pick<OwnTest, "outcome" | "reason" | "entry">;

const endingOf = (entry: LogEntry): Ending => ({
  outcome: entry.passed === undefined ? "aborted" : entry.passed ? "passed" : "failed",
  reason: entry.status,
  entry,
});

/** How our test ended: by the log's new entry, else by a first entry of the right kind and hour, else by the drive's status. */
export const endingOfTest = (kind: SelfTestKind, before: Reading, after: Reading, seenRunning: boolean): Ending => {
  const isKind = (entry: LogEntry) => KIND[kind].test(entry.kind);
  const fresh = newEntries(before.selfTests, after.selfTests).find(isKind);
  if (fresh !== undefined) return endingOf(fresh);
  const [first] = ended(after.selfTests);
  if (seenRunning && first !== undefined && isKind(first) && isOfOurHours(first, before, after)) return endingOf(first);
  if (seenRunning && after.selfTestPassed !== undefined)
    return {
      outcome: after.selfTestPassed ? "passed" : "failed",
      reason: "The drive keeps no log of it; its status says how it ended.",
    };
  const silent = after.selfTests.length === 0 && before.selfTests.length === 0 && !seenRunning;
  return silent
    ? { outcome: "unsupported", reason: "The drive took the command, but shows neither the test nor a log of tests." }
    : { outcome: "unrecorded", reason: "The test is over, but the drive's log has no entry of it." };
};

/** Why a drive cannot test itself; null when it may be able to. */
export const whyNoTest = ({ selfTestSupported, smartAvailable, smartEnabled }: Reading): string | null => {
  if (selfTestSupported === false) return "The drive has no self-test.";
  if (smartAvailable === false) return "The drive has no SMART, and so no self-test.";
  return smartEnabled === false ? "SMART is off, and could not be switched on." : null;
};

/** Part of a self-test that is done, 0 to 1; by the clock where the drive does not say. */
export const doneOf = (remainingPercent: number | undefined, elapsedMs: number, expectedMs: number): number =>
  remainingPercent === undefined
    ? Math.min(0.99, elapsedMs / Math.max(1, expectedMs))
    : Math.min(1, Math.max(0, 1 - remainingPercent / 100));
