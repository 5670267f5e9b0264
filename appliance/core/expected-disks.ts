/**
 * Which disks a run's stages may touch, and which of them it may write to (D1): only those that the expected spec names, by serial and size. A disk that the
 * spec wants by its kind alone is tested without being written; one that it does not name at all is not touched. Pure.
 */
import type { DiskFacts } from "../../agent/wire/hardware/disks.ts";
import type { Hardware } from "../../agent/wire/inventory.ts";
import type { DiskClass, DiskTarget } from "../../agent/wire/order.ts";
import { wrongFields } from "./spec/diff-group.ts";
import { LISTS } from "./spec/lists.ts";
import type { Entry, Spec } from "./spec/spec.ts";
import { comparable, textWanted } from "./spec/want.ts";

/** How a hypervisor's disk names itself; its speed is its host's affair. */
const VIRTUAL = /\b(?:qemu|vmware|virtual|vbox|xen)\b/i;

/** What kind of disk it is, for limits and for how it is written. */
export const diskClassOf = ({ transport, vendor = "", model = "", rotational }: DiskFacts): DiskClass => {
  if (transport === "virtio" || VIRTUAL.test(`${vendor} ${model}`)) return "virtual";
  if (transport === "nvme") return "nvme";
  return rotational === true ? "hdd" : "ssd";
};

const { fields } = LISTS.disks;
const serialOf = (word: string): string => comparable(fields["serial"]?.kind ?? "serial", word);

/** The entries that name this disk by its serial, in exactly one way. */
const namedBy = (entries: readonly Entry[], serial: string): readonly Entry[] =>
  entries.filter(({ wants }) => {
    const word = textWanted(wants["serial"]);
    return word !== undefined && serialOf(word) === serialOf(serial);
  });

const SIZES = ["size", "sizeBytes"] as const;

/** Why a disk may not be written; null when it may. */
const whyNotWritten = (
  spec: Spec | null,
  disk: DiskFacts,
  all: readonly DiskFacts[],
  destructive: boolean,
): string | null => {
  if (!destructive) return "the run is not destructive";
  if (spec === null) return "the host has no expected spec";
  const serial = disk.serial ?? "";
  const [entry, ...more] = namedBy(spec.disks ?? [], serial);
  if (entry === undefined) return "the expected spec does not name it by its serial";
  if (more.length > 0) return "the expected spec names its serial twice";
  if (all.filter((other) => serialOf(other.serial ?? "") === serialOf(serial)).length > 1)
    return "another disk gives the same serial";
  const sizes = SIZES.filter((key) => entry.wants[key] !== undefined);
  if (sizes.length === 0) return "the expected spec does not give its size";
  const wrong = wrongFields(fields, entry, disk);
  if (sizes.some((key) => wrong.includes(key))) return "it has another size than the expected spec says";
  if (wrong.includes("wwn")) return "it has another WWN than the expected spec says";
  if (disk.behind !== undefined || disk.name === undefined) return "it is behind a RAID controller";
  if (disk.readOnly === true) return "it is read-only";
  if (disk.removable === true || disk.transport === "usb") return "it is removable";
  return null;
};

/** What may change about a disk that stays of its kind. */
const PASSING: ReadonlySet<string> = new Set(["firmware", "bay"]);

const isOfKind = (entry: Entry, disk: DiskFacts): boolean =>
  wrongFields(fields, entry, disk).every((key) => PASSING.has(key));

/** Whether the run's stages may look at a disk: the spec wants it, or there is no spec and it is built in. */
const isExpected = (spec: Spec | null, disk: DiskFacts): boolean => {
  if (spec?.disks === undefined) return disk.removable !== true && disk.transport !== "usb";
  return (
    namedBy(spec.disks, disk.serial ?? "").length > 0 ||
    spec.disks.some((entry) => textWanted(entry.wants["serial"]) === undefined && isOfKind(entry, disk))
  );
};

const present = <T extends Record<string, unknown>>(given: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };

/** The disks that were found and are expected, as targets of the run's stages. One without a serial is none: it could not be told from another. */
export const expectedDisks = (spec: Spec | null, { disks }: Hardware, destructive: boolean): readonly DiskTarget[] =>
  disks.flatMap((disk) => {
    const { serial, sizeBytes, wwn, model, pciAddress, behind, logicalSectorBytes, physicalSectorBytes } = disk;
    if (serial === undefined || sizeBytes === 0 || !isExpected(spec, disk)) return [];
    const whyNot = whyNotWritten(spec, disk, disks, destructive);
    return {
      serial,
      sizeBytes,
      class: diskClassOf(disk),
      mayWrite: whyNot === null,
      ...present({ wwn, model, pciAddress, behind, logicalSectorBytes, physicalSectorBytes }),
      ...(whyNot === null ? {} : { whyNot }),
    };
  });

/** The disks as the spec alone names them, for a plan before the host was ever looked at. */
export const disksOfSpec = (spec: Spec | null, destructive: boolean): readonly DiskTarget[] =>
  (spec?.disks ?? []).flatMap(({ wants }) => {
    const serial = textWanted(wants["serial"]);
    const size = SIZES.flatMap((key) => wants[key]?.any ?? []).find((accept) => accept.form === "range");
    if (serial === undefined || size === undefined) return [];
    const transport = textWanted(wants["transport"]);
    const model = textWanted(wants["model"]);
    const [kind] = wants["rotational"]?.any ?? [];
    const rotational = kind?.form === "flag" ? kind.is : undefined;
    const sizeBytes = Math.round(size.least);
    const facts = { sizeBytes, ...present({ transport, model, rotational }) };
    return {
      ...{ serial, sizeBytes, class: diskClassOf(facts), mayWrite: destructive },
      ...present({ model }),
      ...(destructive ? {} : { whyNot: "the run is not destructive" }),
    };
  });
