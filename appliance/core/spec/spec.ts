/**
 * The expected spec of a host: what an operator writes in YAML, and what it means. Pure.
 *
 * Every key is optional and what is not named is not compared. Anything else in the text is an error with its place: a typing error that is
 * passed over would be an expectation that is never checked.
 */
import type { GivenLimits } from "../../../agent/stages/limits.ts";
import type { Severity } from "../../../agent/wire/names.ts";
import type { Answer } from "../ports.ts";
import { mergeClasses } from "./classes.ts";
import { findContradictions } from "./contradictions.ts";
import { decodeSpec } from "./decode.ts";
import { byPlace, type Issue, renderIssues } from "./issue.ts";
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
  /** Figures in place of the stages' defaults, by the stage's key and the limit's. */
  readonly limits?: Readonly<Record<string, GivenLimits>>;
} & { readonly [Key in ListKey]?: readonly Entry[] };

/** Texts of classes by their names. */
export type Classes = ReadonlyMap<string, string>;

/** No classes at all. */
export const NO_CLASSES: Classes = new Map();

/** A spec, or everything that is wrong with it in the order of the text. */
export type SpecAnswer =
  | { readonly ok: true; readonly spec: Spec }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** YAML to a spec, or every mistake with its place. */
export const lintSpec = (yamlText: string, classes: Classes = NO_CLASSES): SpecAnswer => {
  const merged = mergeClasses(yamlText, classes);
  if (!merged.ok) return { ok: false, issues: merged.issues.toSorted(byPlace) };
  const { spec, faults: wrong } = decodeSpec(merged.data);
  // What contradicts what can be told only of values that are right in themselves.
  const faults = wrong.length > 0 ? wrong : findContradictions(spec);
  return faults.length === 0 ? { ok: true, spec } : { ok: false, issues: faults.map(merged.locate).sort(byPlace) };
};

/**
 * YAML to a spec, or where it is wrong and what is allowed there. `refusal.path` is `line:column` of the first error, with the class's name before it when the
 * error stands in a class.
 */
export const parseSpec = (yamlText: string, classes: Classes = NO_CLASSES): Answer<Spec> => {
  const answer = lintSpec(yamlText, classes);
  if (answer.ok) return { ok: true, value: answer.spec };
  const { place, detail } = renderIssues(answer.issues);
  return { ok: false, refusal: { code: "invalid", detail, path: place } };
};
