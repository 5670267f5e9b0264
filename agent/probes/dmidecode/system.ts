/** The system, its firmware, board and chassis (SMBIOS types 0, 1, 2, 3 and 11). Pure. */
import { cleanLabel, present } from "../label.ts";
import type { Structure } from "./structures.ts";
import { countOf, type Fields, sizeOf } from "./values.ts";

/** The server as its maker sells it. */
export interface SmbiosSystem {
  readonly manufacturer: string | null;
  readonly product: string | null;
  readonly version?: string;
  readonly serial?: string;
  readonly uuid?: string;
  readonly sku?: string;
  readonly family?: string;
}

/** The firmware. */
export interface SmbiosBios {
  readonly vendor?: string;
  readonly version?: string;
  /** As the firmware writes it: mostly month/day/year. */
  readonly date?: string;
  readonly revision?: string;
  /** Of the embedded controller. */
  readonly controllerRevision?: string;
  readonly romBytes?: number;
}

/** The board. */
export interface SmbiosBoard {
  readonly manufacturer?: string;
  readonly product?: string;
  readonly version?: string;
  readonly serial?: string;
  readonly assetTag?: string;
  readonly location?: string;
}

/** The chassis. */
export interface SmbiosChassis {
  readonly type?: string;
  readonly manufacturer?: string;
  readonly version?: string;
  readonly serial?: string;
  readonly assetTag?: string;
  readonly sku?: string;
  readonly rackUnits?: number;
}

const NO_FIELDS: Fields = new Map();
const firstOf = (structures: readonly Structure[], type: number): Fields =>
  structures.find((one) => one.type === type)?.fields ?? NO_FIELDS;

/** Dell's `SKU=NotProvided;ModelName=PowerEdge R430` has no SKU. */
const skuOf = (raw: string | undefined): string | undefined =>
  /^SKU=NotProvided(?:;|$)/i.test(raw ?? "") ? undefined : cleanLabel(raw);

/** Type 1. */
export const systemOf = (structures: readonly Structure[]): SmbiosSystem => {
  const fields = firstOf(structures, 1);
  return {
    manufacturer: cleanLabel(fields.get("Manufacturer")) ?? null,
    product: cleanLabel(fields.get("Product Name")) ?? null,
    ...present({
      version: cleanLabel(fields.get("Version")),
      serial: cleanLabel(fields.get("Serial Number")),
      uuid: cleanLabel(fields.get("UUID"))?.toLowerCase(),
      sku: skuOf(fields.get("SKU Number")),
      family: cleanLabel(fields.get("Family")),
    }),
  };
};

/** Type 0. */
export const biosOf = (structures: readonly Structure[]): SmbiosBios => {
  const fields = firstOf(structures, 0);
  const revision = (key: string): string | undefined => cleanLabel(fields.get(key));
  return present({
    vendor: cleanLabel(fields.get("Vendor")),
    version: cleanLabel(fields.get("Version")),
    date: cleanLabel(fields.get("Release Date")),
    revision: revision("BIOS Revision"),
    controllerRevision: revision("Firmware Revision"),
    romBytes: sizeOf(fields.get("ROM Size")) || undefined,
  });
};

/** Type 2. A chassis lists its risers and backplanes as boards too; the main one says so, or comes first. */
export const boardOf = (structures: readonly Structure[]): SmbiosBoard => {
  const boards = structures.filter(({ type }) => type === 2);
  const fields = (boards.find((one) => one.fields.get("Type") === "Motherboard") ?? boards[0])?.fields ?? NO_FIELDS;
  return present({
    manufacturer: cleanLabel(fields.get("Manufacturer")),
    product: cleanLabel(fields.get("Product Name")),
    version: cleanLabel(fields.get("Version")),
    serial: cleanLabel(fields.get("Serial Number")),
    assetTag: cleanLabel(fields.get("Asset Tag")),
    location: cleanLabel(fields.get("Location In Chassis")),
  });
};

/** Type 3. Of a blade and its enclosure the blade comes first. */
export const chassisOf = (structures: readonly Structure[]): SmbiosChassis => {
  const fields = firstOf(structures, 3);
  return present({
    type: cleanLabel(fields.get("Type")),
    manufacturer: cleanLabel(fields.get("Manufacturer")),
    version: cleanLabel(fields.get("Version")),
    serial: cleanLabel(fields.get("Serial Number")),
    assetTag: cleanLabel(fields.get("Asset Tag")),
    sku: skuOf(fields.get("SKU Number")),
    rackUnits: countOf(/^(\d{1,3}) U$/.exec(fields.get("Height") ?? "")?.[1]),
  });
};

/** More strings than any maker has to tell. */
const MOST_OEM_STRINGS = 64;

/** Type 11. */
export const oemStringsOf = (structures: readonly Structure[]): readonly string[] =>
  structures
    .filter(({ type }) => type === 11)
    .flatMap(({ fields }) =>
      [...fields].flatMap(([key, value]) => (/^String \d/.test(key) ? (cleanLabel(value) ?? []) : [])),
    )
    .slice(0, MOST_OEM_STRINGS);
