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

/** What would be wrong with an heir that is right before a class changes; null when nothing is. */
export const findBreak = (name: string, before: Classes, after: Classes, { yaml }: Heir): string | null => {
  if (!inheritedBy(yaml, after).has(name)) return null;
  const answer = parseSpec(yaml, after);
  // What was wrong before is not this change's fault, and must not keep anybody from mending it step by step.
  return answer.ok || !parseSpec(yaml, before).ok ? null : answer.refusal.detail;
};
