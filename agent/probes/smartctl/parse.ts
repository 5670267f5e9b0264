/**
 * `smartctl -x -j` to facts: every kind of drive, whatever way it is attached. Pure and total. Nothing is judged here.
 *
 * The names of the document are those of smartmontools 7.0 to 7.5 (ataprint.cpp, scsiprint.cpp, nvmeprint.cpp). What an older smartctl prints
 * as text is brought into the same document first.
 */
import { countAt, flagAt, type Json, membersAt, numberAt, objectAt, rowsAt, textAt } from "../json-values.ts";
import { present } from "../label.ts";
import { objectOf, parseLenientJson } from "../lenient-json.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";
import { type AtaAttribute, attributesOf, temperatureOf, wearOf } from "./attributes.ts";
import { capacityOf, type DriveIdentity, identityOf, modelOf, type Protocol, protocolOf } from "./identity.ts";
import {
  type AtaLogs,
  ataLogsOf,
  type SelfTest,
  type SelfTestNow,
  selfTestNowOf,
  selfTestRemainingPercent,
  selfTestsOf,
  temperatureStatistic,
  wearStatistic,
} from "./logs.ts";
import { type NvmeLogs, nvmeLogsOf, type ScsiLogs, scsiLogsOf } from "./protocols.ts";
import { parseSmartctlText } from "./text.ts";

/** What smartctl has to say besides the facts. */
export interface SmartctlMessage {
  readonly severity: string;
  readonly text: string;
}

/** One drive. What it does not say is null or absent. */
export interface SmartctlFacts extends DriveIdentity {
  readonly model: string | null;
  readonly protocol: Protocol | null;
  readonly capacityBytes: number | null;
  readonly temperatureC: number | null;
  /** The limits that the drive names: operating maximum, critical maximum, trip point. */
  readonly maxTempC?: number;
  readonly criticalTempC?: number;
  /** SMART is there, and switched on. */
  readonly smartAvailable?: boolean;
  readonly smartEnabled?: boolean;
  /** The drive's own verdict. */
  readonly passed?: boolean;
  readonly powerOnHours?: number;
  readonly powerCycleCount?: number;
  readonly wearPercent?: number;
  /** `STANDBY` and the like, when smartctl looked. */
  readonly powerMode?: string;
  /** smartctl's exit status and its bits by name: it is data, not success or failure (smartctl(8), EXIT STATUS). */
  readonly exitStatus: number | null;
  readonly exitBits: readonly ExitBit[];
  readonly messages: readonly SmartctlMessage[];
  readonly attributes: readonly AtaAttribute[];
  readonly selfTests: readonly SelfTest[];
  /** Of the self-test that runs now; absent when none does. */
  readonly selfTestRemainingPercent?: number;
  readonly selfTestNow?: SelfTestNow;
  readonly ata?: AtaLogs;
  readonly scsi?: ScsiLogs;
  readonly nvme?: NvmeLogs;
}

/** The bits of the exit status, lowest first (smartctl(8)). */
const EXIT_BITS = [
  "command-line",
  "open-failed",
  "command-failed",
  "disk-failing",
  "prefail-below-threshold",
  "below-threshold-in-the-past",
  "error-log",
  "self-test-log",
] as const;
/** One of them. */
export type ExitBit = (typeof EXIT_BITS)[number];

const exitBitsOf = (status: number | null): readonly ExitBit[] =>
  EXIT_BITS.filter((_, bit) => Math.floor((status ?? 0) / 2 ** bit) % 2 === 1);

const messagesOf = (document: Json): readonly SmartctlMessage[] =>
  rowsAt(objectAt(document, "smartctl"), "messages").map((message) => ({
    severity: textAt(message, "severity", 50) ?? "information",
    text: textAt(message, "string", 1000) ?? "",
  }));

/** Releases subtract 273 from a field that NVMe drives leave at 0 K. */
const NOT_MEASURED_C = -273;
const tempAt = (from: Json, name: string): number | undefined => {
  const tempC = numberAt(from, name);
  return tempC === NOT_MEASURED_C ? undefined : tempC;
};

/** smartctl's own summary first: it knows vendors' formats. Then the places that it took it from, for releases that do not sum up. */
const temperatureC = (document: Json, attributes: readonly AtaAttribute[], ata: AtaLogs): number | null =>
  tempAt(objectAt(document, "temperature"), "current") ??
  tempAt(objectAt(document, "nvme_smart_health_information_log"), "temperature") ??
  numberAt(objectAt(document, "ata_sct_status", "temperature"), "current") ??
  temperatureOf(attributes) ??
  temperatureStatistic(ata) ??
  numberAt(membersAt(objectAt(document, "scsi_environmental_reports"), /^temperature_\d/)[0] ?? {}, "current") ??
  null;

/** The drive's own word before what its attributes let us infer; smartctl infers, too, and comes last. */
const wearPercent = (document: Json, attributes: readonly AtaAttribute[], ata: AtaLogs): number | undefined =>
  countAt(objectAt(document, "nvme_smart_health_information_log"), "percentage_used") ??
  wearStatistic(ata) ??
  countAt(document, "scsi_percentage_used_endurance_indicator") ??
  wearOf(attributes) ??
  (attributes.length > 0 ? undefined : countAt(objectAt(document, "endurance_used"), "current_percent"));

const factsOf = (document: Json): SmartctlFacts => {
  const protocol = protocolOf(document);
  const attributes = attributesOf(document);
  const ata = ataLogsOf(document);
  const temperature = objectAt(document, "temperature");
  const exitStatus = countAt(objectAt(document, "smartctl"), "exit_status") ?? null;
  return {
    model: modelOf(document),
    protocol,
    capacityBytes: capacityOf(document),
    temperatureC: temperatureC(document, attributes, ata),
    ...identityOf(document),
    exitStatus,
    exitBits: exitBitsOf(exitStatus),
    messages: messagesOf(document),
    attributes,
    selfTests: selfTestsOf(document),
    ...present({
      maxTempC: numberAt(temperature, "op_limit_max"),
      criticalTempC: numberAt(temperature, "critical_limit_max") ?? numberAt(temperature, "drive_trip"),
      smartAvailable: flagAt(objectAt(document, "smart_support"), "available"),
      smartEnabled: flagAt(objectAt(document, "smart_support"), "enabled"),
      passed: flagAt(objectAt(document, "smart_status"), "passed"),
      powerOnHours: countAt(objectAt(document, "power_on_time"), "hours"),
      powerCycleCount: countAt(document, "power_cycle_count"),
      wearPercent: wearPercent(document, attributes, ata),
      powerMode: textAt(objectAt(document, "power_mode"), "name", 100),
      selfTestRemainingPercent: selfTestRemainingPercent(document),
      selfTestNow: selfTestNowOf(document),
      ata: protocol === "ata" ? ata : undefined,
      scsi: protocol === "scsi" ? scsiLogsOf(document) : undefined,
      nvme: protocol === "nvme" ? nvmeLogsOf(document) : undefined,
    }),
  };
};

/** smartctl writes about itself in every document. */
const isSmartctl = (document: Json): boolean =>
  objectOf(document["smartctl"]) !== undefined ||
  (Array.isArray(document["json_format_version"]) && objectOf(document["device"]) !== undefined);

/** The banner of every release, or a section where it was cut off. */
const NO_JSON = /^[^{[]{0,400}(?:smartctl (?:version )?\d|=== START OF|smartmontools)/;

/** Reads what smartctl printed about one drive. */
export const parseSmartctl = (text: string): Parsed<SmartctlFacts> => {
  if (NO_JSON.test(text.slice(0, 500))) {
    const document = parseSmartctlText(text);
    return document.ok ? understood(factsOf(document.facts)) : document;
  }
  const read = parseLenientJson(text);
  if (!read.ok) return read;
  const [document, another] = read.facts.map((one) => objectOf(one));
  if (document === undefined || !isSmartctl(document))
    return notUnderstood("line 1, column 1", "JSON, but not of smartctl: it does not speak of itself.");
  if (another !== undefined) return notUnderstood("line 1, column 1", "More than one document; this reads one drive.");
  if (Array.isArray(document["devices"]))
    return notUnderstood("line 1, column 1", "The list of a scan, not the report about a drive.");
  return understood(factsOf(document));
};
