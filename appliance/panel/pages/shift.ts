/** The picture's slow walk: an OLED burns in where it shows the same for weeks, so nothing stays on its pixels for longer than a minute. */
import { FRAME_BYTES, type Frame, HEIGHT, isLit, WIDTH } from "../../../board/frame.ts";

/** How far the picture lies from the upper left corner. */
export interface Shift {
  readonly x: number;
  readonly y: number;
}

/** Farthest that a picture is moved; pages keep as much free at their right and lower edges. */
export const MAX_SHIFT = 2;
const STEP_MS = 60_000;

/** Every place once, each a pixel from the one before; then all the way back. */
const WALK: readonly Shift[] = [
  ...[0, 1, 2].map((x) => ({ x, y: 0 })),
  ...[2, 1, 0].map((x) => ({ x, y: 1 })),
  ...[0, 1, 2].map((x) => ({ x, y: 2 })),
];
const THERE_AND_BACK: readonly Shift[] = [...WALK, ...WALK.slice(1, -1).reverse()];

/** Where the picture lies at this time. */
export const shiftAt = (nowMs: number): Shift => {
  const step = Math.floor(Math.max(0, nowMs) / STEP_MS) % THERE_AND_BACK.length;
  return THERE_AND_BACK[step] ?? { x: 0, y: 0 };
};

/** The picture moved to the right and down. What is moved out is lost, and what comes in is dark. */
export const shiftFrame = (frame: Frame, { x, y }: Shift): Frame => {
  if (x === 0 && y === 0) return frame;
  const moved = new Uint8Array(FRAME_BYTES);
  for (let row = y; row < HEIGHT; row += 1)
    for (let column = x; column < WIDTH; column += 1)
      if (isLit(frame, column - x, row - y)) {
        const at = (row >> 3) * WIDTH + column;
        moved[at] = (moved[at] ?? 0) | (1 << (row & 7));
      }
  return moved;
};
