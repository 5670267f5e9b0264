/** Errors of a spec with their places. Pure. */
import type { PathKey } from "./yaml.ts";

/** What is wrong, by its path in the data. */
export interface SpecFault {
  readonly path: readonly PathKey[];
  readonly message: string;
  /** The fault is the key's, not its value's. */
  readonly ofKey?: boolean;
  /** What was given, where quotes might be the remedy. */
  readonly input?: unknown;
}

/** What is wrong, by its place in a text. */
export interface Issue {
  /** Name of the class; null for the spec itself. */
  readonly file: string | null;
  /** `line:column`, from 1. */
  readonly place: string;
  readonly sentence: string;
}

const MAX_NAMED = 5;

const where = ({ file, place }: Issue): string => (file === null ? place : `${file}:${place}`);

const byPlace = (a: Issue, b: Issue): number => where(a).localeCompare(where(b), "en", { numeric: true });

/** Several errors in the order of the text: the first one's place, and sentences for the first few. */
export const renderIssues = (issues: readonly Issue[]): { readonly place: string; readonly detail: string } => {
  const sorted = issues.toSorted(byPlace);
  const [first] = sorted;
  const named = sorted.slice(0, MAX_NAMED).map((issue) => `${where(issue)} ${issue.sentence}.`);
  const more = sorted.length > MAX_NAMED ? [`And ${sorted.length - MAX_NAMED} more.`] : [];
  return { place: first === undefined ? "1:1" : where(first), detail: [...named, ...more].join(" ") };
};
