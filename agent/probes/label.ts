/**
 * Strings that hardware gives about itself, made fit to show: pure, total, linear.
 *
 * Firmware that has nothing to say says so in many ways. All of them mean that the value is absent. The words are those seen in the dmidecode
 * records of linux-hardware.org (github.com/linuxhw/DMI), whose own blanks are `--`.
 */

const PLACEHOLDERS = new Set([
  "n/a",
  "na",
  "none",
  "null",
  "unknown",
  "undefined",
  "memundefined",
  "unspecified",
  "empty",
  "other",
  "oem",
  "o.e.m.",
  "default string",
  "default_string",
  "not specified",
  "not available",
  "not applicable",
  "not provided",
  "not present",
  "not support",
  "not supported",
  "not settable",
  "not installed",
  "no dimm",
  "no module installed",
  "no asset information",
  "no asset tag",
  "<bad index>",
  "<out of spec>",
  "invalid",
  "to be filled by o.e.m.",
  "to be filled by oem",
  "system manufacturer",
  "system product name",
  "system version",
  "system serial number",
  "base board manufacturer",
  "base board product",
  "base board serial number",
  "chassis serial number",
  "serial number",
  "0123456789",
  "1234567890",
  "123456789",
  "01234567",
  "12345678",
  "123456789abc",
  "123456789012345678",
  // The UUID that AMI's reference code leaves in place.
  "03000200-0400-0500-0006-000700080009",
]);

/** Numbered fillers of reference firmware: `SerNum07`, `ModulePartNumber03`, `Array1_PartNumber0`, `DimmC2_PartNumC2`, `Dimm7_Manufacturer_Name_String`. */
const FILLER =
  /^(?:(?:array\d{1,3}|[a-z]\d{1,3}|dimm[a-z0-9]{1,4})_)?(?:ser(?:ial)?num(?:ber)?|(?:module)?part(?:num|number)|manufacturer(?:_name_string)?|assettag(?:num)?)[a-z]?\d{0,3}$/;
/** One sign over and over says nothing: zeros, `FFFFFFFF`, dots, dashes, `xxxx`. */
const MONOTONE = /^(?:[0\s.:_-]*|[f-]{4,}|x{3,}|\*{2,}|\?{2,})$/;

/** Drops control and direction-changing characters, joins runs of blanks, and cuts to `max` characters. */
export const cleanText = (raw: string, max: number): string =>
  raw
    .slice(0, max * 4)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: dropping them is the purpose
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]+/g, " ")
    .replace(/ {2,}/g, " ")
    .slice(0, max)
    .toWellFormed()
    .trim();

/** What the hardware calls itself; undefined when it does not really say. */
export const cleanLabel = (raw: unknown, max = 256): string | undefined => {
  if (typeof raw !== "string") return undefined;
  const label = cleanText(raw, max);
  const word = label.toLowerCase();
  return PLACEHOLDERS.has(word) || FILLER.test(word) || MONOTONE.test(word) ? undefined : label;
};

/** A whole number that a text starts with, from 0 up; undefined for anything else. */
export const leadingCount = (raw: string | undefined): number | undefined => {
  const digits = /^\s*(\d{1,15})/.exec(raw ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** Leaves out keys without a value, as the wire's optional fields want it. */
export const present = <T extends Record<string, unknown>>(
  fields: T,
): { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
} => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
