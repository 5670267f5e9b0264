/**
 * What the panel shows just now: the controller's whole say in a picture. The model holds the facts, the view the place and the moment.
 */
import type { PanelModel, PanelTrouble } from "../model.ts";

/** A button acts after this long; pages name it in seconds. */
export const LONG_PRESS_MS = 3000;
/** How long an armed override waits for its long press. */
export const ARMED_MS = 60_000;
/** Held down together for `LONG_PRESS_MS`, they arm the override of the run shown; pages name them. */
export const ARM_CHORD = ["next", "override"] as const;

/** A page that NEXT comes by. */
export type PanelPage =
  | { readonly kind: "home" }
  | { readonly kind: "trouble"; readonly trouble: PanelTrouble["kind"] }
  /** A run that is under way, waits or is held: the model says which. */
  | { readonly kind: "run"; readonly runId: string }
  /** A run that has just ended. */
  | { readonly kind: "result"; readonly runId: string };

/** A picture that stands before the pages until its moment is over. */
export type PanelMoment =
  /** ABORT is held down on this run; at a ratio of 1 it acts. */
  | { readonly kind: "abort"; readonly runId: string; readonly heldRatio: number }
  /** Both buttons of the chord are held down on this run; at 1 the override is armed. */
  | { readonly kind: "arming"; readonly runId: string; readonly heldRatio: number }
  /** The override is armed for `restS` more seconds. Once every serial was shown it is ready, and while OVERRIDE is held down `heldRatio` grows to 1. */
  | {
      readonly kind: "override";
      readonly runId: string;
      readonly restS: number;
      readonly isReady: boolean;
      readonly heldRatio: number;
    }
  /** What came of a press: done, or refused and why. */
  | { readonly kind: "notice"; readonly tone: "good" | "bad"; readonly title: string; readonly text: string };

/** What the panel shows, and which part of what does not fit at once. */
export type PanelView = (PanelPage | PanelMoment) & {
  /** Steps since this view came up: grows by one every few seconds. Long texts and lists show the window `scroll` modulo their windows. */
  readonly scroll: number;
};

/** The pages that NEXT walks, in their order; after the last comes the first. Never empty. */
export const listPages = (model: PanelModel): readonly PanelPage[] => [
  { kind: "home" },
  ...model.box.troubles.map(({ kind }): PanelPage => ({ kind: "trouble", trouble: kind })),
  ...model.runs.map(({ id }): PanelPage => ({ kind: "run", runId: id })),
  ...model.ended.map(({ id }): PanelPage => ({ kind: "result", runId: id })),
];

/** Whether both show the same page, whatever has changed on it. */
export const isSamePage = (one: PanelPage, other: PanelPage): boolean => pageKey(one) === pageKey(other);

const pageKey = (page: PanelPage): string => {
  if (page.kind === "home") return page.kind;
  return `${page.kind} ${page.kind === "trouble" ? page.trouble : page.runId}`;
};
