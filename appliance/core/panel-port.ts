/** The box's own panel, as its pages and its API know it: what it shows, and what may be asked of it. */
import type { Answer } from "./ports.ts";

/** Size of the panel's picture in pixels. */
export const PICTURE_SIZE = { width: 128, height: 64 } as const;

/** What the panel shows. */
export interface PanelPicture {
  /** Eight pages of 128 columns, eight pixels a byte, the topmost in bit 0. */
  readonly frame: Readonly<Uint8Array>;
  readonly brightness: "full" | "dim" | "off";
  /** Grows with each change. */
  readonly revision: number;
}

/** The buttons, in their order on the panel. */
export const PANEL_BUTTONS = ["next", "override", "abort"] as const;
/** A button. */
export type PanelButton = (typeof PANEL_BUTTONS)[number];

/** The panel. */
export interface PanelPort {
  /** Whether its display and its buttons are there, so that somebody who stands before it can use them. */
  readonly isAttended: boolean;
  readonly picture: PanelPicture;
  /** Pictures as they change, the present one first. Who takes them slowly gets the newest. */
  pictures(signal: AbortSignal): AsyncIterable<PanelPicture>;
  /** Lets OVERRIDE act on this run for a minute. It allows nothing by itself: somebody has to read the serials at the panel and press there. */
  arm(runId: string, by: string): Promise<Answer<true>>;
  /**
   * Holds or lets go of a button of the simulator; a button that is not held anew within two seconds lets go of itself. Null where the buttons are real:
   * to press them is to stand before the box, which no browser does.
   */
  readonly hold: ((button: PanelButton, down: boolean) => void) | null;
}
