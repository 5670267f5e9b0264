/** Pictures as text that a person can read in a diff: two rows of pixels a line, a rim at both ends. */
import { FRAME_BYTES, type Frame, HEIGHT, isLit, WIDTH } from "../../board/frame.ts";

const BLOCKS = [" ", "▀", "▄", "█"];
const RIM = "|";

/** The picture as 32 lines. */
export const renderArt = (frame: Frame): string => {
  const line = (y: number): string =>
    Array.from(
      { length: WIDTH },
      (_, x) => BLOCKS[Number(isLit(frame, x, y)) + 2 * Number(isLit(frame, x, y + 1))],
    ).join("");
  const lines = Array.from({ length: HEIGHT / 2 }, (_, i) => RIM + line(2 * i) + RIM);
  return `${lines.join("\n")}\n`;
};

/** The picture that such text is of. */
export const parseArt = (art: string): Frame => {
  const frame = new Uint8Array(FRAME_BYTES);
  const lines = art.trimEnd().split("\n");
  for (const [i, line] of lines.entries())
    for (const [x, block] of [...line.slice(1, -1)].entries()) {
      const at = (i >> 2) * WIDTH + x;
      frame[at] = (frame[at] ?? 0) | (Math.max(0, BLOCKS.indexOf(block)) << (2 * (i & 3)));
    }
  return frame;
};
