/** `lsblk -J -b` to disk facts, with sysfs where udev knew nothing. Pure and total. */
import type { DiskFacts } from "../../wire/hardware/disks.ts";
import { cleanLabel, cleanText, present } from "../label.ts";

/** The columns that are asked for and read. */
export const LSBLK_COLUMNS = "NAME,TYPE,TRAN,SIZE,SERIAL,WWN,MODEL,REV,ROTA,RO,RM,LOG-SEC,PHY-SEC";

/** What sysfs says about one disk; used where lsblk has nothing, because lsblk asks udev and udev may be late or absent. */
export interface DiskAttributes {
  readonly serial?: string | null;
  readonly firmware?: string | null;
  readonly model?: string | null;
}

/** Kernel names that are no disks of the host although lsblk calls some of them disks. */
const NOT_HARDWARE = /^(?:loop|ram|zram|sr|fd|md|dm-|nbd|drbd|rbd|zd)\d*/;
/** Kernel names that tell their bus when lsblk does not (versions before 2.39 leave virtio out). */
const TRANSPORT_BY_NAME: readonly (readonly [RegExp, string])[] = [
  [/^nvme\d/, "nvme"],
  [/^vd[a-z]/, "virtio"],
  [/^mmcblk\d/, "mmc"],
];

// Before util-linux 2.33 every value was a string.
const numberOf = (raw: unknown): number | undefined => {
  const value = typeof raw === "string" && /^\d{1,16}$/.test(raw) ? Number(raw) : raw;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
};
const flagOf = (raw: unknown): boolean | undefined => {
  if (typeof raw === "boolean") return raw;
  return raw === "1" || raw === 1 ? true : raw === "0" || raw === 0 ? false : undefined;
};

const devicesOf = (text: string): readonly Record<string, unknown>[] | null => {
  try {
    const document = JSON.parse(text) as { blockdevices?: unknown } | null;
    if (!Array.isArray(document?.blockdevices)) return null;
    return document.blockdevices.filter((d): d is Record<string, unknown> => typeof d === "object" && d !== null);
  } catch {
    return null;
  }
};

const isDisk = (device: Record<string, unknown>): boolean => {
  const name = device["name"];
  return device["type"] === "disk" && typeof name === "string" && name !== "" && !NOT_HARDWARE.test(name);
};

/** Kernel names of the disks in the output of `lsblk -J`, for whoever wants to look them up in sysfs first. */
export const parseDiskNames = (text: string): readonly string[] =>
  (devicesOf(text) ?? []).filter(isDisk).map((device) => cleanText(String(device["name"]), 64));

/** Reads the output of `lsblk -J -b -d -o …`; null when it is not that. */
export const parseLsblk = (
  text: string,
  attributes: ReadonlyMap<string, DiskAttributes> = new Map(),
): readonly DiskFacts[] | null => {
  const devices = devicesOf(text);
  if (devices === null) return null;
  return devices.filter(isDisk).map((device) => {
    const name = cleanText(String(device["name"]), 64);
    const own = attributes.get(name) ?? {};
    return {
      name,
      sizeBytes: numberOf(device["size"]) ?? 0,
      ...present({
        serial: cleanLabel(device["serial"]) ?? cleanLabel(own.serial),
        wwn: cleanLabel(device["wwn"]),
        model: cleanLabel(device["model"]) ?? cleanLabel(own.model),
        firmware: cleanLabel(device["rev"]) ?? cleanLabel(own.firmware),
        rotational: flagOf(device["rota"]),
        transport: cleanLabel(device["tran"]) ?? TRANSPORT_BY_NAME.find(([pattern]) => pattern.test(name))?.[1],
        readOnly: flagOf(device["ro"]),
        removable: flagOf(device["rm"]),
        logicalSectorBytes: numberOf(device["log-sec"]),
        physicalSectorBytes: numberOf(device["phy-sec"]),
      }),
    };
  });
};
