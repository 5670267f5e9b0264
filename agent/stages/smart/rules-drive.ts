/** What is asked of every drive, whatever it speaks. Pure. */
import type { Verdict } from "../../wire/names.ts";
import type { Access, DiskSmart, Reading } from "./facts.ts";
import { type Answer, eachRead, nameOf, type SmartRule } from "./rule.ts";

const ACCESS_VERDICTS: Readonly<Record<Access["status"], Verdict>> = {
  ok: "PASS",
  gone: "FAIL",
  unopened: "FAIL",
  silent: "ERROR",
  failed: "ERROR",
  ambiguous: "ERROR",
  virtual: "SKIPPED",
};

const ACCESS_WORDS: Readonly<Record<Access["status"], string>> = {
  ok: "It tells its SMART data.",
  gone: "It is not there any more.",
  unopened: "It does not open.",
  silent: "It did not answer in time.",
  failed: "What it told cannot be read.",
  ambiguous: "It cannot be told from another drive.",
  virtual: "A hypervisor's disk without SMART.",
};

const readable = ({ access, accessAfter }: DiskSmart): Answer => {
  const late = access.status === "ok" && accessAfter !== undefined && accessAfter.status !== "ok";
  const { status, reason } = late ? accessAfter : access;
  const when = late ? "After its self-test: " : "";
  return { verdict: ACCESS_VERDICTS[status], message: `${when}${ACCESS_WORDS[status]} ${reason}`.trim() };
};

const isVirtual = ({ class: kind }: DiskSmart): boolean => kind === "virtual";

const enabled = (now: Reading, { switchedOn }: DiskSmart): Answer | undefined => {
  if (switchedOn === true && now.smartEnabled !== false)
    return { verdict: "WARN", message: "SMART was off; the stage has switched it on.", measured: "off", limit: "on" };
  if (now.smartAvailable === false) return { verdict: "SKIPPED", message: "The drive has no SMART." };
  if (now.smartEnabled === undefined) return undefined;
  return now.smartEnabled
    ? { verdict: "PASS", message: "SMART is on." }
    : { verdict: "ERROR", message: "SMART is off and could not be switched on." };
};

const health = (now: Reading): Answer | undefined => {
  // An NVMe drive's verdict is its critical warning, which has a rule of its own.
  if (now.nvme?.criticalWarning !== undefined) return undefined;
  if (now.passed === false || now.exitBits.includes("disk-failing")) {
    const words = now.impendingFailure === undefined ? "" : ` Its words: ${now.impendingFailure}.`;
    return { verdict: "FAIL", message: `The drive says that it is failing.${words}`, measured: "failing", limit: "ok" };
  }
  if (now.passed === true) return { verdict: "PASS", message: "The drive says that it is well." };
  return now.smartAvailable === false
    ? { verdict: "SKIPPED", message: "A drive without SMART gives no verdict of itself." }
    : { verdict: "ERROR", message: "The drive gives no verdict of itself." };
};

const commands = (now: Reading, disk: DiskSmart): Answer => {
  if (!now.exitBits.includes("command-failed")) return { verdict: "PASS", message: "It answered every command." };
  if (isVirtual(disk)) return { verdict: "SKIPPED", message: "A hypervisor's disk knows a part of SMART only." };
  const said = now.messages[0] === undefined ? "" : ` smartctl says: ${now.messages[0]}`;
  return { verdict: "WARN", message: `A SMART command failed, or a checksum was wrong.${said}` };
};

/** The warmer of the two readings: a self-test makes a drive work. */
const warmest = ({ before, after }: DiskSmart): number | undefined => {
  const temps = [before?.tempC, after?.tempC].filter((tempC) => tempC !== undefined);
  return temps.length === 0 ? undefined : Math.max(...temps);
};

/** A limit of nothing is one that the drive does not have. */
const limitOf = (tempC: number | undefined): number | undefined =>
  tempC !== undefined && tempC > 0 ? tempC : undefined;

const temperature = (now: Reading, disk: DiskSmart): Answer => {
  const tempC = warmest(disk);
  const [max, critical] = [limitOf(now.maxTempC), limitOf(now.criticalTempC)];
  if (tempC === undefined) return { verdict: "SKIPPED", message: "The drive tells no temperature." };
  const measured = `${tempC} °C`;
  const least = max ?? critical;
  if (least === undefined)
    return { verdict: "SKIPPED", message: "The drive names no limit for its temperature.", measured };
  if (critical !== undefined && tempC >= critical)
    return { verdict: "FAIL", message: "It is as hot as it must never be.", measured, limit: `below ${critical} °C` };
  return tempC >= least
    ? { verdict: "WARN", message: "It is hotter than it may be at work.", measured, limit: `below ${least} °C` }
    : { verdict: "PASS", message: "Its temperature is within its own limits.", measured, limit: `below ${least} °C` };
};

/** What must not grow while a drive stands in the box's hands, by what people call it. */
const GROWING: readonly (readonly [what: string, read: (reading: Reading) => number | undefined])[] = [
  ...(
    [
      [5, "reallocated sectors"],
      [187, "reported errors"],
      [196, "reallocations"],
      [197, "pending sectors"],
      [198, "unreadable sectors"],
      [10, "spin retries"],
    ] as const
  ).map(
    ([id, what]) =>
      [what, (one: Reading) => one.attributes.find((a) => a.id === id && a.name !== "Not_In_Use")?.counted] as const,
  ),
  ["pending defects", (one) => one.pendingDefectCount],
  ["grown defects", (one) => one.scsi?.grownDefectCount],
  ["uncorrected reads", (one) => one.scsi?.readUncorrectedCount],
  ["uncorrected writes", (one) => one.scsi?.writeUncorrectedCount],
  ["uncorrected verifications", (one) => one.scsi?.verifyUncorrectedCount],
  ["media errors", (one) => one.nvme?.mediaErrorCount],
];

/** Counters that grew between the readings. */
const grown = (_now: Reading, { before, after }: DiskSmart): Answer | undefined => {
  if (before === undefined || after === undefined) return undefined;
  const words = GROWING.flatMap(([what, read]) => {
    const [was, is] = [read(before), read(after)];
    return was !== undefined && is !== undefined && is > was ? [`${what} from ${was} to ${is}`] : [];
  });
  return words.length === 0
    ? { verdict: "PASS", message: "No count of defects grew during the stage." }
    : {
        verdict: "FAIL",
        message: `During the stage grew: ${words.join(", ")}.`,
        measured: words.join(", "),
        limit: "no growth",
      };
};

const wear = eachRead((now, _disk, { wearWarnPercent, wearFailPercent }) => {
  if (now.wearPercent === undefined) return undefined;
  const measured = `${now.wearPercent} %`;
  const over = now.wearPercent > wearFailPercent;
  return {
    verdict: over ? "FAIL" : now.wearPercent > wearWarnPercent ? "WARN" : "PASS",
    message: over ? "It has outlived its rated life." : `${measured} of its rated life are used.`,
    measured,
    limit: `at most ${over ? wearFailPercent : wearWarnPercent} %`,
  };
});

/** The rules. */
export const DRIVE_RULES: readonly SmartRule[] = [
  {
    code: "smart.readable",
    worst: "FAIL",
    source: "an expected disk that does not open has failed; one that does not answer was not measured",
    action: "Look for the drive: power, cable, backplane. Then run the stage again; replace a drive that stays silent.",
    find: ({ disks }) =>
      disks.length === 0
        ? [{ verdict: "SKIPPED", component: "disks", message: "No disk with a serial is expected here." }]
        : disks.map((disk) => ({ component: nameOf(disk), ...readable(disk) })),
  },
  {
    code: "smart.enabled",
    worst: "WARN",
    source: "smartctl(8), -s: a drive whose SMART is off counts and tests nothing",
    action: "Leave SMART on; look at the firmware setup of the server if it is off again.",
    find: eachRead(enabled),
  },
  {
    code: "smart.health",
    worst: "FAIL",
    source: "smartctl(8), EXIT STATUS bit 3: DISK FAILING; ACS-4 7.48.12, SPC-4 sense 5Dh",
    action: "Replace the drive.",
    find: eachRead(health),
  },
  {
    code: "smart.commands",
    worst: "WARN",
    source: "smartctl(8), EXIT STATUS bit 2; common with drives that lack an optional log",
    action: "See smartctl-after.txt among the artifacts.",
    find: eachRead(commands),
  },
  {
    code: "smart.growth",
    worst: "FAIL",
    source: "what grows within minutes is a defect at work; history is judged by the other rules",
    action: "Replace the drive.",
    find: eachRead(grown),
  },
  {
    code: "smart.wear",
    worst: "FAIL",
    source: "NVMe base specification and ACS-4 9.5.8, percentage used; Meta's check_blockdev.py warns above 80",
    action: "Plan its replacement; above 100 % replace it.",
    find: wear,
  },
  {
    code: "smart.temperature",
    worst: "FAIL",
    source: "the drive's own limits: SCT status, SCSI trip temperature, NVMe WCTEMP and CCTEMP",
    action: "Look at fans, filters and the drive's place in the airflow.",
    find: eachRead(temperature),
  },
];
