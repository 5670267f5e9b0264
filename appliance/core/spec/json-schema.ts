/** The grammar of a spec as JSON Schema (draft 2020-12), made from the same tables as the parser: editors complete and check with it. Pure. */
import { LIMIT_TABLES } from "../../../agent/stages/catalog.ts";
import type { LimitTable } from "../../../agent/stages/limits.ts";
import { SEVERITIES } from "../../../agent/wire/names.ts";
import { SPEC_KEYS } from "./decode.ts";
import type { Field, Fields } from "./field.ts";
import { LIST_KEYS, LISTS } from "./lists.ts";
import { BMC, BOARD, CPU, FANS, MEMORY, MODULE } from "./sections.ts";
import { type Kind, wantWords } from "./want.ts";

/** A JSON Schema. */
export type JsonSchema = { readonly [key: string]: unknown };

const TEXT: JsonSchema = { type: "string", minLength: 1, maxLength: 256 };

/** How a plain value of each kind is written. */
const PLAIN: Readonly<Record<Kind, JsonSchema>> = {
  text: TEXT,
  serial: TEXT,
  version: TEXT,
  count: { type: "integer", minimum: 1 },
  figure: { type: "number" },
  memory: { type: "string", pattern: "^\\d{1,6}(\\.\\d{1,3})? ?[KMGTP]iB$" },
  disk: { type: "string", pattern: "^\\d{1,6}(\\.\\d{1,3})? ?([KMGTP]iB|kB|[MGTP]B)$" },
  flag: { type: "boolean" },
};

const SEVERITY: JsonSchema = { enum: SEVERITIES };

const closed = (properties: JsonSchema, more: JsonSchema = {}): JsonSchema => ({
  type: "object",
  properties,
  additionalProperties: false,
  minProperties: 1,
  ...more,
});

/** One word of a want, by its kind. */
const wordSchema = (word: string, plain: JsonSchema): JsonSchema => {
  if (word === "oneOf") return { type: "array", items: plain, minItems: 1, maxItems: 64 };
  if (word === "matches") return { type: "string", format: "regex", minLength: 1, maxLength: 200 };
  return plain;
};

const wantSchema = (kind: Kind, plain: JsonSchema): JsonSchema => ({
  anyOf: [
    plain,
    closed({
      ...Object.fromEntries(wantWords(kind).map((word) => [word, wordSchema(word, plain)])),
      severity: SEVERITY,
    }),
  ],
});

const fieldSchema = <Part>({ kind, label, values, unit }: Field<Part>): JsonSchema => ({
  description: unit === undefined ? label : `${label}, in ${unit}`,
  ...wantSchema(kind, values === undefined ? PLAIN[kind] : { enum: values }),
});

const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: "null" }] });

/** Everything in a map that may be inherited may be taken away. */
const removable = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema =>
  Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, orNull(schema)]));

const properties = <Part>(fields: Fields<Part>): Readonly<Record<string, JsonSchema>> => ({
  ...Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, fieldSchema(field)])),
  severity: SEVERITY,
});

const groupSchema = <Part>(fields: Fields<Part>, more: Readonly<Record<string, JsonSchema>> = {}): JsonSchema =>
  closed(removable({ ...properties(fields), ...more }));

const entriesSchema = <Part>(fields: Fields<Part>): JsonSchema => ({
  type: "array",
  maxItems: 256,
  items: closed({
    ...properties(fields),
    count: { type: "integer", minimum: 1, maximum: 1024, description: "how many are alike; 1 when not given" },
  }),
});

const memorySchema = (): JsonSchema =>
  groupSchema(MEMORY, {
    total: { description: "sum of the modules", ...wantSchema("memory", PLAIN.memory) },
    totalBytes: { description: "sum of the modules in bytes", ...wantSchema("count", PLAIN.count) },
    dimms: { description: "number of modules", ...wantSchema("count", PLAIN.count) },
    slots: {
      type: "object",
      description: "what each slot holds",
      additionalProperties: { anyOf: [{ const: "empty" }, groupSchema(MODULE), { type: "null" }] },
      minProperties: 1,
    },
    modules: { description: "the modules, whichever slot they are in", ...entriesSchema(MODULE) },
  });

const limitsSchema = (table: LimitTable): JsonSchema =>
  closed(
    removable(
      Object.fromEntries(
        Object.entries(table).map(([key, { what, unit, min, max }]) => [
          key,
          { type: "number", minimum: min, maximum: max, description: `${what}, in ${unit}` },
        ]),
      ),
    ),
  );

/** The schema of a spec and of a class. `null` takes an inherited key away. */
export const renderSpecSchema = (): JsonSchema => {
  const sections: Readonly<Record<string, JsonSchema>> = {
    inherits: { type: "array", items: { type: "string", pattern: "^[a-z0-9][a-z0-9._-]{0,63}$" } },
    board: groupSchema(BOARD),
    cpu: groupSchema(CPU),
    memory: memorySchema(),
    ...Object.fromEntries(LIST_KEYS.map((key) => [key, entriesSchema<never>(LISTS[key].fields as Fields<never>)])),
    fans: groupSchema(FANS),
    bmc: groupSchema(BMC),
    limits: closed(
      removable(Object.fromEntries(Object.entries(LIMIT_TABLES).map(([key, table]) => [key, limitsSchema(table)]))),
    ),
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Expected spec of a host",
    ...closed(removable(Object.fromEntries(SPEC_KEYS.map((key) => [key, sections[key] ?? {}])))),
  };
};
