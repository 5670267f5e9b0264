/**
 * What is wanted of one value: `model: X`, or `{ oneOf: [X, Y] }`, `{ matches: regex }`, `{ min: 2, max: 4 }`, `{ atLeast: 2.10.0 }`, each with its own
 * `severity` if need be. Pure.
 */
import { SEVERITIES, type Severity } from "../../../agent/wire/names.ts";
import { renderDisk, renderMemory } from "../words.ts";
import type { SpecFaultCode } from "./issue.ts";
import { compilePattern, matchesPattern, type Pattern } from "./pattern.ts";
import { parseDiskSize, parseMemorySize } from "./size.ts";
import { compareVersions } from "./version.ts";

/** What a value is, which decides how it is written, compared and shown. */
export type Kind = "text" | "serial" | "version" | "count" | "figure" | "memory" | "disk" | "flag";

/** A value of the inventory. */
export type Value = string | number | boolean;

/** One way to be right. */
export type Accept =
  | { readonly form: "text"; readonly text: string }
  | { readonly form: "pattern"; readonly pattern: Pattern }
  | { readonly form: "atLeast"; readonly version: string }
  | { readonly form: "range"; readonly least: number; readonly most: number }
  | { readonly form: "flag"; readonly is: boolean };

/** What is wanted: any one of the ways is right. */
export interface Want {
  readonly kind: Kind;
  readonly any: readonly Accept[];
  /** As a person would say it: `16 GiB`, `one of A, B`, `at least 2.10.0`. */
  readonly words: string;
  /** One value was named, and nothing but it is right. */
  readonly exact?: true;
  /** In place of the difference's own. */
  readonly severity?: Severity;
}

/** A want, or what is wrong with how it is written; `key` is where within a map. */
export type WantAnswer =
  | { readonly ok: true; readonly want: Want }
  | { readonly ok: false; readonly code: SpecFaultCode; readonly message: string; readonly key?: string };

const TEXTS: ReadonlySet<Kind> = new Set(["text", "serial", "version"]);
const MAX_CHOICES = 64;

/** What a plain value of each kind must be, as an error says it. */
const MUST_BE: Readonly<Record<Kind, string>> = {
  text: "must be text",
  serial: "must be text",
  version: "must be text",
  count: "must be a whole number, from 1 up",
  figure: "must be a number",
  memory: "must be a size in MiB, GiB or TiB such as 64 GiB; memory modules are not made in GB",
  disk: "must be a size such as 480 GB, 3.84 TB or 2 GiB; a number of bytes goes under sizeBytes",
  flag: "must be true or false",
};

const refuse = (code: SpecFaultCode, message: string, key?: string): WantAnswer =>
  key === undefined ? { ok: false, code, message } : { ok: false, code, message, key };

/** Text without control characters; null for anything else. */
const textOf = (input: unknown): string | null =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the purpose
  typeof input === "string" && input.trim() !== "" && input.length <= 256 && !/[\u0000-\u001f\u007f]/.test(input)
    ? input.trim()
    : null;

/** One plain value as a range of numbers; null when it is none of its kind. */
const rangeOf = (kind: Kind, input: unknown): { readonly least: number; readonly most: number } | null => {
  const exactly = (n: number | null) => (n === null ? null : { least: n, most: n });
  if (kind === "memory") return typeof input === "string" ? exactly(parseMemorySize(input)) : null;
  if (kind === "disk") {
    const size = typeof input === "string" ? parseDiskSize(input) : null;
    return size && { least: size.leastBytes, most: size.mostBytes };
  }
  if (typeof input !== "number" || !Number.isFinite(input)) return null;
  return kind === "count" && !(Number.isSafeInteger(input) && input >= 1) ? null : exactly(input);
};

/** One plain value as a way to be right, with its words. */
const acceptOf = (kind: Kind, input: unknown): { readonly accept: Accept; readonly words: string } | string => {
  if (kind === "flag")
    return typeof input === "boolean" ? { accept: { form: "flag", is: input }, words: String(input) } : MUST_BE.flag;
  if (TEXTS.has(kind)) {
    const text = textOf(input);
    if (text !== null) return { accept: { form: "text", text }, words: text };
    if (typeof input !== "string") return MUST_BE[kind];
    if (input.trim() === "") return "must not be empty";
    return input.length > 256 ? "must have at most 256 characters" : "must not hold control characters";
  }
  const range = rangeOf(kind, input);
  return range === null
    ? MUST_BE[kind]
    : {
        accept: { form: "range", ...range },
        words: typeof input === "string" ? input : renderValue(kind, range.least),
      };
};

const decodeChoices = (kind: Kind, input: unknown, key: string): WantAnswer => {
  if (!Array.isArray(input) || input.length === 0 || input.length > MAX_CHOICES)
    return refuse("shape", `must be a list of 1 to ${MAX_CHOICES} values`, key);
  const choices = input.map((one) => acceptOf(kind, one));
  const bad = choices.find((one) => typeof one === "string");
  if (typeof bad === "string") return refuse("value", `every one ${bad}`, key);
  const good = choices.filter((one) => typeof one !== "string");
  const words = `one of ${good.map((one) => one.words).join(", ")}`;
  return { ok: true, want: { kind, any: good.map((one) => one.accept), words } };
};

const decodeBounds = (kind: Kind, input: Readonly<Record<string, unknown>>): WantAnswer => {
  const bound = (key: "min" | "max") => (input[key] === undefined ? undefined : rangeOf(kind, input[key]));
  const [low, high] = [bound("min"), bound("max")];
  if (low === null) return refuse("value", MUST_BE[kind], "min");
  if (high === null) return refuse("value", MUST_BE[kind], "max");
  const [least, most] = [low?.least ?? Number.NEGATIVE_INFINITY, high?.most ?? Number.POSITIVE_INFINITY];
  if (least > most) return refuse("impossible", "min is above max, so no value fits", "min");
  const show = (key: "min" | "max", n: number) => (typeof input[key] === "string" ? input[key] : renderValue(kind, n));
  const words =
    high === undefined
      ? `at least ${show("min", least)}`
      : low === undefined
        ? `at most ${show("max", most)}`
        : `${show("min", least)} to ${show("max", most)}`;
  return { ok: true, want: { kind, any: [{ form: "range", least, most }], words } };
};

const decodePattern = (kind: Kind, input: unknown): WantAnswer => {
  const source = textOf(input);
  if (source === null) return refuse("value", "must be a pattern, as text", "matches");
  const answer = compilePattern(source);
  if (!answer.ok) return refuse("pattern", `is no pattern that is taken: ${answer.fault}`, "matches");
  return { ok: true, want: { kind, any: [{ form: "pattern", pattern: answer.pattern }], words: `matching ${source}` } };
};

const decodeLeast = (kind: Kind, input: unknown): WantAnswer => {
  // YAML takes 2.10 for the number 2.1: a version has to be written as text.
  const version = textOf(input);
  if (version === null) return refuse("value", "must be text", "atLeast");
  return { ok: true, want: { kind, any: [{ form: "atLeast", version }], words: `at least ${version}` } };
};

const decodeEqual = (kind: Kind, input: unknown, key?: string): WantAnswer => {
  const one = acceptOf(kind, input);
  return typeof one === "string"
    ? refuse("value", one, key)
    : { ok: true, want: { kind, any: [one.accept], words: one.words, exact: true } };
};

/** The words that a want of a kind may use, besides `severity`. */
export const wantWords = (kind: Kind): readonly string[] => {
  if (kind === "flag") return ["equals"];
  if (kind === "version") return ["equals", "oneOf", "matches", "atLeast"];
  return TEXTS.has(kind) ? ["equals", "oneOf", "matches"] : ["equals", "oneOf", "min", "max"];
};

/** The keys of one want that belong together; each is one way to say it. */
const FORMS: readonly (readonly string[])[] = [["equals"], ["oneOf"], ["matches"], ["atLeast"], ["min", "max"]];

const decodeMap = (kind: Kind, input: Readonly<Record<string, unknown>>): WantAnswer => {
  const allowed = wantWords(kind);
  const given = Object.keys(input).filter((key) => key !== "severity");
  const stranger = given.find((key) => !allowed.includes(key));
  if (stranger !== undefined)
    return refuse("key", `unknown key "${stranger}"; allowed here: ${[...allowed, "severity"].join(", ")}`, stranger);
  const form = FORMS.find((keys) => given.some((key) => keys.includes(key)));
  if (form === undefined) return refuse("shape", `must say what is wanted: ${allowed.join(", ")}`);
  const other = given.find((key) => !form.includes(key));
  if (other !== undefined)
    return refuse("synonym", `stands beside ${form.join(" and ")}; a value is wanted in one way`, other);
  switch (form[0]) {
    case "oneOf":
      return decodeChoices(kind, input["oneOf"], "oneOf");
    case "matches":
      return decodePattern(kind, input["matches"]);
    case "atLeast":
      return decodeLeast(kind, input["atLeast"]);
    case "min":
      return decodeBounds(kind, input);
    default:
      return decodeEqual(kind, input["equals"], "equals");
  }
};

/** A severity as it is written; null for anything else. */
export const decodeSeverity = (input: unknown): Severity | null => SEVERITIES.find((one) => one === input) ?? null;

/** Reads what is wanted of a value of this kind, as YAML gave it. */
export const decodeWant = (kind: Kind, input: unknown): WantAnswer => {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return decodeEqual(kind, input);
  const map = input as Readonly<Record<string, unknown>>;
  const severity = map["severity"] === undefined ? undefined : decodeSeverity(map["severity"]);
  if (severity === null) return refuse("value", `must be one of ${SEVERITIES.join(", ")}`, "severity");
  const answer = decodeMap(kind, map);
  return answer.ok && severity !== undefined ? { ok: true, want: { ...answer.want, severity } } : answer;
};

/** Firmware spaces and capitalises as it likes. */
const plain = (raw: string): string => raw.trim().replace(/\s+/g, " ").toLowerCase();

/** A text in the form in which it is compared: two that give the same are the same. */
export const comparable = (kind: Kind, value: Value): string =>
  kind === "serial" ? String(value).trim() : plain(String(value));

const accepts = (kind: Kind, accept: Accept, value: Value): boolean => {
  switch (accept.form) {
    case "text":
      return comparable(kind, accept.text) === comparable(kind, value);
    case "pattern":
      return matchesPattern(accept.pattern, String(value).trim());
    case "atLeast":
      return compareVersions(String(value), accept.version) >= 0;
    case "range":
      return typeof value === "number" && value >= accept.least && value <= accept.most;
    case "flag":
      return value === accept.is;
  }
};

/** Whether a value is what is wanted. */
export const isWanted = ({ kind, any }: Want, value: Value): boolean =>
  any.some((accept) => accepts(kind, accept, value));

/** The one text that is wanted; undefined when it is not one text. */
export const textWanted = (want: Want | undefined): string | undefined => {
  const [only, ...others] = want?.any ?? [];
  return others.length === 0 && only?.form === "text" ? only.text : undefined;
};

/** Whether a number is below everything that is wanted. Texts are never less. */
export const isLess = ({ any }: Want, value: Value): boolean =>
  typeof value === "number" && any.every((accept) => accept.form === "range" && value < accept.least);

/** A value for people. */
export const renderValue = (kind: Kind, value: Value): string => {
  if (typeof value !== "number") return String(value);
  if (kind === "memory") return renderMemory(value);
  return kind === "disk" ? `${renderDisk(value)} (${value} bytes)` : String(value);
};
