/**
 * nvme-cli's JSON: `nvme list`, `nvme smart-log`, `nvme id-ctrl`. Pure and total.
 *
 * The list has two layouts: flat (version 1 of nvme-cli's output format), and by subsystem, controller and namespace (version 2, and with `-v`).
 */
import { countAt, type Json, numberAt, objectAt, rowsAt, sizeAt, textAt } from "../json-values.ts";
import { cleanLabel, present } from "../label.ts";
import { objectOf, parseLenientJson } from "../lenient-json.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** One drive of the list. */
export interface NvmeDrive {
  /** `nvme0`; several for a drive with several controllers. */
  readonly controllers: readonly string[];
  /** Block devices: `nvme0n1`. None when the drive has no namespace. */
  readonly namespaces: readonly { readonly name: string; readonly sizeBytes?: number; readonly sectorBytes?: number }[];
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
  /** `pcie`, `tcp`, `fc`. */
  readonly transport?: string;
  readonly pciAddress?: string;
}

/** The health log. Temperatures are kelvin there. */
export interface NvmeHealth {
  readonly criticalWarning: number;
  readonly temperatureC?: number;
  readonly sparePercent?: number;
  readonly spareThresholdPercent?: number;
  readonly usedPercent?: number;
  readonly powerOnHours?: number;
  readonly powerCycleCount?: number;
  readonly unsafeShutdownCount?: number;
  readonly mediaErrorCount?: number;
  readonly errorLogEntryCount?: number;
}

/** What a controller says of itself. */
export interface NvmeController {
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
  readonly capacityBytes?: number;
  readonly warningTempC?: number;
  readonly criticalTempC?: number;
}

/** One of the three outputs. */
export type NvmeFacts =
  | { readonly kind: "list"; readonly drives: readonly NvmeDrive[] }
  | ({ readonly kind: "smart-log" } & NvmeHealth)
  | ({ readonly kind: "id-ctrl" } & NvmeController);

/** Whole degrees, as everything else that reads these logs has them. 0 K is how a drive leaves the field out. */
const celsius = (kelvin: number | undefined): number | undefined =>
  kelvin === undefined || kelvin === 0 ? undefined : kelvin - 273;

const baseName = (path: string | undefined): string | undefined =>
  /(?:^|\/)(nvme\d{1,5}(?:n\d{1,5})?)$/.exec(path ?? "")?.[1];
const controllerOf = (namespace: string): string => namespace.replace(/n\d+$/, "");

const namespaceOf = (row: Json): NvmeDrive["namespaces"][number] | undefined => {
  const name = baseName(textAt(row, "DevicePath")) ?? baseName(textAt(row, "NameSpace"));
  return name === undefined
    ? undefined
    : { name, ...present({ sizeBytes: countAt(row, "PhysicalSize"), sectorBytes: sizeAt(row, "SectorSize") }) };
};

const namesOf = (row: Json) =>
  present({
    model: cleanLabel(row["ModelNumber"]),
    serial: cleanLabel(row["SerialNumber"]),
    firmware: cleanLabel(row["Firmware"]),
    transport: cleanLabel(row["Transport"]),
    pciAddress: /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.exec(textAt(row, "Address") ?? "")?.[0],
  });

const namespacesIn = (rows: readonly Json[]): NvmeDrive["namespaces"] =>
  rows.map(namespaceOf).filter((one) => one !== undefined);

/** Namespaces stand below their controller, or, when several lead to them, below the subsystem. */
const driveOfSubsystem = (subsystem: Json): readonly NvmeDrive[] => {
  const rows = rowsAt(subsystem, "Controllers");
  const shared = namespacesIn(rowsAt(subsystem, "Namespaces"));
  if (shared.length > 0) {
    const controllers = rows.map((row) => baseName(textAt(row, "Controller"))).filter((name) => name !== undefined);
    return [{ controllers, namespaces: shared, ...namesOf(rows[0] ?? {}) }];
  }
  return rows.flatMap((row) => {
    const name = baseName(textAt(row, "Controller"));
    const namespaces = namespacesIn(rowsAt(row, "Namespaces"));
    return name === undefined ? [] : [{ controllers: [name], namespaces, ...namesOf(row) }];
  });
};

const drivesOf = (document: Json): readonly NvmeDrive[] =>
  rowsAt(document, "Devices").flatMap((row) => {
    if (row["Subsystems"] !== undefined) return rowsAt(row, "Subsystems").flatMap(driveOfSubsystem);
    const namespace = namespaceOf(row);
    return namespace === undefined
      ? []
      : [{ controllers: [controllerOf(namespace.name)], namespaces: [namespace], ...namesOf(row) }];
  });

/** A number, or an object that has the bits by name and the whole beside them. */
const warningOf = (document: Json): number | undefined =>
  countAt(document, "critical_warning") ?? countAt(objectAt(document, "critical_warning"), "value");

const healthOf = (document: Json, criticalWarning: number): NvmeHealth => ({
  criticalWarning,
  ...present({
    temperatureC: celsius(countAt(document, "temperature")),
    sparePercent: countAt(document, "avail_spare"),
    spareThresholdPercent: countAt(document, "spare_thresh"),
    usedPercent: countAt(document, "percent_used"),
    powerOnHours: countAt(document, "power_on_hours"),
    powerCycleCount: countAt(document, "power_cycles"),
    unsafeShutdownCount: countAt(document, "unsafe_shutdowns"),
    mediaErrorCount: countAt(document, "media_errors"),
    errorLogEntryCount: countAt(document, "num_err_log_entries"),
  }),
});

/** Total capacity is a counter of 128 bits that some releases print as text. */
const capacityOf = (document: Json): number | undefined => {
  const said = document["tnvmcap"];
  const value = typeof said === "string" && /^\d{1,16}$/.test(said) ? Number(said) : numberAt(document, "tnvmcap");
  return value !== undefined && Number.isSafeInteger(value) && value > 0 ? value : undefined;
};

const controllerFacts = (document: Json): NvmeController =>
  present({
    model: cleanLabel(document["mn"]),
    serial: cleanLabel(document["sn"]),
    firmware: cleanLabel(document["fr"]),
    capacityBytes: capacityOf(document),
    warningTempC: celsius(countAt(document, "wctemp")),
    criticalTempC: celsius(countAt(document, "cctemp")),
  });

/** Reads one of nvme-cli's outputs, whichever it is. */
export const parseNvme = (text: string): Parsed<NvmeFacts> => {
  const read = parseLenientJson(text);
  if (!read.ok) return read;
  const document = objectOf(read.facts[0]);
  if (document !== undefined) {
    if (Array.isArray(document["Devices"])) return understood({ kind: "list", drives: drivesOf(document) });
    const warning = warningOf(document);
    if (warning !== undefined && document["percent_used"] !== undefined)
      return understood({ kind: "smart-log", ...healthOf(document, warning) });
    if (document["sn"] !== undefined && document["mn"] !== undefined)
      return understood({ kind: "id-ctrl", ...controllerFacts(document) });
  }
  return notUnderstood("line 1, column 1", "JSON, but none of nvme list, nvme smart-log and nvme id-ctrl.");
};
