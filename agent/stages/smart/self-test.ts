/** Runs one self-test of one drive: begins it, asks how far it is, and reads how it ended. A stage that is cancelled leaves no test running. */
import type { DriveAddress, SelfTestKind } from "../../probes/smartctl/argv.ts";
import type { Clock } from "../../system/clock.ts";
import type { Drives } from "./drive.ts";
import type { OwnTest, Reading } from "./facts.ts";
import { doneOf, endingOfTest, whyNoTest } from "./outcome.ts";

/** What is needed to test one drive. */
export interface TestParts {
  readonly drives: Drives;
  readonly address: DriveAddress;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly kind: SelfTestKind;
  readonly expectedMinutes: number;
  readonly limitMs: number;
  readonly pollMs: number;
  /** Reads the drive again; undefined when it does not answer any more. */
  readonly reread: () => Promise<Reading | undefined>;
  /** 0 to 1. */
  readonly progress: (ratio: number) => void;
}

const MS_PER_MINUTE = 60_000;
/** A drive that shows nothing of a test has ended it, or takes a moment to begin: so many looks tell. */
const LOOKS = 2;
/** A drive that does not answer while it tests itself is asked again: so many times in a row are too many. */
const MOST_SILENT = 3;
const REFUSED = /not support|unsupported|does not support|not capable/i;

type Waited = { readonly end: "over" | "overdue" | "silent"; readonly seenRunning: boolean };

/** Waits until the drive shows no test any more. */
const waitForEnd = async (parts: TestParts): Promise<Waited> => {
  const { drives, address, clock, signal, limitMs, pollMs, expectedMinutes, progress } = parts;
  const startMs = clock.monoMs();
  let seenRunning = false;
  let silent = 0;
  for (let looks = 1; ; looks += 1) {
    await clock.sleep(pollMs, signal);
    const said = await drives.poll(address);
    if (signal.aborted) return { end: "over", seenRunning };
    silent = said.ok ? 0 : silent + 1;
    if (silent >= MOST_SILENT) return { end: "silent", seenRunning };
    const elapsedMs = clock.monoMs() - startMs;
    const now = said.ok ? said.facts.selfTestNow : undefined;
    if (now?.running === true) {
      seenRunning = true;
      progress(doneOf(now.remainingPercent, elapsedMs, expectedMinutes * MS_PER_MINUTE));
    } else if (said.ok && (seenRunning || looks >= LOOKS)) return { end: "over", seenRunning };
    if (elapsedMs >= limitMs) return { end: "overdue", seenRunning };
  }
};

/** The test, and the drive as it was read after it. */
export interface Tested {
  readonly test: OwnTest;
  readonly after?: Reading;
}

const bare = (kind: SelfTestKind, expectedMinutes: number, outcome: OwnTest["outcome"], reason: string): OwnTest => ({
  kind,
  outcome,
  reason: reason.slice(0, 500),
  expectedMinutes,
  durationMs: 0,
});

/** Begins the test; null when it runs. One that runs already, of a BMC or of a run before, is ended first. */
const begin = async (
  { drives, address, kind, expectedMinutes }: TestParts,
  before: Reading,
): Promise<OwnTest | null> => {
  const why = whyNoTest(before);
  if (why !== null) return bare(kind, expectedMinutes, "unsupported", why);
  if (before.selfTestRunning === true) await drives.abort(address);
  const started = await drives.start(address, kind);
  if (!started.ok) return bare(kind, expectedMinutes, "not-started", started.reason);
  if (!started.facts.exitBits.includes("command-failed")) return null;
  const words = started.facts.messages.map(({ text }) => text).join(" ");
  const reason = words || "smartctl says that the command failed.";
  return bare(kind, expectedMinutes, REFUSED.test(words) ? "unsupported" : "not-started", reason);
};

/** What came of a test that the drive shows no more, or that was given up. */
const conclude = async (
  parts: TestParts,
  before: Reading,
  { end, seenRunning }: Waited,
  ran: number,
): Promise<Tested> => {
  const { drives, address, kind, expectedMinutes, reread } = parts;
  const durationMs = Math.round(ran);
  const ended = (outcome: OwnTest["outcome"], reason: string): OwnTest => ({
    ...bare(kind, expectedMinutes, outcome, reason),
    durationMs,
  });
  if (end === "silent") return { test: ended("unrecorded", "The drive stopped answering during the test.") };
  if (end === "overdue") {
    await drives.abort(address);
    return {
      test: ended("overdue", `It still ran after ${Math.round(durationMs / MS_PER_MINUTE)} min, and was ended.`),
    };
  }
  const after = await reread();
  if (after === undefined) return { test: ended("unrecorded", "The drive stopped answering after the test.") };
  const { outcome, reason, entry } = endingOfTest(kind, before, after, seenRunning);
  return { test: { ...ended(outcome, reason), ...(entry === undefined ? {} : { entry }) }, after };
};

/** Runs the test to its end. `before` is the drive as it was read last. */
export const runSelfTest = async (parts: TestParts, before: Reading): Promise<Tested> => {
  const { drives, address, clock, signal, kind, expectedMinutes } = parts;
  const startMs = clock.monoMs();
  const refused = await begin(parts, before);
  const waited = refused === null ? await waitForEnd(parts) : null;
  if (signal.aborted) {
    // Also when the command was cut off: the drive may have taken it.
    await drives.farewell(address);
    return { test: bare(kind, expectedMinutes, "aborted", "The stage was cancelled.") };
  }
  if (waited !== null) return conclude(parts, before, waited, clock.monoMs() - startMs);
  return { test: refused ?? bare(kind, expectedMinutes, "not-started", "It was not begun.") };
};
