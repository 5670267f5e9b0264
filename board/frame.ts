/** A picture for the display, in the order in which SSD1306 and SH1106 keep it: eight pages of 128 columns, eight pixels a byte, the topmost in bit 0. */

/** Pixels across. */
export const WIDTH = 128;
/** Pixels down. */
export const HEIGHT = 64;
/** Pages of eight rows. */
export const PAGES = HEIGHT / 8;
/** Bytes of a whole picture. */
export const FRAME_BYTES = WIDTH * PAGES;

/** `FRAME_BYTES` bytes; a set bit is a lit pixel. Never changed after it was made. */
export type Frame = Readonly<Uint8Array>;

/** Whether the pixel is lit; outside of the picture none is. */
export const isLit = (frame: Frame, x: number, y: number): boolean =>
  x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT && (((frame[(y >> 3) * WIDTH + x] ?? 0) >> (y & 7)) & 1) === 1;
