/** Every figure of the SMART stage. Pure. */
import type { Limits, LimitTable } from "../limits.ts";

/** Failure rates of disks by attribute, as scrutiny cites them. */
const BACKBLAZE = "Backblaze drive statistics by attribute (scrutiny, ata_attribute_metadata.go)";

/** The limits. */
export const SMART_LIMITS = {
  selfTestLevel: {
    what: "Self-tests of each drive: 0 none, 1 short, 2 short and long",
    unit: "level",
    source: "profiles: quick short, standard and soak long",
    default: { quick: 1, standard: 2, soak: 2 },
    min: 0,
    max: 2,
  },
  pollS: {
    what: "How often a drive is asked for its self-test's progress",
    unit: "s",
    source: "practice: every 15 to 30 s; asking more often slows a self-test down",
    default: 20,
    min: 1,
    max: 60,
  },
  shortTestMinutes: {
    what: "A short self-test, for drives that do not say",
    unit: "min",
    source: "ACS-4, 7.48.8 and NVMe 1.3, 8.11: two minutes or less",
    default: 2,
    min: 1,
    max: 30,
  },
  longTestMBps: {
    what: "Speed at which a hard disk that does not say reads itself in a long self-test",
    unit: "MB/s",
    source: "drives' own estimates, recorded: 14 TB in 1479 min, 4 TB in 523 min, 0.5 TB in 79 min: 105 to 158 MB/s",
    default: 120,
    min: 20,
    max: 1_000,
  },
  longTestMinutes: {
    what: "A long self-test of a drive without a spindle that does not say",
    unit: "min",
    source: "drives' own estimates, recorded: 68, 70 and 85 min",
    default: 90,
    min: 1,
    max: 600,
  },
  reallocatedWarnSectors: {
    what: "Reallocated sectors that are told",
    unit: "sectors",
    source: `${BACKBLAZE}: 2.5 % a year at 0, 7.5 % at 4 to 16`,
    default: 1,
    min: 1,
    max: 1_000_000,
  },
  reallocatedFailSectors: {
    what: "Reallocated sectors of a hard disk that fail it; a drive of flash has spare blocks, and its own threshold",
    unit: "sectors",
    source: `${BACKBLAZE}: 23.6 % a year at 16 to 70`,
    default: 16,
    min: 1,
    max: 1_000_000,
  },
  pendingFailSectors: {
    what: "Sectors that wait to be reallocated: data that could not be read",
    unit: "sectors",
    source: `${BACKBLAZE}: 34 % a year from 1`,
    default: 1,
    min: 1,
    max: 1_000_000,
  },
  offlineFailSectors: {
    what: "Sectors that the drive's own scan could not read",
    unit: "sectors",
    source: `${BACKBLAZE}: 81 % a year from 1`,
    default: 1,
    min: 1,
    max: 1_000_000,
  },
  reportedWarnCount: {
    what: "Errors that the drive could not correct and reported",
    unit: "errors",
    source: `${BACKBLAZE}: 34 % a year from 1`,
    default: 1,
    min: 1,
    max: 1_000_000,
  },
  reallocationWarnCount: {
    what: "Times that a sector was reallocated, or tried to be",
    unit: "events",
    source: `${BACKBLAZE}: 17 % a year at 11 to 17`,
    default: 1,
    min: 1,
    max: 1_000_000,
  },
  spinRetryFailCount: {
    what: "Times that the spindle had to be started again",
    unit: "times",
    source: `${BACKBLAZE}: 56 % a year from 1`,
    default: 1,
    min: 1,
    max: 1_000_000,
  },
  grownDefectWarnCount: {
    what: "Defects of a SAS drive since it left the factory",
    unit: "defects",
    source: "SPC-4 and SBC-3: the grown defect list is empty on a new drive",
    default: 1,
    min: 1,
    max: 1_000_000,
  },
  uncorrectedFailCount: {
    what: "Reads and writes of a SAS drive that could not be corrected",
    unit: "errors",
    source: "SPC-4, log pages 02h and 03h, total uncorrected errors: data that were lost",
    default: 1,
    min: 1,
    max: 1_000_000,
  },
  mediaFailCount: {
    what: "Times that an NVMe drive could not correct its data",
    unit: "errors",
    source: "NVMe base specification, SMART log: media and data integrity errors; scrutiny fails from 1",
    default: 1,
    min: 1,
    max: 1_000_000,
  },
  wearWarnPercent: {
    what: "Used part of a drive's rated life that is told",
    unit: "%",
    source: "Meta's check_blockdev.py: percentage used above 80",
    default: 80,
    min: 1,
    max: 255,
  },
  wearFailPercent: {
    what: "Used part of a drive's rated life that fails it",
    unit: "%",
    source: "NVMe base specification: above 100 the drive has outlived its rating",
    default: 100,
    min: 1,
    max: 255,
  },
} as const satisfies LimitTable;

/** Figures in force. */
export type SmartLimits = Limits<typeof SMART_LIMITS>;
