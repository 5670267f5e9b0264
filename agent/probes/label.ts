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
  "not defined",
  "not set",
  "not support",
  "not supported",
  "not settable",
  "not installed",
  "no dimm",
  "nodimm",
  "no dimm installed",
  "no module installed",
  "no module",
  "no enclosure",
  "no asset information",
  "no asset tag",
  "(none)",
  "n.a.",
  "unknow",
  "undefine",
  "no data",
  "invalid",
  "fill by oem",
  "filled by o.e.m.",
  "part component",
  "rev 1.xx",
  "rev x.0x",
  "x.x",
  "system manufacturer",
  "system product name",
  "system version",
  "system serial number",
  "system sku",
  "system sku number",
  "system family",
  "sku",
  "sku number",
  "family",
  "asset tag",
  "asset tag:",
  "manufacturer",
  "product name",
  "base board manufacturer",
  "base board product",
  "base board product name",
  "base board version",
  "base board serial number",
  "base board asset tag",
  "chassis manufacturer",
  "chassis manufacture",
  "chassis version",
  "chassis serial number",
  "chassis asset tag",
  "serial number",
  // The UUID that AMI's reference code leaves in place, in both byte orders.
  "03000200-0400-0500-0006-000700080009",
  "00020003-0004-0005-0006-000700080009",
]);

/** Sentences with endings of many kinds: `To Be Filled By O.E.M.`, `To be filled by O.E.M`, `To Be Defined By O.E.M`, `OEM Define 5`, `OemString1`, `Type2 - Board Vendor Name1`, `TBD by ODM`; `<BAD INDEX>` and the like of dmidecode. */
const PLACEHOLDER_START =
  /^(?:to be (?:filled|defined) by o|oem[ _-]?(?:define|string ?\d)|type\d{1,2}(?: - board|productconfigid|family$)|tbd(?: by o|$)|<[a-z ]{1,40}>$)/;
/** Digits in their order from 0 or 1, as far as the field was long: `0123456789`, `1234567`, `01234567890123456789AB`. */
const COUNTING = [
  "01234567890123456789abcdef",
  "0123456789abcdef",
  "12345678901234567890abcdef",
  "1234567890abcdef",
  "123456789abcdef",
  "0123456789".repeat(4),
  "1234567890".repeat(4),
  "123456789".repeat(4),
];
const MOST_COUNTING_CHARS = 40;
const LEAST_COUNTING_CHARS = 7;

/** Numbered fillers of reference firmware: `SerNum07`, `ModulePartNumber03`, `Array1_PartNumber0`, `DimmC2_PartNumC2`, `ChannelA_Dimm2_Manufacturer`. */
const FILLER =
  /^(?:[a-z]{1,8}\d{0,3}[a-z]?\d{0,2}_){0,3}(?:ser(?:ial)?num(?:ber)?|(?:module)?part(?:num|number)|manufacturer(?:_name_string)?|assettag(?:num)?)[a-z]?\d{0,3}$/;
/** One sign over and over says nothing: zeros, `FFFFFFFF`, dots, dashes, `xxxx`. */
const MONOTONE = /^(?:(?:0x)?[0\s.:_-]*|[f-]{4,}|x{3,}|\*{2,}|\?{2,})$/;

/** Printable ASCII with single blanks within: nearly every label, and nothing to do about it. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

/** Drops control and direction-changing characters, joins runs of blanks, and cuts to `max` characters. */
export const cleanText = (raw: string, max: number): string =>
  raw.length <= max && PLAIN.test(raw)
    ? raw
    : raw
        .slice(0, max * 4)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: dropping them is the purpose
        .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]+/g, " ")
        .replace(/ {2,}/g, " ")
        .slice(0, max)
        .toWellFormed()
        .trim();

const isCounting = (word: string): boolean =>
  word.length >= LEAST_COUNTING_CHARS &&
  word.length <= MOST_COUNTING_CHARS &&
  COUNTING.some((digits) => digits.startsWith(word));

/** By the lower-case word. */
const isPlaceholder = (word: string): boolean =>
  PLACEHOLDERS.has(word) ||
  PLACEHOLDER_START.test(word) ||
  isCounting(word) ||
  FILLER.test(word) ||
  MONOTONE.test(word);

/** What the hardware calls itself; undefined when it does not really say. */
export const cleanLabel = (raw: unknown, max = 256): string | undefined => {
  if (typeof raw !== "string") return undefined;
  const label = cleanText(raw, max);
  const word = label.toLowerCase();
  return isPlaceholder(word) ? undefined : label;
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
