/** What the panel remembers from one moment to the next, and how long its moments are. Times are the box's monotonic clock. */
import { type GestureLimits, type GestureState, NO_FINGERS } from "../../board/gestures.ts";
import type { PanelRun } from "./model.ts";
import { LONG_PRESS_MS, type PanelPage } from "./pages/view.ts";

/** How long is long at the panel: the same for a button that acts and for the chord that arms. */
export const PANEL_GESTURES: GestureLimits = {
  longPressMs: LONG_PRESS_MS,
  chordWindowMs: 400,
  chordMs: LONG_PRESS_MS,
};

/** Lengths of the panel's moments. */
export const PANEL_TIMES = {
  /** An edge may be told this much after it happened; time alone completes nothing before. */
  edgeLagMs: 100,
  /** A page that came up by itself is nobody's choice for so long: a finger that was on its way already means the page before. */
  settleMs: 700,
  /** A list's window was read when it stood for this long: longer than the slowest redraw. */
  seenMs: 700,
  /** Long texts and lists go on to their next window after this. */
  scrollMs: 3_000,
  /** Nobody touched anything for this long: the panel goes to the page that matters most. */
  stayMs: 60_000,
  /** How long the result of a run stands where its run was shown. */
  resultMs: 60_000,
  noticeMs: 8_000,
  /** Then the display is dimmed, and blanked unless somebody is needed: an OLED burns in where it shows the same for weeks. */
  dimMs: 60_000,
  blankMs: 600_000,
} as const;

/** What the panel asks the operators' desk for. */
export type PanelAct =
  | { readonly kind: "cancel"; readonly runId: string }
  | { readonly kind: "release"; readonly runId: string }
  | { readonly kind: "override"; readonly runId: string; readonly serials: readonly string[] };

/** A wipe that a long press of OVERRIDE may allow now. */
export interface Armed {
  readonly runId: string;
  /** Exactly the disks that are shown, and would be wiped. */
  readonly serials: readonly string[];
  readonly untilMs: number;
  /** Its page has come up; it waits while a finger is on another one. */
  readonly isUp: boolean;
  /** The windows of the list of serials that stood long enough to be read. */
  readonly seen: readonly number[];
  /** The window that stands now, and since when. */
  readonly window: { readonly index: number; readonly sinceMs: number } | null;
}

/** What the finger was put on. Whatever comes up later, it means this or nothing. */
export interface Target {
  /** What a long press of ABORT would do. */
  readonly ending: PanelAct | null;
  /** What a long press of OVERRIDE would do. */
  readonly override: PanelAct | null;
  /** The run whose wipe the chord would arm. */
  readonly armsRunId: string | null;
}

/** What is said about the last press. */
export interface Notice {
  readonly tone: "good" | "bad";
  readonly title: string;
  readonly text: string;
  readonly untilMs: number;
}

/** The panel's state. */
export interface PanelState {
  readonly fingers: GestureState;
  readonly page: PanelPage;
  readonly target: Target | null;
  readonly armed: Armed | null;
  readonly notice: Notice | null;
  /** An act that the desk has not answered yet; no other is begun. */
  readonly asked: PanelAct | null;
  /** What is shown began with this window, at this time. */
  readonly scroll: { readonly base: number; readonly sinceMs: number };
  /** Until then the page stays where a person put it. */
  readonly stayUntilMs: number;
  /** When somebody touched it last, or something happened that is worth a look. */
  readonly litMs: number;
  /** When a page came up by itself. */
  readonly jumpedMs: number;
  /** Whether a display shows all this. Nobody acts on what nobody sees. */
  readonly isDisplayed: boolean;
  /** What needed somebody, or had ended, when it was looked at last. */
  readonly news: readonly string[];
}

/** The state to begin with. */
export const openState = (nowMs: number): PanelState => ({
  fingers: NO_FINGERS,
  page: { kind: "home" },
  target: null,
  armed: null,
  notice: null,
  asked: null,
  scroll: { base: 0, sinceMs: nowMs },
  stayUntilMs: nowMs,
  litMs: nowMs,
  jumpedMs: nowMs,
  isDisplayed: false,
  news: [],
});

/** A step of the panel: where it stands then, and what it asks for. */
export interface PanelStep {
  readonly state: PanelState;
  readonly acts: readonly PanelAct[];
}

/** A step that asks for nothing. */
export const quiet = (state: PanelState): PanelStep => ({ state, acts: [] });

/** Whether a finger is down. */
export const isTouched = ({ fingers }: PanelState): boolean => fingers.down.length > 0;

/** The run whose page stands, if its page does. */
export const runShown = (page: PanelPage, runs: readonly PanelRun[]): PanelRun | null =>
  page.kind === "run" ? (runs.find(({ id }) => id === page.runId) ?? null) : null;
