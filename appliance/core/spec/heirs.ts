/** Who inherits a class, and what a changed class would do to them. Pure. */
import { inheritedBy } from "./classes.ts";
import { type Classes, parseSpec } from "./spec.ts";

/** A text that may inherit: a host's spec or another class. */
export interface Heir {
  readonly kind: "host" | "class";
  readonly name: string;
  readonly yaml: string;
}

/** Those that inherit a class, by whatever ways. */
export const heirsOf = (name: string, classes: Classes, heirs: readonly Heir[]): readonly Heir[] =>
  heirs.filter((heir) => inheritedBy(heir.yaml, classes).has(name));

/** The first heir that is right before a class changes and wrong after it, with what would be wrong; null when there is none. */
export const findBroken = (
  name: string,
  before: Classes,
  after: Classes,
  heirs: readonly Heir[],
): { readonly heir: Heir; readonly detail: string } | null => {
  for (const heir of heirsOf(name, after, heirs)) {
    const answer = parseSpec(heir.yaml, after);
    // What was wrong before is not this change's fault, and must not keep anybody from mending it step by step.
    if (!answer.ok && parseSpec(heir.yaml, before).ok) return { heir, detail: answer.refusal.detail };
  }
  return null;
};
