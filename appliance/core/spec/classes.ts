/**
 * Spec classes: what several hosts have in common, written once. Pure.
 *
 * A class is a spec with a name. `inherits: [r640, compute]` takes both, the later over the earlier and the host's own keys over all. Maps merge key by key;
 * a list or a value replaces what was inherited; `null` takes it away. What is wanted of one value is wanted in one way, so another way of saying it replaces
 * the inherited one, and a severity alone is put to it.
 */
import type { Issue, SpecFault, SpecFaultCode } from "./issue.ts";
import type { Classes } from "./spec.ts";
import { type PathKey, parseYaml, type YamlDocument } from "./yaml.ts";

const MAX_SPEC_CHARS = 64 * 1024;
/** More classes than any host inherits, by whatever ways. */
const MAX_CLASSES = 32;

/** Deeper than the grammar: what is below is wrong anyway. */
const MAX_DEPTH = 16;

/** Names of classes: they stand in URLs and file names. */
export const CLASS_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** A text with its data. */
interface Source {
  readonly file: string | null;
  readonly document: YamlDocument;
}

/** What a spec is with all that it inherits. */
export type Merged =
  | { readonly ok: false; readonly issues: readonly Issue[] }
  | {
      readonly ok: true;
      readonly data: unknown;
      /** The place of a fault, in the text that it stands in. */
      readonly locate: (fault: SpecFault) => Issue;
    };

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const keyOf = (path: readonly PathKey[]): string => JSON.stringify(path.map(String));

const issueOf = ({ file, document }: Source, { code, path, message, ofKey, input }: SpecFault): Issue => {
  const written = document.textOf(path);
  const unquoted = message === "must be text" && written !== null && (typeof input !== "object" || input === null);
  const kind = input === null ? "nothing" : `a ${typeof input}`;
  const remedy = unquoted ? `; YAML reads ${written} as ${kind}, so put it in quotes: "${written}"` : "";
  const name = path.length === 0 ? "the spec" : path.join(".");
  return { code, file, place: document.placeOf(path, ofKey === true), sentence: `${name}: ${message}${remedy}` };
};

const readSource = (text: string, file: string | null): Source | Issue => {
  if (text.length > MAX_SPEC_CHARS)
    return { code: "length", file, place: "1:1", sentence: `A spec has at most ${MAX_SPEC_CHARS} characters` };
  const yaml = parseYaml(text);
  return yaml.ok
    ? { file, document: yaml.document }
    : { code: "yaml", file, place: yaml.place, sentence: `Not valid YAML: ${yaml.message}` };
};

/** The names that a text inherits, each with its place; anything else is a fault. */
const inheritsOf = (source: Source): { readonly names: readonly string[]; readonly issues: readonly Issue[] } => {
  const { data } = source.document;
  const input = isMap(data) ? data["inherits"] : undefined;
  if (input === undefined) return { names: [], issues: [] };
  const fault = (code: SpecFaultCode, path: readonly PathKey[], message: string) =>
    issueOf(source, { code, path, message });
  if (!Array.isArray(input))
    return { names: [], issues: [fault("shape", ["inherits"], "must be a list of classes: [r640, compute]")] };
  const bad = input.flatMap((name, i) =>
    typeof name === "string" && CLASS_NAME.test(name)
      ? []
      : [fault("class", ["inherits", i], "must be the name of a class")],
  );
  return { names: bad.length > 0 ? [] : input.map(String), issues: bad };
};

/** All texts that a text is made of, the weakest first, itself last; each class once, at its strongest place. */
const linearise = (
  own: Source,
  classes: Classes,
): { readonly sources: readonly Source[]; readonly issues: readonly Issue[] } => {
  const order = new Map<string, Source>();
  const issues: Issue[] = [];
  const visit = (source: Source, trail: readonly string[]): void => {
    const inherited = inheritsOf(source);
    issues.push(...inherited.issues);
    for (const [i, name] of inherited.names.entries()) {
      const blame = (code: SpecFaultCode, message: string) =>
        void issues.push(issueOf(source, { code, path: ["inherits", i], message }));
      if (trail.includes(name)) blame("circle", `goes in a circle: ${[...trail, name].join(" → ")}`);
      else if (trail.length >= MAX_CLASSES || order.size >= MAX_CLASSES)
        blame("length", `more than ${MAX_CLASSES} classes`);
      else {
        const text = classes.get(name);
        const found = text === undefined ? null : readSource(text, name);
        if (found === null) blame("class", `there is no class ${name}${known(classes)}`);
        else if ("sentence" in found) issues.push(found);
        else {
          visit(found, [...trail, name]);
          order.delete(name);
          order.set(name, found);
        }
      }
      if (issues.length > MAX_CLASSES) return;
    }
  };
  visit(own, []);
  return { sources: [...order.values(), own], issues };
};

const known = (classes: Classes): string =>
  classes.size === 0 ? "; no class was given" : `; there are ${[...classes.keys()].sort().slice(0, 10).join(", ")}`;

/** The words of one want, in the ways to say it; `min` and `max` go together. */
const WAYS: readonly (readonly string[])[] = [["equals"], ["oneOf"], ["matches"], ["atLeast"], ["min", "max"]];

/** What is left of an inherited value under another map: an inherited way of wanting it goes where the map has its own. */
const under = (inherited: unknown, over: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const says = (way: readonly string[]) => way.some((word) => word in over);
  if (!isMap(inherited)) {
    const wanted = inherited !== undefined && inherited !== null && !Array.isArray(inherited);
    // A plain value is the short form of `equals`.
    return wanted && Object.keys(over).every((key) => key === "severity") ? { equals: inherited } : {};
  }
  if (!WAYS.some(says)) return inherited;
  const gone = WAYS.filter((way) => !says(way)).flat();
  return Object.fromEntries(Object.entries(inherited).filter(([key]) => !gone.includes(key)));
};

/** Puts `over` on what is inherited, and notes which text each value comes from. */
const mergeInto = (
  inherited: unknown,
  over: unknown,
  source: Source,
  path: readonly PathKey[],
  origins: Map<string, Source>,
): unknown => {
  origins.set(keyOf(path), source);
  if (!isMap(over) || path.length > MAX_DEPTH) return over;
  const below = under(inherited, over);
  const result: Record<string, unknown> = Object.assign(Object.create(null), below);
  for (const [key, value] of Object.entries(over)) {
    // `null` takes away what was inherited; where nothing was, it is a fault like any other wrong value.
    if (value === null && key in below) delete result[key];
    else result[key] = mergeInto(result[key], value, source, [...path, key], origins);
  }
  return result;
};

const withoutInherits = (data: unknown): unknown => {
  if (!isMap(data) || !("inherits" in data)) return data;
  const { inherits: _, ...rest } = data;
  return rest;
};

/** The classes that a text inherits, by whatever ways; of a text that cannot be read, those that are known of. */
export const inheritedBy = (yamlText: string, classes: Classes): ReadonlySet<string> => {
  const own = readSource(yamlText, null);
  if ("sentence" in own) return new Set();
  const { sources } = linearise(own, classes);
  return new Set([...sources.flatMap(({ file }) => file ?? []), ...inheritsOf(own).names]);
};

/** Reads a spec and all that it inherits, as one. */
export const mergeClasses = (yamlText: string, classes: Classes): Merged => {
  const own = readSource(yamlText, null);
  if ("sentence" in own) return { ok: false, issues: [own] };
  const { sources, issues } = linearise(own, classes);
  if (issues.length > 0) return { ok: false, issues };
  const origins = new Map<string, Source>();
  const data = sources.reduce<unknown>(
    (under, source) => mergeInto(under, withoutInherits(source.document.data), source, [], origins),
    undefined,
  );
  const originOf = (path: readonly PathKey[]): Source => {
    for (let length = path.length; length > 0; length -= 1) {
      const origin = origins.get(keyOf(path.slice(0, length)));
      if (origin !== undefined) return origin;
    }
    return own;
  };
  return { ok: true, data, locate: (fault) => issueOf(originOf(fault.path), fault) };
};
