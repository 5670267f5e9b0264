/**
 * A display and buttons without any hardware: the page `/panel` shows what the display was given and presses what the buttons are asked to.
 *
 * Both are the same `Display` and `Buttons` that the real ones are, so what is built on them cannot tell the difference.
 */
import { BUTTON_NAMES, type ButtonEdge, type ButtonName, type Buttons } from "./buttons.ts";
import type { Brightness, Display } from "./display.ts";
import { FRAME_BYTES, type Frame } from "./frame.ts";

/** What a simulated display shows. */
export interface Picture {
  readonly frame: Frame;
  readonly brightness: Brightness;
  /** Counts what was seen to change; equal numbers mean the same picture. */
  readonly revision: number;
}

/** A display that keeps what it was given. */
export interface SimulatedDisplay extends Display {
  readonly picture: Picture;
  /** Calls for each picture that differs from the one before; the function that it returns ends that. */
  watch(onChange: (picture: Picture) => void): () => void;
}

/** Buttons that somebody else presses. */
export interface SimulatedButtons extends Buttons {
  /** A finger goes down. On a button that is down it changes nothing. */
  press(button: ButtonName): void;
  /** The finger lifts. On a button that is up it changes nothing. */
  release(button: ButtonName): void;
  /** What is held, in their order on the panel. */
  readonly held: readonly ButtonName[];
}

/** Listeners in the order in which they came. One that throws is its own caller's fault and is not hidden. */
const openListeners = <T>() => {
  const listeners = new Set<(value: T) => void>();
  return {
    tell: (value: T): void => {
      for (const listener of [...listeners]) listener(value);
    },
    add: (listener: (value: T) => void): (() => void) => {
      const own = (value: T): void => listener(value); // the same function may listen twice
      listeners.add(own);
      return () => listeners.delete(own);
    },
    clear: (): void => listeners.clear(),
  };
};

const isSame = (one: Frame, other: Frame): boolean => Buffer.compare(one, other) === 0;

/** Opens a display that shows nothing yet. */
export const openSimulatedDisplay = (): SimulatedDisplay => {
  const watchers = openListeners<Picture>();
  let picture: Picture = { frame: new Uint8Array(FRAME_BYTES), brightness: "full", revision: 0 };
  const change = (to: Partial<Pick<Picture, "frame" | "brightness">>): void => {
    const next = { ...picture, ...to };
    if (next.brightness === picture.brightness && isSame(next.frame, picture.frame)) return;
    picture = { ...next, revision: picture.revision + 1 };
    watchers.tell(picture);
  };
  return {
    show: (frame) => change({ frame }),
    setBrightness: (brightness) => change({ brightness }),
    state: "present",
    get picture() {
      return picture;
    },
    watch: watchers.add,
    [Symbol.asyncDispose]: async () => watchers.clear(),
  };
};

/** Opens buttons that are all up. */
export const openSimulatedButtons = (monoMs: () => number = () => performance.now()): SimulatedButtons => {
  const listeners = openListeners<ButtonEdge>();
  const held = new Set<ButtonName>();
  const move = (button: ButtonName, down: boolean): void => {
    if (held.has(button) === down) return;
    if (down) held.add(button);
    else held.delete(button);
    listeners.tell({ button, down, atMonoMs: monoMs() });
  };
  return {
    press: (button) => move(button, true),
    release: (button) => move(button, false),
    get held() {
      return BUTTON_NAMES.filter((name) => held.has(name));
    },
    listen: listeners.add,
    state: "present",
    [Symbol.asyncDispose]: async () => listeners.clear(),
  };
};
