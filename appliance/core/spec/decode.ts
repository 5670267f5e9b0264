/** Plain data to a spec, by the tables of the grammar. Every fault is found in one go, each with its path. Pure. */
import { LIMIT_TABLES } from "../../../agent/stages/catalog.ts";
import type { GivenLimits, Limit } from "../../../agent/stages/limits.ts";
import type { Field, Fields } from "./field.ts";
import type { SpecFault, SpecFaultCode } from "./issue.ts";
import { LIST_KEYS, LISTS, type ListKey } from "./lists.ts";
import { BMC, BOARD, CPU, FANS, MEMORY, MODULE } from "./sections.ts";
import type { Entry, Group, MemorySpec, Spec } from "./spec.ts";
import { decodeSeverity, decodeWant, type Kind, textWanted, type Want } from "./want.ts";
import type { PathKey } from "./yaml.ts";

const MAX_ENTRIES = 256;
const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** Where the decoder is, and where faults go. */
interface Cursor {
  readonly path: readonly PathKey[];
  readonly faults: SpecFault[];
}
const into = (at: Cursor, ...keys: readonly PathKey[]): Cursor => ({ ...at, path: [...at.path, ...keys] });
const blame = (
  at: Cursor,
  code: SpecFaultCode,
  message: string,
  more: Pick<SpecFault, "ofKey" | "input"> = {},
): void => {
  at.faults.push({ code, path: at.path, message, ...more });
};

type Data = Readonly<Record<string, unknown>>;

/** How many single characters two words differ by, roughly: for a suggestion. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length] ?? 0;
};

const suggestion = (key: string, allowed: readonly string[]): string => {
  const short = key.slice(0, 40).toLowerCase();
  const [nearest] = allowed
    .map((word) => ({ word, away: distance(short, word.toLowerCase()) }))
    .sort((a, b) => a.away - b.away);
  const near = nearest !== undefined && nearest.away <= 2 ? ` did you mean ${nearest.word}?` : "";
  return `unknown key "${key.slice(0, 80)}";${near} allowed here: ${allowed.join(", ")}`;
};

/** A map that has only these keys, and one at least; null when it is not. Unknown keys are told and left out. */
const mapOf = (input: unknown, allowed: readonly string[], at: Cursor): Data | null => {
  if (typeof input !== "object" || input === null || Array.isArray(input) || Object.keys(input).length === 0) {
    blame(at, "shape", `must be a map of keys, at least one of ${allowed.join(", ")}`);
    return null;
  }
  for (const key of Object.keys(input))
    if (!allowed.includes(key)) blame(into(at, key), "key", suggestion(key, allowed), { ofKey: true });
  return input as Data;
};

const listOf = (input: unknown, at: Cursor): readonly unknown[] => {
  if (!Array.isArray(input)) blame(at, "shape", "must be a list, each entry beginning with “-”");
  else if (input.length > MAX_ENTRIES) blame(at, "length", `must have at most ${MAX_ENTRIES} entries`);
  else return input;
  return [];
};

/** What a field's values may be besides their kind. */
const checkValues = <Part>({ values }: Field<Part>, key: string, want: Want, at: Cursor): void => {
  for (const accept of want.any) {
    if (accept.form !== "text") continue;
    if (values !== undefined && !values.includes(accept.text.toLowerCase()))
      blame(at, "value", `must be one of ${values.join(", ")}`);
    if (key === "mac" && !MAC.test(accept.text.toLowerCase())) blame(at, "value", "must be a MAC address");
  }
};

/** A plain number where more does no harm is the least that is wanted. */
const asLeast = <Part>({ least }: Field<Part>, want: Want, input: unknown): Want =>
  least === true && typeof input === "number"
    ? {
        kind: want.kind,
        words: `at least ${want.words}`,
        any: want.any.map((a) => (a.form === "range" ? { ...a, most: Number.POSITIVE_INFINITY } : a)),
      }
    : want;

const decodeField = <Part>(field: Field<Part>, key: string, input: unknown, at: Cursor): Want | null => {
  const answer = decodeWant(field.kind, input);
  if (!answer.ok) {
    const { key: word, message, code } = answer;
    if (word === undefined) blame(at, code, message, { input });
    else blame(into(at, word), code, message, { input: (input as Data)[word] });
    return null;
  }
  checkValues(field, key, answer.want, at);
  return asLeast(field, answer.want, input);
};

/** The wants of a map; keys that are no fields are somebody else's. */
const decodeWants = <Part>(fields: Fields<Part>, data: Data, at: Cursor): Record<string, Want> => {
  const wants: Record<string, Want> = {};
  for (const [key, field] of Object.entries(fields)) {
    if (data[key] === undefined) continue;
    const want = decodeField(field, key, data[key], into(at, key));
    if (want !== null) wants[key] = want;
    if (field.same !== undefined && data[field.same] !== undefined && field.same < key)
      blame(into(at, key), "synonym", `${field.same} and ${key} say the same; give one of them`);
  }
  return wants;
};

const severityOf = (data: Data, at: Cursor): Pick<Group, "severity"> => {
  if (data["severity"] === undefined) return {};
  const severity = decodeSeverity(data["severity"]);
  if (severity === null) blame(into(at, "severity"), "value", "must be one of critical, warning, info");
  return severity === null ? {} : { severity };
};

const decodeGroup = <Part>(fields: Fields<Part>, input: unknown, at: Cursor): Group | null => {
  const data = mapOf(input, [...Object.keys(fields), "severity"], at);
  return data === null ? null : { wants: decodeWants(fields, data, at), ...severityOf(data, at) };
};

/** An identity says which part it is, so it is one value. */
const identityOf = (wants: Readonly<Record<string, Want>>, identities: readonly string[]): string | null =>
  identities.find((key) => textWanted(wants[key]) !== undefined) ?? null;

const decodeEntry = <Part>(
  fields: Fields<Part>,
  identities: readonly string[],
  input: unknown,
  at: Cursor,
): readonly Entry[] => {
  const data = mapOf(input, [...Object.keys(fields), "count", "severity"], at);
  if (data === null) return [];
  const wants = decodeWants(fields, data, at);
  const count = data["count"] ?? 1;
  if (!Number.isSafeInteger(count) || Number(count) < 1 || Number(count) > 1024) {
    blame(into(at, "count"), "value", "must be a whole number from 1 to 1024");
    return [];
  }
  const identity = data["count"] === undefined ? identityOf(wants, identities) : null;
  return [{ wants, identity, count: Number(count), ...severityOf(data, at) }];
};

const decodeEntries = <Part>(
  fields: Fields<Part>,
  identities: readonly string[],
  input: unknown,
  at: Cursor,
): readonly Entry[] => listOf(input, at).flatMap((one, i) => decodeEntry(fields, identities, one, into(at, i)));

const decodeSlots = (input: unknown, at: Cursor): Readonly<Record<string, Group | "empty">> => {
  if (typeof input !== "object" || input === null || Array.isArray(input) || Object.keys(input).length === 0) {
    blame(at, "shape", "must be a map from slots to what they hold: {A1: {size: 16 GiB}, A2: empty}");
    return {};
  }
  if (Object.keys(input).length > 1024) blame(at, "length", "must have at most 1024 slots");
  const slots = Object.entries(input).flatMap(([slot, value]): [string, Group | "empty"][] => {
    if (value === "empty") return [[slot, "empty"]];
    const group = decodeGroup(MODULE, value, into(at, slot));
    return group === null ? [] : [[slot, group]];
  });
  return Object.fromEntries(slots);
};

/** A plain figure of the whole memory; both ways to say its total are one want. */
const decodeFigure = (data: Data, key: string, kind: Kind, at: Cursor): Want | null => {
  if (data[key] === undefined) return null;
  const answer = decodeWant(kind, data[key]);
  if (answer.ok) return answer.want;
  blame(into(at, key, ...(answer.key === undefined ? [] : [answer.key])), answer.code, answer.message);
  return null;
};

/** Keys of the memory that are no fields of one value. */
const MEMORY_PARTS = ["total", "totalBytes", "dimms", "slots", "modules"] as const;

const decodeMemory = (input: unknown, at: Cursor): MemorySpec | null => {
  const data = mapOf(input, [...MEMORY_PARTS, ...Object.keys(MEMORY), "severity"], at);
  if (data === null) return null;
  if (data["total"] !== undefined && data["totalBytes"] !== undefined)
    blame(into(at, "totalBytes"), "synonym", "total and totalBytes say the same; give one of them");
  const total = decodeFigure(data, "total", "memory", at) ?? decodeFigure(data, "totalBytes", "count", at);
  const dimms = decodeFigure(data, "dimms", "count", at);
  return {
    wants: decodeWants(MEMORY, data, at),
    ...severityOf(data, at),
    ...(total === null ? {} : { total: { ...total, kind: "memory" as const } }),
    ...(dimms === null ? {} : { dimms }),
    ...(data["slots"] === undefined ? {} : { slots: decodeSlots(data["slots"], into(at, "slots")) }),
    ...(data["modules"] === undefined
      ? {}
      : { modules: decodeEntries(MODULE, [], data["modules"], into(at, "modules")) }),
  };
};

const decodeList = (key: ListKey, input: unknown, at: Cursor): readonly Entry[] =>
  decodeEntries<never>(LISTS[key].fields as Fields<never>, LISTS[key].identities, input, at);

/** The sections that are one part each. */
const GROUPS = { board: BOARD, cpu: CPU, fans: FANS, bmc: BMC } as const;

/** The keys of a whole spec. */
export const SPEC_KEYS: readonly string[] = [
  ...["inherits", "board", "cpu", "memory", ...LIST_KEYS, "fans", "bmc"],
  "limits",
];

const decodeLimit = ({ min, max, unit }: Limit, input: unknown, at: Cursor): number | null => {
  if (typeof input === "number" && input >= min && input <= max) return input;
  blame(at, "value", `must be a number from ${min} to ${max}, in ${unit}`);
  return null;
};

const decodeLimits = (input: unknown, at: Cursor): Readonly<Record<string, GivenLimits>> => {
  const stages = mapOf(input, Object.keys(LIMIT_TABLES), at) ?? {};
  const given: Record<string, Record<string, number>> = {};
  for (const [stage, table] of Object.entries(LIMIT_TABLES)) {
    if (stages[stage] === undefined) continue;
    const figures = mapOf(stages[stage], Object.keys(table), into(at, stage)) ?? {};
    for (const [key, limit] of Object.entries(table)) {
      if (figures[key] === undefined) continue;
      const figure = decodeLimit(limit, figures[key], into(at, stage, key));
      if (figure !== null) given[stage] = { ...given[stage], [key]: figure };
    }
  }
  return given;
};

/** Decodes a whole spec, `inherits` aside. The spec is whole only without faults. */
export const decodeSpec = (input: unknown): { readonly spec: Spec; readonly faults: readonly SpecFault[] } => {
  const at: Cursor = { path: [], faults: [] };
  const data = mapOf(input, SPEC_KEYS, at);
  if (data === null) return { spec: {}, faults: at.faults };
  const spec: Record<string, unknown> = {};
  for (const [key, fields] of Object.entries(GROUPS))
    if (data[key] !== undefined) spec[key] = decodeGroup<never>(fields as Fields<never>, data[key], into(at, key));
  if (data["memory"] !== undefined) spec["memory"] = decodeMemory(data["memory"], into(at, "memory"));
  for (const key of LIST_KEYS) if (data[key] !== undefined) spec[key] = decodeList(key, data[key], into(at, key));
  if (data["limits"] !== undefined) spec["limits"] = decodeLimits(data["limits"], into(at, "limits"));
  return { spec: spec as Spec, faults: at.faults };
};
