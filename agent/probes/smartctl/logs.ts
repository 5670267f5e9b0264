/** Logs that every kind of drive may keep, and those of ATA drives: self-tests, errors, statistics. Pure and total. */
import { countAt, flagAt, type Json, membersAt, numberAt, objectAt, rowsAt, textAt } from "../json-values.ts";
import { present } from "../label.ts";

/** One self-test that a drive remembers, the newest first. */
export interface SelfTest {
  readonly kind: string;
  readonly status: string;
  /** Absent while it runs, and where the drive does not say. */
  readonly passed?: boolean;
  /** The log says that it runs. Drives forget to say when it ended (LP 1612220): only the first entry's word may be believed. */
  readonly running?: boolean;
  readonly remainingPercent?: number;
  /** Hours of the drive's life at which it ended. */
  readonly atHours?: number;
  readonly failingLba?: number;
}

/** The self-test that runs now, or how the last one ended. */
export interface SelfTestNow {
  readonly running: boolean;
  readonly status?: string;
  readonly passed?: boolean;
  /** Of the one that runs. */
  readonly remainingPercent?: number;
}

/** What an ATA drive keeps besides its attributes. */
export interface AtaLogs {
  /** Errors that it remembers; they may be years old. */
  readonly errorCount?: number;
  readonly pendingDefectCount?: number;
  /** Links lose frames over bad cables and backplanes: events by smartctl's names, without those that never happened. */
  readonly phyEvents: Readonly<Record<string, number>>;
  /** Valid entries of the device statistics (ACS-4, 9.5), by smartctl's names. */
  readonly statistics: readonly { readonly page: number; readonly name: string; readonly value: number }[];
  /** The self-test that runs now, or how the last one ended. */
  readonly selfTestStatus?: string;
  readonly shortTestMinutes?: number;
  readonly extendedTestMinutes?: number;
  readonly selfTestSupported?: boolean;
  /** `frozen`, `locked` and the like: a locked drive cannot be read. */
  readonly security?: string;
}

/** High half of an ATA self-test status while a test runs, and SCSI's whole result (ACS-4, 9.6; SPC-4, 7.3.13). */
const IN_PROGRESS = 15;
const stateOf = (status: Json): number | undefined => {
  const value = countAt(status, "value");
  return value === undefined ? undefined : Math.floor(value / 16);
};

const ataSelfTest = (row: Json): SelfTest => {
  const status = objectAt(row, "status");
  return {
    kind: textAt(objectAt(row, "type"), "string", 100) ?? "unknown",
    status: textAt(status, "string", 200) ?? "unknown",
    ...present({
      passed: flagAt(status, "passed"),
      running: stateOf(status) === IN_PROGRESS ? true : undefined,
      remainingPercent: countAt(status, "remaining_percent"),
      atHours: countAt(row, "lifetime_hours"),
      failingLba: countAt(row, "lba"),
    }),
  };
};

/** Results 1 and 2 are aborts, 15 is one in progress: neither passed nor failed (SPC-4, 7.3.13). */
const scsiPassed = (result: number | undefined): boolean | undefined => {
  if (result === 0) return true;
  return result !== undefined && result >= 3 && result <= 7 ? false : undefined;
};

const scsiSelfTest = (entry: Json): SelfTest => ({
  kind: textAt(objectAt(entry, "code"), "string", 100) ?? "unknown",
  status: textAt(objectAt(entry, "result"), "string", 200) ?? "unknown",
  ...present({
    passed: scsiPassed(countAt(objectAt(entry, "result"), "value")),
    running: countAt(objectAt(entry, "result"), "value") === IN_PROGRESS ? true : undefined,
    atHours: countAt(objectAt(entry, "power_on_time"), "hours"),
    failingLba: countAt(objectAt(entry, "lba_first_failure"), "value"),
  }),
});

/** Result 0 passed, 5 to 7 failed; the rest are aborts (NVMe base specification, figure "Self-test Result"). */
const nvmePassed = (result: number | undefined): boolean | undefined => {
  if (result === 0) return true;
  return result !== undefined && result >= 5 && result <= 7 ? false : undefined;
};

const nvmeSelfTest = (row: Json): SelfTest => ({
  kind: textAt(objectAt(row, "self_test_code"), "string", 100) ?? "unknown",
  status: textAt(objectAt(row, "self_test_result"), "string", 200) ?? "unknown",
  ...present({
    passed: nvmePassed(countAt(objectAt(row, "self_test_result"), "value")),
    atHours: countAt(row, "power_on_hours"),
    failingLba: countAt(row, "lba"),
  }),
});

/** The self-tests that the drive remembers. */
export const selfTestsOf = (document: Json): readonly SelfTest[] => {
  const ata = objectAt(document, "ata_smart_self_test_log");
  const extended = rowsAt(objectAt(ata, "extended"), "table");
  const standard = rowsAt(objectAt(ata, "standard"), "table");
  return [
    ...(extended.length > 0 ? extended : standard).map(ataSelfTest),
    ...membersAt(document, /^scsi_self_test_\d{1,3}$/).map(scsiSelfTest),
    ...rowsAt(objectAt(document, "nvme_self_test_log"), "table").map(nvmeSelfTest),
  ];
};

/** What is left of the self-test that runs now; undefined when none does. */
export const selfTestRemainingPercent = (document: Json): number | undefined => {
  const ata = objectAt(document, "ata_smart_data", "self_test", "status");
  const scsi = objectAt(document, "scsi_self_test_status");
  const nvme = objectAt(document, "nvme_self_test_log");
  const done = [
    flagAt(scsi, "in_progress") === true ? countAt(scsi, "completion_percent") : undefined,
    countAt(nvme, "current_self_test_completion_percent"),
  ].find((percent) => percent !== undefined);
  return countAt(ata, "remaining_percent") ?? (done === undefined ? undefined : Math.max(0, 100 - done));
};

/** What the drive says of its self-test now; undefined where it says nothing. */
export const selfTestNowOf = (document: Json): SelfTestNow | undefined => {
  const ata = objectAt(document, "ata_smart_data", "self_test", "status");
  const scsi = objectAt(document, "scsi_self_test_status");
  const nvme = objectAt(document, "nvme_self_test_log", "current_self_test_operation");
  const states = [
    stateOf(ata) === undefined ? undefined : stateOf(ata) === IN_PROGRESS,
    flagAt(scsi, "in_progress"),
    countAt(nvme, "value") === undefined ? undefined : countAt(nvme, "value") !== 0,
  ];
  const running = states.find((state) => state !== undefined);
  if (running === undefined) return undefined;
  // A SCSI drive that does not tell its progress still has the test in its log.
  const logged = membersAt(document, /^scsi_self_test_0$/)[0];
  const inLog = logged !== undefined && scsiSelfTest(logged).running === true;
  const percent = selfTestRemainingPercent(document);
  return {
    running: running || inLog,
    ...present({
      status: textAt(ata, "string", 200) ?? textAt(nvme, "string", 200),
      passed: running || inLog ? undefined : flagAt(ata, "passed"),
      remainingPercent: running ? percent : undefined,
    }),
  };
};

const statisticsOf = (document: Json): AtaLogs["statistics"] =>
  rowsAt(objectAt(document, "ata_device_statistics"), "pages").flatMap((page) =>
    rowsAt(page, "table").flatMap((row) => {
      const [number, value, name] = [countAt(page, "number"), numberAt(row, "value"), textAt(row, "name", 100)];
      const valid = flagAt(objectAt(row, "flags"), "valid") === true;
      return valid && number !== undefined && value !== undefined && name !== undefined
        ? [{ page: number, name, value }]
        : [];
    }),
  );

const phyEventsOf = (document: Json): Readonly<Record<string, number>> =>
  Object.fromEntries(
    rowsAt(objectAt(document, "sata_phy_event_counters"), "table").flatMap((row) => {
      const [name, value] = [textAt(row, "name", 100), countAt(row, "value")];
      return name === undefined || value === undefined || value === 0 ? [] : [[name, value]];
    }),
  );

/** What an ATA drive keeps besides its attributes. */
export const ataLogsOf = (document: Json): AtaLogs => {
  const errors = objectAt(document, "ata_smart_error_log");
  const test = objectAt(document, "ata_smart_data", "self_test");
  return {
    phyEvents: phyEventsOf(document),
    statistics: statisticsOf(document),
    ...present({
      errorCount: countAt(objectAt(errors, "extended"), "count") ?? countAt(objectAt(errors, "summary"), "count"),
      pendingDefectCount: countAt(objectAt(document, "ata_pending_defects_log"), "count"),
      selfTestStatus: textAt(objectAt(test, "status"), "string", 200),
      shortTestMinutes: countAt(objectAt(test, "polling_minutes"), "short"),
      extendedTestMinutes: countAt(objectAt(test, "polling_minutes"), "extended"),
      selfTestSupported: flagAt(objectAt(document, "ata_smart_data", "capabilities"), "self_tests_supported"),
      security: textAt(objectAt(document, "ata_security"), "string", 200),
    }),
  };
};

/** Page and name of a statistic in ACS-4, 9.5.8 and 9.5.6. */
const WEAR = [7, /^Percentage Used Endurance Indicator/] as const;
const TEMPERATURE = [5, /^Current Temperature/] as const;

const statisticOf = ({ statistics }: AtaLogs, [page, name]: readonly [number, RegExp]): number | undefined =>
  statistics.find((one) => one.page === page && name.test(one.name))?.value;

/** Percent of its life that the drive says it has used. */
export const wearStatistic = (logs: AtaLogs): number | undefined => statisticOf(logs, WEAR);
/** The temperature now. */
export const temperatureStatistic = (logs: AtaLogs): number | undefined => statisticOf(logs, TEMPERATURE);
