/** Which parts of a picture the display has not got yet. Pure. */
import { FRAME_BYTES, type Frame, WIDTH } from "../frame.ts";
import type { Run } from "./controllers.ts";

/**
 * A run's bytes besides its pixels: address, control byte and three commands for the position, address and control byte for the pixels. Equal
 * columns between two changes are sent along as long as they cost no more than that.
 */
const RUN_OVERHEAD_BYTES = 7;

/** Pixel bytes of one transfer: 61 with the control byte, the longest write of USB bridges of the CP2112 kind, and 1.5 ms of a bus at 400 kHz. */
export const MAX_RUN_BYTES = 60;

/** What the display's memory holds, as far as it is known. */
export interface Shown {
  /** Takes everything for unknown: the display may have lost its power. */
  forget(): void;
  /** The first run that is not as in `frame`, looked for from byte `from` on and round to it; null when there is none. */
  findRun(frame: Frame, from: number): Run | null;
  /** The run was sent. */
  keep(frame: Frame, run: Run): void;
}

const UNKNOWN = -1;

/** Where in the picture a run's bytes are. */
export const startOf = ({ page, column }: Run): number => page * WIDTH + column;

/** Opens the memory of a display of which nothing is known. */
export const openShown = (): Shown => {
  const known = new Int16Array(FRAME_BYTES).fill(UNKNOWN);
  const cutRun = (frame: Frame, first: number): Run => {
    const column = first % WIDTH;
    const reach = first + Math.min(WIDTH - column, MAX_RUN_BYTES);
    let last = first;
    for (let at = first + 1; at < reach && at - last <= RUN_OVERHEAD_BYTES + 1; at += 1)
      if (known[at] !== frame[at]) last = at;
    return { page: Math.floor(first / WIDTH), column, length: last - first + 1 };
  };
  return {
    forget: () => {
      known.fill(UNKNOWN);
    },
    findRun: (frame, from) => {
      for (let step = 0; step < FRAME_BYTES; step += 1) {
        const at = (from + step) % FRAME_BYTES;
        if (known[at] !== frame[at]) return cutRun(frame, at);
      }
      return null;
    },
    keep: (frame, run) => {
      const start = startOf(run);
      known.set(frame.subarray(start, start + run.length), start);
    },
  };
};
