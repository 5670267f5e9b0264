/**
 * The expected spec of a host: what an operator writes in YAML, and what it means. Pure.
 *
 * Every key is optional and what is not named is not compared. Anything else in the text is an error with its place: a typing error that is
 * passed over would be an expectation that is never checked.
 */
import type { Severity } from "../../../agent/wire/names.ts";
import type { Answer } from "../ports.ts";
import { mergeClasses } from "./classes.ts";
import { findContradictions } from "./contradictions.ts";
import { decodeSpec } from "./decode.ts";
import { type Issue, renderIssues } from "./issue.ts";
import type { ListKey } from "./lists.ts";
import type { Want } from "./want.ts";

/** What is wanted of one part, by the keys of its fields. */
export interface Group {
  readonly wants: Readonly<Record<string, Want>>;
  /** In place of every difference's own. */
  readonly severity?: Severity;
}

/** An entry of a list: one part that is known by its identity, or some that are alike. */
export interface Entry extends Group {
  /** The key of the identity; null for a group. */
  readonly identity: string | null;
  /** How many; 1 where there is an identity. */
  readonly count: number;
}

/** What is expected of the memory. */
export interface MemorySpec extends Group {
  /** Sum of the modules, in bytes. */
  readonly total?: Want;
  /** Number of modules. */
  readonly dimms?: Want;
  readonly slots?: Readonly<Record<string, Group | "empty">>;
  readonly modules?: readonly Entry[];
}

/** What a host is expected to be. */
export type Spec = {
  readonly board?: Group;
  readonly cpu?: Group;
  readonly memory?: MemorySpec;
  readonly fans?: Group;
  readonly bmc?: Group;
} & { readonly [Key in ListKey]?: readonly Entry[] };

/** Texts of classes by their names. */
export type Classes = ReadonlyMap<string, string>;

/** No classes at all. */
export const NO_CLASSES: Classes = new Map();

const refuse = (issues: readonly Issue[]): Answer<never> => {
  const { place, detail } = renderIssues(issues);
  return { ok: false, refusal: { code: "invalid", detail, path: place } };
};

/**
 * YAML to a spec, or where it is wrong and what is allowed there. `refusal.path` is `line:column` of the first error, with the class's name before it when the
 * error stands in a class.
 */
export const parseSpec = (yamlText: string, classes: Classes = NO_CLASSES): Answer<Spec> => {
  const merged = mergeClasses(yamlText, classes);
  if (!merged.ok) return refuse(merged.issues);
  const decoded = decodeSpec(merged.data);
  const faults = decoded.faults.length > 0 ? decoded.faults : findContradictions(decoded.spec);
  return faults.length === 0 ? { ok: true, value: decoded.spec } : refuse(faults.map(merged.locate));
};
