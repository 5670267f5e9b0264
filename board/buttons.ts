/** The buttons as the box knows them. */

/** What the buttons are called, in their order on the panel. */
export const BUTTON_NAMES = ["next", "override", "abort"] as const;
/** A button. */
export type ButtonName = (typeof BUTTON_NAMES)[number];

/** A button went down or up; bounces are gone already. */
export interface ButtonEdge {
  readonly button: ButtonName;
  readonly down: boolean;
  /** When, by the box's monotonic clock in ms, however late it is told. */
  readonly atMonoMs: number;
}

/** Buttons. A line that is not there is told by `state`; nothing throws later. */
export interface Buttons extends AsyncDisposable {
  /** Calls for each edge, in order; the function that it returns ends that. */
  listen(onEdge: (edge: ButtonEdge) => void): () => void;
  readonly state: "unconfigured" | "absent" | "present";
}
