/** The display as the box knows it: something that may be there and then shows the last picture it was given. */
import type { Frame } from "./frame.ts";

/** Whether a display answers. `unconfigured` never will: the box was told of none, or has no such bus. */
export type DisplayState = "unconfigured" | "absent" | "present";

/** How bright: as usual, dimmed while nobody needs it, or dark. */
export type Brightness = "full" | "dim" | "off";

/** A display. Nothing that it is asked throws or waits: a display that is not there, does not answer or comes back is told by `state` alone. */
export interface Display extends AsyncDisposable {
  /** Shows this picture, and again after a display was plugged in. Of several in a row only the last need be seen. */
  show(frame: Frame): void;
  setBrightness(brightness: Brightness): void;
  readonly state: DisplayState;
}
