/** What is asked of ATA drives: their attributes and logs. Command timeouts (188) and raw read errors (1) are recorded and never judged: vendors pack them. Pure. */
import type { Attribute, DiskSmart, Reading } from "./facts.ts";
import { type Answer, attributeOf, countOf, countRule, eachRead, type SmartRule } from "./rule.ts";

const REPLACE = "Replace the drive.";
const BACKBLAZE = "Backblaze drive statistics by attribute, as scrutiny cites them";
const CRC = /CRC/;

const isAta = ({ protocol }: Reading): boolean => protocol === "ata";
const named = (attributes: readonly Attribute[]): string =>
  attributes
    .map(({ id, name, value, threshold }) => `${id} ${name} (${value ?? "?"}, threshold ${threshold ?? "?"})`)
    .join(", ");

const prefailNow = (now: Reading): Answer | undefined => {
  if (!isAta(now)) return undefined;
  const failing = now.attributes.filter(({ prefail, failed }) => prefail && failed === "now");
  if (failing.length === 0 && !now.exitBits.includes("prefail-below-threshold"))
    return now.attributes.length === 0 ? undefined : { verdict: "PASS", message: "No attribute is at its threshold." };
  const words = failing.length === 0 ? "one, by smartctl's exit status" : named(failing);
  return { verdict: "FAIL", message: `Attributes that foretell failure are at their threshold: ${words}.` };
};

const thresholdPast = (now: Reading): Answer | undefined => {
  if (!isAta(now) || now.attributes.length === 0) return undefined;
  const old = now.attributes.filter(({ prefail, failed }) => failed === "past" || (failed === "now" && !prefail));
  if (old.length === 0 && !now.exitBits.includes("below-threshold-in-the-past"))
    return { verdict: "PASS", message: "No attribute ever was at its threshold." };
  const words = old.length === 0 ? "one, by smartctl's exit status" : named(old);
  return { verdict: "WARN", message: `Attributes were at their threshold, or are and tell of age: ${words}.` };
};

const errorLog = (now: Reading, { before, after }: DiskSmart): Answer | undefined => {
  if (!isAta(now)) return undefined;
  const [was, is] = [before?.errorLogCount, after?.errorLogCount];
  if (was !== undefined && is !== undefined && is > was)
    return {
      verdict: "FAIL",
      message: `It logged ${is - was} errors during the stage.`,
      measured: `${is - was}`,
      limit: "0",
    };
  const count = now.errorLogCount;
  if (count === undefined && !now.exitBits.includes("error-log")) return undefined;
  if (count === 0) return { verdict: "PASS", message: "Its error log is empty." };
  const words = count === undefined ? "errors" : count === 1 ? "1 error" : `${count} errors`;
  return { verdict: "WARN", message: `Its log has ${words} from before; none came during the stage.` };
};

const crc = (_now: Reading, { before, after }: DiskSmart): Answer | undefined => {
  const read = (reading: Reading | undefined) =>
    reading === undefined ? undefined : (countOf(reading, 199, CRC) ?? reading.scsi?.linkErrorCount);
  const [was, is] = [read(before), read(after)];
  if (was === undefined || is === undefined) return undefined;
  const [measured, limit] = [`${Math.max(0, is - was)} new`, "0 new"];
  if (is > was)
    return { verdict: "WARN", message: "Frames were damaged on their way during the stage.", measured, limit };
  const history = is === 0 ? "" : ` ${is} are from before: cables are changed, the count stays.`;
  return { verdict: "PASS", message: `No frame was damaged during the stage.${history}`, measured, limit };
};

const endToEnd = (now: Reading): Answer | undefined => {
  const one = attributeOf(now, 184, /End-to-End/);
  if (one?.value === undefined || one.threshold === undefined) return undefined;
  const [measured, limit] = [`${one.value}`, `above ${one.threshold}`];
  // A threshold of 0 is never reached: the vendor counts it without judging it.
  return one.threshold > 0 && one.value <= one.threshold
    ? { verdict: "FAIL", message: "Data changed between the drive's cache and its medium.", measured, limit }
    : { verdict: "PASS", message: "Data stay the same on their way through the drive.", measured, limit };
};

/** The rules. */
export const ATA_RULES: readonly SmartRule[] = [
  {
    code: "smart.prefail-now",
    worst: "FAIL",
    source: "smartctl(8), EXIT STATUS bit 4: prefail attributes at or below their threshold",
    action: REPLACE,
    find: eachRead(prefailNow),
  },
  {
    code: "smart.threshold-past",
    worst: "WARN",
    source: "smartctl(8), EXIT STATUS bit 5: attributes that were at or below their threshold",
    action: "Look at which: a temperature of the past is harmless, a count of defects is not.",
    find: eachRead(thresholdPast),
  },
  {
    code: "smart.error-log",
    worst: "FAIL",
    source: "smartctl(8), EXIT STATUS bit 6: history warns, growth fails",
    action: "Errors during the stage: check cable and backplane, then replace the drive. Old ones: note the count.",
    find: eachRead(errorLog),
  },
  countRule({
    code: "smart.reallocated",
    source: `${BACKBLAZE}: 7.5 % a year fail at 4 to 16, 23.6 % at 16 to 70`,
    action: "Hard disk with many: replace it. Few: compare with the next run; they must not grow.",
    unit: "sectors",
    means: "were replaced by spare ones",
    read: (now) => countOf(now, 5, /Realloc|Retired/),
    warnFrom: (limits) => limits.reallocatedWarnSectors,
    failFrom: (limits, now) => (now.rotating === true ? limits.reallocatedFailSectors : undefined),
  }),
  countRule({
    code: "smart.pending",
    source: `${BACKBLAZE}: 34 % a year fail from 1; ACS-4 9.26, pending defects log`,
    action: "Replace the drive. Writing the whole disk may clear the count, not the reason for it.",
    unit: "sectors",
    means: "cannot be read and wait to be written",
    read: (now) => countOf(now, 197, /Pending/) ?? now.pendingDefectCount,
    failFrom: (limits) => limits.pendingFailSectors,
  }),
  countRule({
    code: "smart.offline-uncorrectable",
    source: `${BACKBLAZE}: 81 % a year fail from 1`,
    action: REPLACE,
    unit: "sectors",
    means: "the drive's own scan could not read",
    read: (now) => countOf(now, 198, /Offline_Uncorrect|Uncorrectable/),
    failFrom: (limits) => limits.offlineFailSectors,
  }),
  countRule({
    code: "smart.reported-uncorrected",
    source: `${BACKBLAZE}: 34 % a year fail from 1`,
    action: "Test its surface; replace the drive if a sector fails or the count grows.",
    unit: "errors",
    means: "the drive could not correct",
    read: (now) => countOf(now, 187, /Report|Uncorrect/),
    warnFrom: (limits) => limits.reportedWarnCount,
  }),
  countRule({
    code: "smart.reallocation-events",
    source: `${BACKBLAZE}: 17 % a year fail at 11 to 17`,
    action: "Compare with the next run; it must not grow.",
    unit: "events",
    means: "were reallocations",
    read: (now) => countOf(now, 196, /Realloc/),
    warnFrom: (limits) => limits.reallocationWarnCount,
  }),
  countRule({
    code: "smart.spin-retry",
    source: `${BACKBLAZE}: 56 % a year fail from 1`,
    action: "Check the power of the bay; replace the drive.",
    unit: "times",
    means: "its spindle had to be started again",
    read: (now) => countOf(now, 10, /Spin_Retry/),
    failFrom: (limits) => limits.spinRetryFailCount,
  }),
  {
    code: "smart.end-to-end",
    worst: "FAIL",
    source: "the drive's own threshold for attribute 184",
    action: REPLACE,
    find: eachRead(endToEnd),
  },
  {
    code: "smart.link-crc",
    worst: "WARN",
    source: "attribute 199 and SAS phy counters: the link to the drive, not its medium",
    action: "Seat or replace cable, backplane or expander.",
    find: eachRead(crc),
  },
];
