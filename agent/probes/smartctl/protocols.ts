/** What only SCSI drives and only NVMe drives keep. Pure and total. */
import { countAt, flagAt, type Json, membersAt, numberAt, objectAt, textAt } from "../json-values.ts";
import { present } from "../label.ts";

/** Errors of one direction (SPC-4, log pages 02h, 03h, 05h). */
export interface ErrorCounters {
  readonly correctedCount?: number;
  readonly correctedByRereadsCount?: number;
  readonly uncorrectedCount?: number;
  readonly processedGigabytes?: number;
}

/** The health of a SCSI drive. */
export interface ScsiLogs {
  readonly read?: ErrorCounters;
  readonly write?: ErrorCounters;
  readonly verify?: ErrorCounters;
  readonly grownDefectCount?: number;
  readonly pendingDefectCount?: number;
  readonly nonMediumErrorCount?: number;
  readonly startStopCount?: number;
  /** The drive's own words for what it fears (additional sense code 5Dh): `FAILURE PREDICTION THRESHOLD EXCEEDED`. */
  readonly impendingFailure?: string;
  readonly invalidDwordCount?: number;
  readonly disparityErrorCount?: number;
  readonly syncLossCount?: number;
  readonly phyResetProblemCount?: number;
  readonly extendedTestMinutes?: number;
  /** Protection information, type 1 to 3. */
  readonly protectionType?: number;
}

/** SMART/health log of an NVMe drive (log page 02h). */
export interface NvmeLogs {
  readonly criticalWarning?: number;
  readonly sparePercent?: number;
  readonly spareThresholdPercent?: number;
  readonly usedPercent?: number;
  readonly dataUnitsRead?: number;
  readonly dataUnitsWritten?: number;
  readonly hostReadCount?: number;
  readonly hostWriteCount?: number;
  readonly unsafeShutdownCount?: number;
  readonly mediaErrorCount?: number;
  readonly errorLogEntryCount?: number;
  readonly warningTempMinutes?: number;
  readonly criticalTempMinutes?: number;
  readonly sensorsC: readonly number[];
  readonly namespaceCount?: number;
  /** The drive can test itself. */
  readonly selfTestSupported?: boolean;
}

const countersOf = (log: Json, direction: string): ErrorCounters | undefined => {
  const one = objectAt(log, direction);
  const gigabytes = textAt(one, "gigabytes_processed") ?? "";
  const counters = present({
    correctedCount: countAt(one, "total_errors_corrected"),
    correctedByRereadsCount: countAt(one, "errors_corrected_by_rereads_rewrites"),
    uncorrectedCount: countAt(one, "total_uncorrected_errors"),
    processedGigabytes: /^\d{1,18}(?:\.\d{1,6})?$/.test(gigabytes) ? Number(gigabytes) : undefined,
  });
  return Object.keys(counters).length > 0 ? counters : undefined;
};

/** Sum of a counter over all phys of all ports; smartctl's releases write its name with blanks or with underscores. */
const phySum = (document: Json, name: string): number | undefined => {
  const counts = membersAt(document, /^scsi_sas_port_\d/)
    .flatMap((port) => membersAt(port, /^phy_\d/))
    .flatMap((phy) => countAt(phy, name) ?? countAt(phy, name.toLowerCase().replaceAll(" ", "_")) ?? []);
  return counts.length > 0 ? counts.reduce((a, b) => a + b, 0) : undefined;
};

const minutesOf = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : Math.ceil(seconds / 60);

/** What a SCSI drive keeps. */
export const scsiLogsOf = (document: Json): ScsiLogs => {
  const errors = objectAt(document, "scsi_error_counter_log");
  return present({
    read: countersOf(errors, "read"),
    write: countersOf(errors, "write"),
    verify: countersOf(errors, "verify"),
    grownDefectCount: countAt(document, "scsi_grown_defect_list"),
    pendingDefectCount: countAt(objectAt(document, "scsi_pending_defects"), "count"),
    nonMediumErrorCount: countAt(document, "scsi_non_medium_error_count"),
    startStopCount: countAt(objectAt(document, "scsi_start_stop_cycle_counter"), "accumulated_start_stop_cycles"),
    impendingFailure: textAt(objectAt(document, "smart_status", "scsi"), "ie_string"),
    invalidDwordCount: phySum(document, "Invalid DWORD count"),
    disparityErrorCount: phySum(document, "Running disparity error count"),
    syncLossCount: phySum(document, "Loss of DWORD synchronization count"),
    phyResetProblemCount: phySum(document, "Phy reset problem count"),
    extendedTestMinutes: minutesOf(countAt(document, "scsi_extended_self_test_seconds")),
    protectionType: countAt(document, "scsi_protection_type"),
  });
};

/** What an NVMe drive keeps. */
export const nvmeLogsOf = (document: Json): NvmeLogs => {
  const log = objectAt(document, "nvme_smart_health_information_log");
  const sensors = Array.isArray(log["temperature_sensors"]) ? log["temperature_sensors"].slice(0, 8) : [];
  return {
    sensorsC: sensors.filter((value): value is number => typeof value === "number" && Number.isFinite(value)),
    ...present({
      criticalWarning: countAt(log, "critical_warning"),
      sparePercent: countAt(log, "available_spare"),
      spareThresholdPercent: countAt(log, "available_spare_threshold"),
      usedPercent: countAt(log, "percentage_used"),
      // Counters of 128 bits: as near as a number comes.
      dataUnitsRead: numberAt(log, "data_units_read"),
      dataUnitsWritten: numberAt(log, "data_units_written"),
      hostReadCount: numberAt(log, "host_reads"),
      hostWriteCount: numberAt(log, "host_writes"),
      unsafeShutdownCount: numberAt(log, "unsafe_shutdowns"),
      mediaErrorCount: numberAt(log, "media_errors"),
      errorLogEntryCount: numberAt(log, "num_err_log_entries"),
      warningTempMinutes: countAt(log, "warning_temp_time"),
      criticalTempMinutes: countAt(log, "critical_comp_time"),
      namespaceCount: countAt(document, "nvme_number_of_namespaces"),
      selfTestSupported: flagAt(objectAt(document, "nvme_optional_admin_commands"), "self_test"),
    }),
  };
};
