/** `smartctl --scan-open -j`: the drives that smartctl can ask, those behind RAID controllers among them. Pure and total. */
import { rowsAt, textAt } from "../json-values.ts";
import { present } from "../label.ts";
import { objectOf, parseLenientJson } from "../lenient-json.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** One drive of the scan. */
export interface ScannedDrive {
  /** `/dev/sda`, `/dev/nvme0`; for a drive behind a RAID controller the controller's: `/dev/bus/0`. */
  readonly device: string;
  /** How smartctl asks it: `sat`, `scsi`, `nvme`, `megaraid,8`. */
  readonly type: string;
  /** Why it could not be opened. */
  readonly openError?: string;
}

/** Both become arguments of a command: nothing that looks like an option, no blanks. */
const DEVICE = /^\/dev\/[A-Za-z0-9][A-Za-z0-9._!/-]{0,99}$/;
const TYPE = /^[a-z0-9][a-z0-9_+,/:-]{0,59}$/;

/** Reads the scan. Rows that name no device are left out. */
export const parseScan = (text: string): Parsed<readonly ScannedDrive[]> => {
  const read = parseLenientJson(text);
  if (!read.ok) return read;
  const document = objectOf(read.facts[0]);
  if (document === undefined || objectOf(document["smartctl"]) === undefined)
    return notUnderstood("line 1, column 1", "JSON, but not of smartctl.");
  const drives = rowsAt(document, "devices").flatMap((row) => {
    const [device, type] = [textAt(row, "name") ?? "", textAt(row, "type") ?? ""];
    if (!DEVICE.test(device) || device.includes("..") || !TYPE.test(type)) return [];
    return [{ device, type, ...present({ openError: textAt(row, "open_error", 300) }) }];
  });
  return understood(drives);
};
