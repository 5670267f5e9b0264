/** Errors of a spec with their places. Pure. */
import type { PathKey } from "./yaml.ts";

/** What can be wrong with a spec, with what it means. Codes are stable, for editors and scripts. */
export const SPEC_FAULTS = {
  yaml: "the text is no YAML",
  length: "the text, a list or a map is too long",
  shape: "a map, a list or a value stands where another of them must",
  key: "a key is not known there",
  value: "a value is none of its kind",
  pattern: "a pattern is not taken",
  synonym: "two keys say the same",
  class: "a class is not named right or is not there",
  circle: "classes inherit each other",
  duplicate: "what tells one part from all others is given twice",
  impossible: "no server can be so",
} as const;
/** What is wrong. */
export type SpecFaultCode = keyof typeof SPEC_FAULTS;

/** What is wrong, by its path in the data. */
export interface SpecFault {
  readonly code: SpecFaultCode;
  readonly path: readonly PathKey[];
  readonly message: string;
  /** The fault is the key's, not its value's. */
  readonly ofKey?: boolean;
  /** What was given, where quotes might be the remedy. */
  readonly input?: unknown;
}

/** What is wrong, by its place in a text. */
export interface Issue {
  readonly code: SpecFaultCode;
  /** Name of the class; null for the spec itself. */
  readonly file: string | null;
  /** `line:column`, from 1. */
  readonly place: string;
  readonly sentence: string;
}

const MAX_NAMED = 5;

const where = ({ file, place }: Issue): string => (file === null ? place : `${file}:${place}`);

/** In the order of the text; the spec itself goes before its classes. */
export const byPlace = (a: Issue, b: Issue): number => {
  const [left, right] = [a.file ?? "", b.file ?? ""];
  if (left !== right) return left < right ? -1 : 1;
  const [[line = 0, column = 0], [otherLine = 0, otherColumn = 0]] = [a, b].map(({ place }) =>
    place.split(":").map(Number),
  ) as [number[], number[]];
  return line - otherLine || column - otherColumn;
};

/** Several errors in the order of the text: the first one's place, and sentences for the first few. */
export const renderIssues = (issues: readonly Issue[]): { readonly place: string; readonly detail: string } => {
  const [first] = issues;
  const named = issues.slice(0, MAX_NAMED).map((issue) => `${where(issue)} ${issue.sentence}.`);
  const more = issues.length > MAX_NAMED ? [`And ${issues.length - MAX_NAMED} more.`] : [];
  return { place: first === undefined ? "1:1" : where(first), detail: [...named, ...more].join(" ") };
};
