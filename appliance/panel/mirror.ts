/** A display's picture, for who looks from elsewhere: what the display is told passes through here and is kept. */
import type { Brightness, Display } from "../../board/display.ts";
import { FRAME_BYTES, type Frame } from "../../board/frame.ts";
import type { PanelPicture, PanelPort } from "../core/panel-port.ts";

/** A display with its mirror. */
export interface MirroredDisplay {
  /** To be used in the display's place. Closing it closes the display. */
  readonly display: Display;
  readonly picture: PanelPicture;
  readonly pictures: PanelPort["pictures"];
}

/** Hangs a mirror before a display. */
export const openMirror = (display: Display): MirroredDisplay => {
  let picture: PanelPicture = { frame: new Uint8Array(FRAME_BYTES), brightness: "full", revision: 0 };
  let changed = Promise.withResolvers<void>();
  const change = (to: { readonly frame?: Frame; readonly brightness?: Brightness }): void => {
    picture = { ...picture, ...to, revision: picture.revision + 1 };
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const pictures = async function* (signal: AbortSignal): AsyncGenerator<PanelPicture> {
    const left = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => left.resolve(), { once: true });
    for (let seen = -1; !signal.aborted; ) {
      if (picture.revision === seen) await Promise.race([changed.promise, left.promise]);
      else {
        seen = picture.revision;
        yield picture;
      }
    }
  };
  return {
    display: {
      show: (frame) => {
        change({ frame });
        display.show(frame);
      },
      setBrightness: (brightness) => {
        change({ brightness });
        display.setBrightness(brightness);
      },
      get state() {
        return display.state;
      },
      [Symbol.asyncDispose]: () => display[Symbol.asyncDispose](),
    },
    get picture() {
      return picture;
    },
    pictures,
  };
};
