/** An event and all that follows from it at once: the states that the box owns are settled in the same transaction that enters them. */
import type { RunEvent } from "./events.ts";
import type { Run } from "./run.ts";
import { worstDifference } from "./spec/difference.ts";
import { type Deadlines, type EffectKind, step } from "./step.ts";
import type { Difference } from "./views.ts";

/** One transition that was made. */
export interface Move {
  readonly from: Run;
  readonly event: RunEvent;
  readonly to: Run;
}

/** What an event leads to. */
export type Advance =
  | {
      readonly kind: "moved";
      readonly run: Run;
      readonly moves: readonly Move[];
      readonly effects: readonly EffectKind[];
    }
  | { readonly kind: "ignored" }
  | { readonly kind: "refused"; readonly reason: string };

/** The box's own decision in a state that it owns; null in every other. */
const ownEvent = (run: Run, differences: readonly Difference[]): RunEvent | null => {
  switch (run.state) {
    case "SpecValidate": {
      const worst = worstDifference(differences.filter((d) => d.severity === "critical"));
      return worst === null ? { name: "specPassed" } : { name: "specFailed", message: worst };
    }
    case "Reporting":
      return { name: "reportClosed" };
    case "Failed":
      return { name: "holdOpened" };
    default:
      return null;
  }
};

/** Applies an event, then the box's own decisions. `differences` are those of the inventory that the event brings, if it brings one. */
export const advance = (
  run: Run,
  event: RunEvent,
  nowMs: number,
  deadlines: Deadlines,
  differences: readonly Difference[] = [],
): Advance => {
  const moves: Move[] = [];
  const effects = new Set<EffectKind>();
  let current = run;
  for (let next: RunEvent | null = event; next !== null; next = ownEvent(current, differences)) {
    const made = step(current, next, nowMs, deadlines);
    if (made.kind !== "moved") {
      if (moves.length === 0) return made;
      throw new Error(`the table leaves ${current.state} stuck at ${next.name}`); // a hole in the table is a bug
    }
    moves.push({ from: current, event: next, to: made.run });
    for (const effect of made.effects) effects.add(effect);
    current = made.run;
  }
  return { kind: "moved", run: current, moves, effects: [...effects] };
};
