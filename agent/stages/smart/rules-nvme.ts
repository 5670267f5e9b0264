/** What is asked of NVMe drives. Entries of the error log are recorded and never judged: the drive counts commands that it does not know as well. Pure. */
import type { DiskSmart, Reading } from "./facts.ts";
import { type Answer, countRule, eachRead, type SmartRule } from "./rule.ts";

const SPECIFICATION = "NVMe base specification, SMART/health information log";
const REPLACE = "Replace the drive.";

/** Bits of the critical warning, lowest first. */
const WARNINGS = [
  "its spare blocks are nearly used up",
  "its temperature is beyond a limit",
  "it is no longer reliable",
  "it is read-only",
  "the backup of its volatile memory failed",
  "its persistent memory is unreliable",
] as const;

const criticalWarning = ({ nvme }: Reading): Answer | undefined => {
  const value = nvme?.criticalWarning;
  if (value === undefined) return undefined;
  if (value === 0) return { verdict: "PASS", message: "The drive warns of nothing.", measured: "0", limit: "0" };
  const words = WARNINGS.filter((_, bit) => Math.floor(value / 2 ** bit) % 2 === 1);
  const said = words.length === 0 ? "of something that this program does not know" : `that ${words.join(", that ")}`;
  return { verdict: "FAIL", message: `The drive warns ${said}.`, measured: `${value}`, limit: "0" };
};

const spare = ({ nvme }: Reading): Answer | undefined => {
  if (nvme?.sparePercent === undefined || nvme.spareThresholdPercent === undefined) return undefined;
  const below = nvme.sparePercent < nvme.spareThresholdPercent;
  return {
    verdict: below ? "FAIL" : "PASS",
    message: below ? "Its spare blocks are nearly used up." : "It has spare blocks.",
    measured: `${nvme.sparePercent} %`,
    limit: `at least ${nvme.spareThresholdPercent} %`,
  };
};

const hotTime = (_now: Reading, { before, after }: DiskSmart): Answer | undefined => {
  const minutes = [before?.nvme, after?.nvme].map((log) =>
    log?.warningTempMinutes === undefined && log?.criticalTempMinutes === undefined
      ? undefined
      : (log.warningTempMinutes ?? 0) + (log.criticalTempMinutes ?? 0),
  );
  const [was, is] = minutes;
  if (was === undefined || is === undefined) return undefined;
  const measured = `${Math.max(0, is - was)} min`;
  return is > was
    ? { verdict: "WARN", message: "It was too hot during the stage, by its own count.", measured, limit: "0 min" }
    : { verdict: "PASS", message: "It was never too hot during the stage.", measured, limit: "0 min" };
};

/** Below so many reads a drive may really have read no unit of 512 000 bytes. */
const SANE_READS = 100;

const sanity = ({ nvme }: Reading): Answer | undefined => {
  if (nvme?.hostReadCount === undefined || nvme.dataUnitsRead === undefined) return undefined;
  return nvme.hostReadCount > SANE_READS && nvme.dataUnitsRead === 0
    ? { verdict: "WARN", message: "It counts reads but nothing read: what it tells of itself cannot be trusted." }
    : { verdict: "PASS", message: "What it counts fits together." };
};

/** The rules. */
export const NVME_RULES: readonly SmartRule[] = [
  {
    code: "smart.nvme-critical-warning",
    worst: "FAIL",
    source: `${SPECIFICATION}: critical warning; smartctl's exit bit 3`,
    action: "Replace the drive; where it warns of heat alone, look at its cooling first.",
    find: eachRead(criticalWarning),
  },
  {
    code: "smart.nvme-spare",
    worst: "FAIL",
    source: `${SPECIFICATION}: available spare below its threshold`,
    action: REPLACE,
    find: eachRead(spare),
  },
  countRule({
    code: "smart.nvme-media-errors",
    source: `${SPECIFICATION}: media and data integrity errors`,
    action: REPLACE,
    unit: "errors",
    means: "were data which the drive could not correct",
    read: ({ nvme }) => nvme?.mediaErrorCount,
    failFrom: (limits) => limits.mediaFailCount,
  }),
  {
    code: "smart.nvme-hot-time",
    worst: "WARN",
    source: `${SPECIFICATION}: warning and critical composite temperature time`,
    action: "Look at the drive's heat sink and airflow.",
    find: eachRead(hotTime),
  },
  {
    code: "smart.nvme-sanity",
    worst: "WARN",
    source: "Meta's check_blockdev.py: more than 100 reads and no data unit read",
    action: "Update the drive's firmware; do not rely on its counters.",
    find: eachRead(sanity),
  },
];
