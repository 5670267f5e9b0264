/**
 * A config as a tree of settings: each leaf says what it means, what is allowed and what holds without it. The reader, the reference and the type all
 * follow from the tree, so none of them can forget a key.
 */
import * as v from "valibot";
import { stringify } from "yaml";
import type { YamlDocument } from "../core/spec/yaml.ts";
import { suggest } from "./suggest.ts";

/** One value. */
export interface Setting<T> {
  readonly kind: "setting";
  readonly doc: string;
  /** What may stand here, in words: it ends the sentence of every error. */
  readonly allowed: string;
  /** As it would be written in the file. */
  readonly fallback: string | number;
  readonly schema: v.GenericSchema<unknown, T>;
}

/** A group of settings. */
export interface Section<Keys extends Entries = Entries> {
  readonly kind: "section";
  readonly doc: string;
  readonly keys: Keys;
}

/** What a section holds. */
export interface Entries {
  readonly [key: string]: Setting<unknown> | Section;
}

/** What a tree of settings decodes to. */
export type Decoded<Entry> =
  Entry extends Section<infer Keys>
    ? { readonly [Key in keyof Keys]: Decoded<Keys[Key]> }
    : Entry extends Setting<infer T>
      ? T
      : never;

/** Names a section's type once. */
export const section = <const Keys extends Entries>(doc: string, keys: Keys): Section<Keys> => ({
  kind: "section",
  doc,
  keys,
});

/** Names a setting's type once. */
export const setting = <Schema extends v.GenericSchema>(
  doc: string,
  allowed: string,
  fallback: string | number,
  schema: Schema,
): Setting<v.InferOutput<Schema>> => ({ kind: "setting", doc, allowed, fallback, schema });

/** One thing that is wrong with a config file. */
export interface ConfigProblem {
  /** `line:column`, from 1. */
  readonly place: string;
  /** In dots: `network.dhcp.from`. Empty for the file as a whole. */
  readonly path: string;
  /** What is wrong and what is allowed. */
  readonly message: string;
}

/** Where a walk through the file stands. */
interface Walk {
  readonly document: YamlDocument;
  readonly problems: ConfigProblem[];
}

const report = (walk: Walk, path: readonly string[], message: string, ofKey = false): void => {
  walk.problems.push({ place: walk.document.placeOf(path, ofKey), path: path.join("."), message });
};

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

const readSetting = (walk: Walk, one: Setting<unknown>, value: unknown, path: readonly string[]): unknown => {
  const written = value === undefined || value === null ? one.fallback : value;
  const result = v.safeParse(one.schema, written, { abortEarly: true });
  if (result.success) return result.output;
  report(walk, path, `${show(written)} is not possible here; allowed is ${one.allowed}`);
  return undefined;
};

/** Reads a section; every problem is reported, and what could be read is given back. */
export const readSection = (walk: Walk, from: Section, value: unknown, path: readonly string[] = []): unknown => {
  const given = value ?? {};
  if (typeof given !== "object" || Array.isArray(given)) {
    report(walk, path, `${show(value)} stands where keys belong; allowed are ${Object.keys(from.keys).join(", ")}`);
    return undefined;
  }
  for (const key of Object.keys(given).filter((one) => !Object.hasOwn(from.keys, one)))
    report(walk, [...path, key], `there is no such key; ${suggest(key, Object.keys(from.keys))}`, true);
  return Object.fromEntries(
    Object.entries(from.keys).map(([key, entry]) => {
      const inner: unknown = Object.hasOwn(given, key) ? Reflect.get(given, key) : undefined;
      const read = entry.kind === "section" ? readSection : readSetting;
      return [key, read(walk, entry as Section & Setting<unknown>, inner, [...path, key])];
    }),
  );
};

const WIDTH = 100;

/** Words as comment lines of a readable length. */
const comment = (text: string, indent: string): readonly string[] => {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH - indent.length)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `${indent}# ${line}`);
};

/** A section as an example file: every key with its meaning and its default. */
export const renderSection = ({ keys }: Section, indent = ""): readonly string[] =>
  Object.entries(keys).flatMap(([key, entry]) => {
    const gap = indent === "" ? [""] : [];
    if (entry.kind === "section")
      return [...gap, ...comment(entry.doc, indent), `${indent}${key}:`, ...renderSection(entry, `${indent}  `)];
    return [
      ...gap,
      ...comment(`${entry.doc} Allowed: ${entry.allowed}.`, indent),
      `${indent}${key}: ${stringify(entry.fallback).trimEnd()}`,
    ];
  });
