/**
 * What `smartctl -x` prints without `-j`, brought into the document that it prints with it. Pure and total: one pass over the lines.
 *
 * Releases before 7.0 have no JSON. Labels are those of smartmontools 5.40 to 7.5.
 */
import type { Json } from "../json-values.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

type Node = { [name: string]: unknown };

/** Puts a value at the end of a path of names. */
const put = (document: Node, path: readonly string[], value: unknown): void => {
  let at = document;
  for (const name of path.slice(0, -1)) {
    at[name] ??= {};
    at = at[name] as Node;
  }
  at[path.at(-1) ?? ""] = value;
};
/** Adds a row to a table. */
const push = (document: Node, path: readonly [string, string], row: unknown): void => {
  const [log, table] = path;
  document[log] ??= {};
  const at = document[log] as Node;
  at[table] ??= [];
  (at[table] as unknown[]).push(row);
};

/** The number at the start, whose thousands a locale separates: `2,000,398,934,016 bytes [2.00 TB]`. */
const bigNumber = (value: string): number | undefined => {
  const digits = /^\d[\d.,'\u00a0 ]{0,40}/.exec(value)?.[0].replace(/\D/g, "");
  return digits === undefined ? undefined : Number(digits);
};
const words = (value: string): string => value;
const percent = bigNumber;
const isPassed = (value: string): boolean => /^(?:PASSED|OK)/.test(value);
const rotation = (value: string): number | undefined => (/^Solid/.test(value) ? 0 : bigNumber(value));
const celsius = (value: string): number | undefined => {
  const digits = /^(-?\d{1,3}) C/.exec(value)?.[1];
  return digits === undefined ? undefined : Number(digits);
};
const hexadecimal = (value: string): number | undefined =>
  /^0x[0-9a-f]{1,8}$/i.test(value) ? Number(value) : undefined;

type Reader = (value: string) => unknown;
/** Labels with what follows the colon, and where it goes. Several labels of releases may lead to one place. */
const LABELS: ReadonlyMap<string, readonly [path: string, read: Reader]> = new Map<string, readonly [string, Reader]>(
  Object.entries({
    "Model Family": ["model_family", words],
    "Device Model": ["model_name", words],
    "Model Number": ["model_name", words],
    Vendor: ["scsi_vendor", words],
    Product: ["scsi_product", words],
    Revision: ["scsi_revision", words],
    "Serial Number": ["serial_number", words],
    "Serial number": ["serial_number", words],
    "Firmware Version": ["firmware_version", words],
    "User Capacity": ["user_capacity.bytes", bigNumber],
    "Total NVM Capacity": ["nvme_total_capacity", bigNumber],
    "Namespace 1 Size/Capacity": ["user_capacity.bytes", bigNumber],
    "Namespace 1 Capacity": ["user_capacity.bytes", bigNumber],
    "Namespace 1 Formatted LBA Size": ["logical_block_size", bigNumber],
    "Logical block size": ["logical_block_size", bigNumber],
    "Physical block size": ["physical_block_size", bigNumber],
    "Rotation Rate": ["rotation_rate", rotation],
    "Form Factor": ["form_factor.name", words],
    "Logical Unit id": ["logical_unit_id", words],
    "Transport protocol": ["scsi_transport_protocol.name", words],
    "SMART overall-health self-assessment test result": ["smart_status.passed", isPassed],
    "SMART Health Status": ["smart_status.passed", isPassed],
    "Current Drive Temperature": ["temperature.current", celsius],
    "Current Temperature": ["temperature.current", celsius],
    "Drive Trip Temperature": ["temperature.drive_trip", celsius],
    "Elements in grown defect list": ["scsi_grown_defect_list", bigNumber],
    "Non-medium error count": ["scsi_non_medium_error_count", bigNumber],
    "Percentage used endurance indicator": ["scsi_percentage_used_endurance_indicator", percent],
    "ATA Error Count": ["ata_smart_error_log.summary.count", bigNumber],
    "Device Error Count": ["ata_smart_error_log.extended.count", bigNumber],
    // The rest is of NVMe's health log.
    "Critical Warning": ["nvme_smart_health_information_log.critical_warning", hexadecimal],
    Temperature: ["temperature.current", celsius],
    "Available Spare": ["nvme_smart_health_information_log.available_spare", percent],
    "Available Spare Threshold": ["nvme_smart_health_information_log.available_spare_threshold", percent],
    "Percentage Used": ["nvme_smart_health_information_log.percentage_used", percent],
    "Data Units Read": ["nvme_smart_health_information_log.data_units_read", bigNumber],
    "Data Units Written": ["nvme_smart_health_information_log.data_units_written", bigNumber],
    "Host Read Commands": ["nvme_smart_health_information_log.host_reads", bigNumber],
    "Host Write Commands": ["nvme_smart_health_information_log.host_writes", bigNumber],
    "Power Cycles": ["power_cycle_count", bigNumber],
    "Power On Hours": ["power_on_time.hours", bigNumber],
    "Unsafe Shutdowns": ["nvme_smart_health_information_log.unsafe_shutdowns", bigNumber],
    "Media and Data Integrity Errors": ["nvme_smart_health_information_log.media_errors", bigNumber],
    "Error Information Log Entries": ["nvme_smart_health_information_log.num_err_log_entries", bigNumber],
    "Warning  Comp. Temperature Time": ["nvme_smart_health_information_log.warning_temp_time", bigNumber],
    "Critical Comp. Temperature Time": ["nvme_smart_health_information_log.critical_comp_time", bigNumber],
  }),
);

/** Labels that only one kind of drive has. */
const PROTOCOL_BY_LABEL: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "Device Model": "ATA",
    "ATA Version is": "ATA",
    "SATA Version is": "ATA",
    Vendor: "SCSI",
    "Transport protocol": "SCSI",
    "Model Number": "NVMe",
    "NVMe Version": "NVMe",
  }),
);

/** Lines of another form than label and value. The first pattern that fits reads the line. */
const LINES: readonly (readonly [RegExp, (document: Node, found: readonly string[]) => void])[] = [
  [
    // SCSI before 5.41.
    /^Device: +(\S{1,8}) +(\S.{0,30}?) +Version: (\S{1,8})$/,
    (document, [, vendor, product, revision]) => {
      put(document, ["device", "protocol"], "SCSI");
      for (const [name, value] of Object.entries({ vendor, product, revision })) put(document, [`scsi_${name}`], value);
    },
  ],
  [
    /^LU WWN Device Id: ([0-9a-f]) ([0-9a-f]{6}) ([0-9a-f]{9})$/,
    (document, [, naa, oui, id]) => {
      const numbers = [naa, oui, id].map((digits) => Number.parseInt(digits ?? "", 16));
      put(document, ["wwn"], { naa: numbers[0], oui: numbers[1], id: numbers[2] });
    },
  ],
  [
    /^Sector Sizes?: +(\d{1,6}) bytes logical(?:\/physical|, (\d{1,6}) bytes physical)/,
    (document, [, logical, physical]) => {
      put(document, ["logical_block_size"], Number(logical));
      put(document, ["physical_block_size"], Number(physical ?? logical));
    },
  ],
  [
    /^SATA Version is: +(SATA [\d.]{1,6}|[^,]{1,60})(?:, (\d{1,2}\.\d) Gb\/s)?(?: \(current: (\d{1,2}\.\d) Gb\/s\))?/,
    (document, [, version, max, current]) => {
      put(document, ["sata_version", "string"], version);
      const speed = (gbps: string) => ({ units_per_second: Math.round(Number(gbps) * 10), bits_per_unit: 1e8 });
      if (max !== undefined) put(document, ["interface_speed", "max"], speed(max));
      if (current !== undefined) put(document, ["interface_speed", "current"], speed(current));
    },
  ],
  [
    /^SMART support is: +(Available|Unavailable|Enabled|Disabled)/,
    (document, [, state]) => {
      const yes = state === "Available" || state === "Enabled";
      put(document, ["smart_support", state?.endsWith("vailable") ? "available" : "enabled"], yes);
    },
  ],
  [
    /^Accumulated power on time, hours:minutes (\d{1,8}):/,
    (document, [, hours]) => put(document, ["power_on_time", "hours"], Number(hours)),
  ],
  [
    // Both layouts: with type and update, and the brief one of -f brief, which -x uses.
    /^ *(\d{1,3}) (\S{1,40}) +(0x[0-9a-f]{4}|[POSRCK-]{6,7}) +(\d{3}|---) +(\d{3}|---) +(\d{3}|---) +(?:(Pre-fail|Old_age) +(?:Always|Offline) +)?(-|FAILING_NOW|In_the_past|NOW|Past) +(.{1,100})$/,
    (document, found) => push(document, ["ata_smart_attributes", "table"], attributeRow(found)),
  ],
  [
    /^(read|write|verify): +(\d{1,19}) +(\d{1,19}) +(\d{1,19}) +(\d{1,19}) +(\d{1,19}) +(\d{1,18}(?:[.,]\d{1,3})?) +(\d{1,19})/,
    (document, [, direction, _fast, _delayed, rereads, corrected, _invocations, gigabytes, uncorrected]) =>
      put(document, ["scsi_error_counter_log", direction ?? ""], {
        errors_corrected_by_rereads_rewrites: Number(rereads),
        total_errors_corrected: Number(corrected),
        gigabytes_processed: gigabytes?.replace(",", "."),
        total_uncorrected_errors: Number(uncorrected),
      }),
  ],
];

const normalised = (digits: string | undefined): number | undefined => (digits === "---" ? undefined : Number(digits));

/** A row as the JSON has it. The text has no raw value but the one that smartctl has formatted. */
const attributeRow = (found: readonly string[]): Node => {
  const [, id, name, flags, value, worst, thresh, kind, failed, raw] = found;
  const prefailure = kind === undefined ? flags?.startsWith("P") : kind === "Pre-fail";
  const whole = /^\d{1,15}$/.test(raw ?? "") ? Number(raw) : undefined;
  return {
    id: Number(id),
    name,
    value: normalised(value),
    worst: normalised(worst),
    thresh: normalised(thresh),
    flags: { prefailure },
    when_failed: failed === "-" ? "" : /now$/i.test(failed ?? "") ? "now" : "past",
    raw: { string: raw, value: whole },
  };
};

/** Attributes that smartctl sums up in the JSON by itself. */
const SUMMED_UP: Readonly<Record<number, readonly string[]>> = {
  9: ["power_on_time", "hours"],
  12: ["power_cycle_count"],
};

const sumUp = (document: Node): void => {
  const table = (document["ata_smart_attributes"] as Node | undefined)?.["table"];
  for (const row of Array.isArray(table) ? (table as Node[]) : []) {
    const path = SUMMED_UP[Number(row["id"])];
    const digits = /^\d{1,8}/.exec(String((row["raw"] as Node)["string"]))?.[0];
    const taken = path?.[0] !== undefined && document[path[0]] !== undefined;
    if (path !== undefined && digits !== undefined && !taken) put(document, path, Number(digits));
  }
};

const MAX_LINE_CHARS = 400;
const MAX_MESSAGES = 20;
const MAX_ATTRIBUTES = 300;

const readLine = (document: Node, line: string): void => {
  for (const [pattern, read] of LINES) {
    const found = pattern.exec(line);
    if (found === null) continue;
    read(document, found);
    return;
  }
  const colon = line.indexOf(":");
  const label = line.slice(0, Math.max(0, colon));
  const value = line.slice(colon + 1).trim();
  const entry = LABELS.get(label);
  const [path, read] = entry ?? [];
  const meaning = value === "" ? undefined : read?.(value);
  if (path !== undefined && meaning !== undefined) put(document, path.split("."), meaning);
};

/** The document that smartctl would have printed with `-j`, as far as the text goes. */
export const parseSmartctlText = (text: string): Parsed<Json> => {
  const document: Node = {};
  const outside: string[] = [];
  let sections = 0;
  let rows = 0;
  for (const full of linesOf(text)) {
    const line = full.slice(0, MAX_LINE_CHARS).trimEnd();
    if (line.startsWith("=== START OF")) sections += 1;
    else if (line === "" || line.startsWith("smartctl ") || line.startsWith("Copyright")) continue;
    else if (sections === 0 && outside.length < MAX_MESSAGES) outside.push(line);
    const kind = PROTOCOL_BY_LABEL.get(line.slice(0, Math.max(0, line.indexOf(":"))));
    if (kind !== undefined) put(document, ["device", "protocol"], kind);
    if (/^ *\d{1,3} \S/.test(line)) rows += 1;
    if (rows <= MAX_ATTRIBUTES) readLine(document, line);
  }
  if (sections === 0 && outside.length === 0) return notUnderstood("line 1", "No section and no message of smartctl.");
  if (sections > 0) sumUp(document);
  const messages = sections === 0 ? outside.map((string) => ({ string, severity: "error" })) : [];
  document["smartctl"] = { messages };
  return understood(document);
};
