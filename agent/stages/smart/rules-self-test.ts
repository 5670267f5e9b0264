/** What is asked about self-tests: ours of this stage, and those that the drive remembers. Pure. */
import type { Verdict } from "../../wire/names.ts";
import type { DiskSmart, LogEntry, OwnTest, Reading, TestOutcome } from "./facts.ts";
import { type Answer, eachRead, latest, nameOf, type SmartRule } from "./rule.ts";

const VERDICTS: Readonly<Record<TestOutcome, Verdict>> = {
  passed: "PASS",
  failed: "FAIL",
  aborted: "ERROR",
  overdue: "ERROR",
  unsupported: "SKIPPED",
  "not-started": "ERROR",
  unrecorded: "ERROR",
  "not-reached": "SKIPPED",
};

const WORDS: Readonly<Record<TestOutcome, string>> = {
  passed: "passed",
  failed: "failed",
  aborted: "was aborted",
  overdue: "did not end in time",
  unsupported: "is not possible",
  "not-started": "could not be started",
  unrecorded: "left no result",
  "not-reached": "was left out",
};

const minutesOf = (ms: number): string => `${Math.round(ms / 6_000) / 10} min`;

const answerOf = ({ kind, outcome, reason, durationMs, expectedMinutes, entry }: OwnTest): Answer => {
  const where = entry?.failingLba === undefined ? "" : ` First bad block: ${entry.failingLba}.`;
  const timed = outcome === "passed" || outcome === "failed" || outcome === "overdue";
  return {
    verdict: VERDICTS[outcome],
    message: `Its ${kind} self-test ${WORDS[outcome]}: ${reason}${where}`,
    ...(timed ? { measured: minutesOf(durationMs), limit: `about ${expectedMinutes} min by its own estimate` } : {}),
  };
};

const ownTests: SmartRule["find"] = ({ disks, selfTests }) =>
  disks.flatMap((disk) => {
    if (latest(disk) === undefined) return [];
    const component = nameOf(disk);
    if (selfTests.length === 0)
      return [{ component, verdict: "SKIPPED" as const, message: "No self-test was asked for (limit selfTestLevel)." }];
    return disk.tests.map((test) => ({ component, ...answerOf(test) }));
  });

const isOurs = (disk: DiskSmart, entry: LogEntry): boolean =>
  disk.tests.some(
    ({ entry: own }) =>
      own !== undefined && own.kind === entry.kind && own.atHours === entry.atHours && own.status === entry.status,
  );

const LONG = /long|extended/i;

/** A whole test that passed later outdates what failed before it, as smartctl has it for its exit bit 7. */
const failuresIn = (log: readonly LogEntry[]): readonly LogEntry[] => {
  const cleared = log.findIndex((entry) => entry.passed === true && LONG.test(entry.kind));
  return (cleared === -1 ? log : log.slice(0, cleared)).filter((entry) => entry.passed === false);
};

const oldTests = (now: Reading, disk: DiskSmart): Answer | undefined => {
  const failed = failuresIn(now.selfTests).filter((entry) => !isOurs(disk, entry));
  const [newest] = failed;
  if (newest === undefined)
    return now.selfTests.length === 0 ? undefined : { verdict: "PASS", message: "No earlier self-test failed." };
  const when = newest.atHours === undefined ? "" : ` at ${newest.atHours} h`;
  const where = newest.failingLba === undefined ? "" : `, first bad block ${newest.failingLba}`;
  return {
    verdict: "WARN",
    message: `An earlier self-test failed${when}${where}: ${newest.status}. No whole test has passed since.`,
    measured: `${failed.length}`,
    limit: "0",
  };
};

/** The rules. */
export const TEST_RULES: readonly SmartRule[] = [
  {
    code: "smart.self-test",
    worst: "FAIL",
    source: "the drive's own self-test: ACS-4 7.48.8, SPC-4 6.43, NVMe 8.11",
    action: "Failed: replace the drive. No result: run the stage again with nothing else using the drive.",
    find: ownTests,
  },
  {
    code: "smart.self-test-log",
    worst: "WARN",
    source: "smartctl(8), EXIT STATUS bit 7: failed self-tests that no later whole test outdates",
    action: "Run a long self-test; replace the drive if it fails.",
    find: eachRead(oldTests),
  },
];
