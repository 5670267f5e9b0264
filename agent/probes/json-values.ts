/** Reads single values out of the JSON of tools, whatever is in their place. Pure and total. */
import { objectOf } from "./lenient-json.ts";

/** An object of the document. */
export type Json = Readonly<Record<string, unknown>>;

const NOTHING: Json = {};
/** Tables of drives have some hundred rows at most; more would only cost memory. */
const MAX_ROWS = 1_000;

/** The object at the end of a path of names; an empty one where there is none. */
export const objectAt = (from: unknown, ...path: readonly string[]): Json => {
  let at: Json = objectOf(from) ?? NOTHING;
  for (const name of path) at = objectOf(at[name]) ?? NOTHING;
  return at;
};

/** The rows of a table. smartctl leaves null where an index of it was skipped. */
export const rowsAt = (from: Json, name: string): readonly Json[] => {
  const rows = from[name];
  return Array.isArray(rows)
    ? rows
        .slice(0, MAX_ROWS)
        .map(objectOf)
        .filter((row) => row !== undefined)
    : [];
};

/** A number. */
export const numberAt = (from: Json, name: string): number | undefined => {
  const value = from[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
};

/** A whole number from 0 up that is exact. */
export const countAt = (from: Json, name: string): number | undefined => {
  const value = numberAt(from, name);
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
};

/** A whole number above 0: capacities and sector sizes that say 0 say nothing. */
export const sizeAt = (from: Json, name: string): number | undefined => countAt(from, name) || undefined;

/** True or false. */
export const flagAt = (from: Json, name: string): boolean | undefined => {
  const value = from[name];
  return typeof value === "boolean" ? value : undefined;
};

/**
 * A text exactly as the drive gives it, without blanks around it: `WDC  WUH721818ALE6L4` has two spaces in its name, and whoever compares with
 * a data sheet or another tool wants both. Control characters become blanks.
 */
export const textAt = (from: Json, name: string, max = 256): string | undefined => {
  const value = from[name];
  if (typeof value !== "string") return undefined;
  const text = value
    .slice(0, max * 4)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: dropping them is the purpose
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]/g, " ")
    .slice(0, max)
    .toWellFormed()
    .trim();
  return text === "" ? undefined : text;
};

/** Members whose names match, in the order of the document: `scsi_sas_port_0`, `phy_1`. */
export const membersAt = (from: Json, name: RegExp): readonly Json[] =>
  Object.entries(from)
    .slice(0, MAX_ROWS)
    .map(([key, value]) => (name.test(key) ? objectOf(value) : undefined))
    .filter((value) => value !== undefined);
