/** `lsblk -J -b` to disks, with sysfs where udev knew nothing. Pure and total. */
import type { DiskFacts } from "../../wire/hardware/disks.ts";
import { cleanLabel, cleanText, present } from "../label.ts";
import { objectOf, parseLenientJson } from "../lenient-json.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** The columns that are asked for and read. */
export const LSBLK_COLUMNS = "NAME,TYPE,TRAN,SIZE,SERIAL,WWN,MODEL,REV,ROTA,RO,RM,LOG-SEC,PHY-SEC,VENDOR";

/** What sysfs says about one disk. Names are used where lsblk has nothing, because lsblk asks udev and udev may be late or absent. */
export interface DiskAttributes {
  readonly serial?: string | null;
  readonly firmware?: string | null;
  readonly model?: string | null;
  readonly pciAddress?: string | undefined;
  readonly bay?: string | undefined;
  readonly linkGbps?: number | undefined;
  /** The bus by the disk's path: `virtio`, `usb`. */
  readonly bus?: string | undefined;
  readonly nvmeControllers?: readonly string[];
}

/** One disk as the kernel has it. */
export interface BlockDisk extends Omit<DiskFacts, "name" | "health" | "behind"> {
  readonly name: string;
  /** NVMe controllers that lead to it: `nvme0`. */
  readonly nvmeControllers?: readonly string[];
}

/** Kernel names that are no disks of the host although lsblk calls some of them disks: made of other disks or of memory, or a part of one. */
const NOT_HARDWARE = /^(?:loop|ram|zram|sr|fd|md|dm-|nbd|drbd|rbd|zd)\d*|^mmcblk\d+(?:boot|rpmb)/;
/** Kernel names that tell their bus when lsblk does not (versions before 2.39 leave virtio out). */
const TRANSPORT_BY_NAME: readonly (readonly [RegExp, string])[] = [
  [/^nvme\d/, "nvme"],
  [/^vd[a-z]/, "virtio"],
  [/^xvd[a-z]/, "xen"],
  [/^mmcblk\d/, "mmc"],
  [/^pmem\d/, "nvdimm"],
];
/** Vendors that are no makers: SAT puts `ATA` there (SAT-4, 8.1.2), virtio has the number of its PCI vendor. */
const NO_VENDOR = /^(?:ATA|NVMe|USB|0x[0-9a-f]{4})$/i;

// Before util-linux 2.33 every value was a string.
const numberOf = (raw: unknown): number | undefined => {
  const value = typeof raw === "string" && /^\d{1,16}$/.test(raw) ? Number(raw) : raw;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
};
const flagOf = (raw: unknown): boolean | undefined => {
  if (typeof raw === "boolean") return raw;
  return raw === "1" || raw === 1 ? true : raw === "0" || raw === 0 ? false : undefined;
};

type Device = Readonly<Record<string, unknown>>;

const isDisk = (device: Device): boolean => {
  const name = device["name"];
  return device["type"] === "disk" && typeof name === "string" && name !== "" && !NOT_HARDWARE.test(name);
};

/** The kernel calls a SATA drive behind a SAS controller or expander `sas`; its vendor gives it away. */
const transportOf = (device: Device, name: string, bus: string | undefined): string | undefined => {
  const said = cleanLabel(device["tran"]);
  if (said === "sas" && cleanLabel(device["vendor"]) === "ATA") return "sata";
  return said ?? TRANSPORT_BY_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? bus;
};

const diskOf = (device: Device, attributes: ReadonlyMap<string, DiskAttributes>): BlockDisk => {
  const name = cleanText(String(device["name"]), 64);
  const own = attributes.get(name) ?? {};
  const vendor = cleanLabel(device["vendor"]);
  return {
    name,
    sizeBytes: numberOf(device["size"]) ?? 0,
    ...present({
      serial: cleanLabel(device["serial"]) ?? cleanLabel(own.serial),
      wwn: cleanLabel(device["wwn"]),
      vendor: vendor === undefined || NO_VENDOR.test(vendor) ? undefined : vendor,
      model: cleanLabel(device["model"]) ?? cleanLabel(own.model),
      firmware: cleanLabel(device["rev"]) ?? cleanLabel(own.firmware),
      rotational: flagOf(device["rota"]),
      transport: transportOf(device, name, own.bus),
      readOnly: flagOf(device["ro"]),
      removable: flagOf(device["rm"]),
      logicalSectorBytes: numberOf(device["log-sec"]),
      physicalSectorBytes: numberOf(device["phy-sec"]),
      linkGbps: own.linkGbps,
      pciAddress: cleanLabel(own.pciAddress),
      bay: cleanLabel(own.bay),
      nvmeControllers: own.nvmeControllers === undefined ? undefined : [...own.nvmeControllers],
    }),
  };
};

/** Reads the output of `lsblk -J -b -d -o …`. */
export const parseLsblk = (
  text: string,
  attributes: ReadonlyMap<string, DiskAttributes> = new Map(),
): Parsed<readonly BlockDisk[]> => {
  const read = parseLenientJson(text);
  if (!read.ok) return read;
  const devices = objectOf(read.facts[0])?.["blockdevices"];
  if (!Array.isArray(devices)) return notUnderstood("line 1, column 1", "JSON, but not of lsblk: no blockdevices.");
  const disks = devices.map(objectOf).filter((device) => device !== undefined && isDisk(device));
  return understood(disks.flatMap((device) => (device === undefined ? [] : [diskOf(device, attributes)])));
};
