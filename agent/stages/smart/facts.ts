/** What the SMART stage posts: each ordered disk as it was read before and after its own self-tests, and what became of those. Pure. */
import * as v from "valibot";
import { cleanText, present } from "../../probes/label.ts";
import type { AtaAttribute } from "../../probes/smartctl/attributes.ts";
import type { SelfTest } from "../../probes/smartctl/logs.ts";
import type { SmartctlFacts } from "../../probes/smartctl/parse.ts";
import type { NvmeLogs, ScsiLogs } from "../../probes/smartctl/protocols.ts";
import { count, text } from "../../wire/fields.ts";
import { DISK_CLASSES } from "../../wire/order.ts";

const number = v.optional(v.pipe(v.number(), v.finite()));
const size = v.optional(count);
const flag = v.optional(v.boolean());
const label = v.optional(text(256));

/** Kinds of self-tests, the shorter first. */
export const SELF_TESTS = ["short", "long"] as const;

const Attribute = v.object({
  id: count,
  name: text(100),
  /** Normalised: bigger is better, and at the threshold it has failed. */
  value: size,
  worst: size,
  threshold: size,
  prefail: v.boolean(),
  failed: v.optional(v.picklist(["now", "past"])),
  /** All 48 bits as one number; vendors pack several counters into it. */
  raw: size,
  /** The same as three counters of 16 bits, lowest first. */
  words: v.optional(v.tuple([count, count, count])),
  /** What the raw value counts, by smartctl's table of vendors' formats. */
  counted: number,
});
/** One SMART attribute of an ATA drive. */
export type Attribute = v.InferOutput<typeof Attribute>;

const LogEntry = v.object({
  kind: text(100),
  status: text(200),
  passed: flag,
  running: flag,
  atHours: size,
  failingLba: size,
});
/** One self-test of a drive's log. */
export type LogEntry = v.InferOutput<typeof LogEntry>;

const Scsi = v.object({
  grownDefectCount: size,
  readUncorrectedCount: size,
  writeUncorrectedCount: size,
  verifyUncorrectedCount: size,
  nonMediumErrorCount: size,
  /** Frames that a port of the drive could not read: cable, backplane, expander. */
  linkErrorCount: size,
});

const Nvme = v.object({
  criticalWarning: size,
  sparePercent: size,
  spareThresholdPercent: size,
  dataUnitsRead: number,
  hostReadCount: number,
  mediaErrorCount: number,
  /** Recorded only: it counts commands that the drive does not know as well. */
  errorLogEntryCount: number,
  warningTempMinutes: size,
  criticalTempMinutes: size,
});

const Reading = v.object({
  model: label,
  firmware: label,
  protocol: v.optional(v.picklist(["ata", "scsi", "nvme"])),
  /** It has a spindle. */
  rotating: flag,
  /** smartctl's exit status by the names of its bits (smartctl(8), EXIT STATUS). */
  exitBits: v.array(text(40)),
  messages: v.array(text(300)),
  smartAvailable: flag,
  smartEnabled: flag,
  /** The drive's own verdict. */
  passed: flag,
  /** A SCSI drive's words for what it fears. */
  impendingFailure: label,
  tempC: number,
  maxTempC: number,
  criticalTempC: number,
  powerOnHours: size,
  wearPercent: size,
  pendingDefectCount: size,
  errorLogCount: size,
  attributes: v.array(Attribute),
  /** Newest first. */
  selfTests: v.array(LogEntry),
  selfTestSupported: flag,
  selfTestRunning: flag,
  /** How the last one ended, for drives that keep no log of them; an ATA drive that never ran one says "passed" as well. */
  selfTestPassed: flag,
  scsi: v.optional(Scsi),
  nvme: v.optional(Nvme),
});
/** One drive at one moment. */
export type Reading = v.InferOutput<typeof Reading>;

/** What became of one of our self-tests. `unrecorded`: it ended, and neither log nor status says how. */
export const TEST_OUTCOMES = [
  "passed",
  "failed",
  "aborted",
  "overdue",
  "unsupported",
  "not-started",
  "unrecorded",
  "not-reached",
] as const;
/** What became of one of our self-tests. */
export type TestOutcome = (typeof TEST_OUTCOMES)[number];

const OwnTest = v.object({
  kind: v.picklist(SELF_TESTS),
  outcome: v.picklist(TEST_OUTCOMES),
  reason: text(500),
  /** By the drive's own estimate, or by ours for a drive that gives none. */
  expectedMinutes: count,
  durationMs: count,
  /** The log's entry that is ours. */
  entry: v.optional(LogEntry),
});
/** One of our self-tests. */
export type OwnTest = v.InferOutput<typeof OwnTest>;

/**
 * How a drive could be asked. `gone`: neither smartctl nor the kernel knows its serial. `unopened`: it is there and does not open. `silent`: it did not
 * answer in time. `failed`: what came back is no report. `ambiguous`: several drives give its serial. `virtual`: a hypervisor's disk, which has no SMART.
 */
export const ACCESS = ["ok", "gone", "unopened", "silent", "failed", "ambiguous", "virtual"] as const;
const Access = v.object({ status: v.picklist(ACCESS), reason: text(500) });
/** How a drive could be asked. */
export type Access = v.InferOutput<typeof Access>;

const DiskSmart = v.object({
  serial: text(256),
  class: v.picklist(DISK_CLASSES),
  model: label,
  /** Which node answered, and by which way: for people. */
  device: label,
  access: Access,
  /** The same when it was asked again, after the self-tests. */
  accessAfter: v.optional(Access),
  before: v.optional(Reading),
  after: v.optional(Reading),
  /** SMART was off, and the stage has switched it on. */
  switchedOn: flag,
  tests: v.array(OwnTest),
});
/** One disk. */
export type DiskSmart = v.InferOutput<typeof DiskSmart>;

/** The facts of SMART. */
export const SmartFacts = v.object({
  /** The self-tests that were asked for. */
  selfTests: v.array(v.picklist(SELF_TESTS)),
  disks: v.array(DiskSmart),
});
/** The facts of SMART. */
export type SmartFacts = v.InferOutput<typeof SmartFacts>;

const MAX_ENTRIES = 25;
const MAX_MESSAGES = 10;

const attributeOf = ({ rawWords, reading, rawText: _text, ...rest }: AtaAttribute): Attribute => ({
  ...rest,
  ...present({
    words: rawWords === undefined ? undefined : ([...rawWords] as [number, number, number]),
    counted: reading ?? rest.raw,
  }),
});

/** A log's entry as the facts have it. */
export const entryOf = ({ remainingPercent: _percent, kind, status, ...rest }: SelfTest): LogEntry => ({
  ...rest,
  kind: cleanText(kind, 100),
  status: cleanText(status, 200),
});

const scsiOf = (logs: ScsiLogs) =>
  present({
    grownDefectCount: logs.grownDefectCount,
    readUncorrectedCount: logs.read?.uncorrectedCount,
    writeUncorrectedCount: logs.write?.uncorrectedCount,
    verifyUncorrectedCount: logs.verify?.uncorrectedCount,
    nonMediumErrorCount: logs.nonMediumErrorCount,
    linkErrorCount: logs.invalidDwordCount,
  });

const nvmeOf = (logs: NvmeLogs) =>
  present({
    criticalWarning: logs.criticalWarning,
    sparePercent: logs.sparePercent,
    spareThresholdPercent: logs.spareThresholdPercent,
    dataUnitsRead: logs.dataUnitsRead,
    hostReadCount: logs.hostReadCount,
    mediaErrorCount: logs.mediaErrorCount,
    errorLogEntryCount: logs.errorLogEntryCount,
    warningTempMinutes: logs.warningTempMinutes,
    criticalTempMinutes: logs.criticalTempMinutes,
  });

/** 0 °C is what drives say that do not measure. */
const tempOf = (tempC: number | null): number | undefined => tempC || undefined;
const clean = (words: string | null | undefined): string | undefined =>
  words == null ? undefined : cleanText(words, 256) || undefined;

/** What was read of a drive, as it crosses the wire. */
export const readingOf = (drive: SmartctlFacts): Reading => ({
  exitBits: [...drive.exitBits],
  messages: drive.messages.slice(0, MAX_MESSAGES).map((message) => cleanText(message.text, 300)),
  attributes: drive.attributes.map(attributeOf),
  selfTests: drive.selfTests.slice(0, MAX_ENTRIES).map(entryOf),
  ...present({
    model: clean(drive.model),
    firmware: clean(drive.firmware),
    protocol: drive.protocol ?? undefined,
    rotating: drive.rotationRpm === undefined ? undefined : drive.rotationRpm > 0,
    smartAvailable: drive.smartAvailable,
    smartEnabled: drive.smartEnabled,
    passed: drive.passed,
    impendingFailure: clean(drive.scsi?.impendingFailure),
    tempC: tempOf(drive.temperatureC),
    maxTempC: drive.maxTempC,
    criticalTempC: drive.criticalTempC,
    powerOnHours: drive.powerOnHours,
    wearPercent: drive.wearPercent,
    pendingDefectCount: drive.ata?.pendingDefectCount ?? drive.scsi?.pendingDefectCount,
    errorLogCount: drive.ata?.errorCount,
    selfTestSupported: drive.nvme?.selfTestSupported ?? drive.ata?.selfTestSupported,
    selfTestRunning: drive.selfTestNow?.running,
    selfTestPassed: drive.selfTestNow?.passed,
    scsi: drive.scsi === undefined ? undefined : scsiOf(drive.scsi),
    nvme: drive.nvme === undefined ? undefined : nvmeOf(drive.nvme),
  }),
});
