/**
 * The pen: text, lines, areas, bars, small pictures and QR codes on a picture.
 *
 * oled-i2c-bus is the rasteriser, as far as it can be had without its defects: every pixel is drawn by its `drawLine`, on a wire that goes nowhere
 * and with nothing sent. Around it is drawn here what it gets wrong: a negative coordinate wraps into another column or page, so areas are clipped
 * first; its text has no colour, no clipping, one gap for all sizes, and leaves the old pixels where it lacks a glyph; and the list of changed bytes
 * is searched for every pixel and never cleared, so it is emptied after every line.
 */
import Oled from "oled-i2c-bus";
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphOf } from "./font.ts";
import { type Frame, HEIGHT, isLit, WIDTH } from "./frame.ts";
import { type Bitmap, ICONS, type IconName } from "./icons.ts";
import { encodeQr, MODULE_SIZE, qrAddress } from "./qr.ts";
import { fitName, fitText } from "./text.ts";

/** A small picture's name. */
export type { IconName };

/** A rectangle of the picture, in pixels. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How many pixels of the picture one of the font takes, across and down. */
export type TextSize = 1 | 2 | 3 | 4;

/** How text stands in its place. */
export interface TextStyle {
  readonly size?: TextSize;
  /** The place ends so many pixels right of `x`; else at the picture's edge. Text never leaves it. */
  readonly width?: number;
  readonly align?: "left" | "centre" | "right";
  /** What gives way when it is too long: its end, or of a name its middle. */
  readonly cut?: "end" | "middle";
  /** Dark text stands on an area that is filled. */
  readonly ink?: "lit" | "dark";
}

/** Pixels from one character to the next. */
export const cellWidth = (size: TextSize): number => (GLYPH_WIDTH + 1) * size;
/** Characters that fit side by side. */
export const columnsIn = (width: number, size: TextSize): number =>
  Math.max(0, Math.floor((width + size) / cellWidth(size)));
/** Pixels that so many characters take, without the gap after the last. */
export const textWidth = (columns: number, size: TextSize): number => Math.max(0, columns * cellWidth(size) - size);

/** Nothing is connected: what the rasteriser sends at its start goes nowhere. */
const NO_WIRE = { i2cWriteSync: () => 0 };

/** Draws on a picture that begins dark. What lies outside of it is not drawn. */
export class Canvas {
  readonly #oled = new Oled(NO_WIRE, { width: WIDTH, height: HEIGHT });

  /** The picture as it is now. */
  toFrame(): Frame {
    return Uint8Array.from(this.#oled.buffer);
  }

  /** Lights an area, or darkens it. */
  fill(area: Area, lit = true): void {
    const top = Math.max(0, Math.round(area.y));
    const bottom = Math.min(HEIGHT, Math.round(area.y + area.height)) - 1;
    const end = Math.min(WIDTH, Math.round(area.x + area.width));
    if (!(top <= bottom)) return; // nor when a coordinate is no number: the rasteriser's line would never end
    for (let x = Math.max(0, Math.round(area.x)); x < end; x += 1) {
      this.#oled.drawLine(x, top, x, bottom, lit ? 1 : 0, false);
      this.#oled.dirtyBytes = [];
    }
  }

  /** Exchanges light and dark within an area. */
  invert({ x, y, width, height }: Area): void {
    const before = this.toFrame();
    for (let dy = 0; dy < height; dy += 1)
      for (let dx = 0; dx < width; dx += 1)
        this.fill({ x: x + dx, y: y + dy, width: 1, height: 1 }, !isLit(before, x + dx, y + dy));
  }

  hline(x: number, y: number, width: number): void {
    this.fill({ x, y, width, height: 1 });
  }

  vline(x: number, y: number, height: number): void {
    this.fill({ x, y, width: 1, height });
  }

  /** The outline of an area, one pixel thick, inside of it. */
  box({ x, y, width, height }: Area): void {
    this.hline(x, y, width);
    this.hline(x, y + height - 1, width);
    this.vline(x, y, height);
    this.vline(x + width - 1, y, height);
  }

  /** A bar that is full at a ratio of 1. Anything above nothing shows, and full it is at the end only. */
  bar(area: Area, ratio: number): void {
    const inner = area.width - 4;
    const share = Number.isNaN(ratio) ? 0 : Math.min(1, Math.max(0, ratio));
    const width =
      share === 0 || share === 1 ? share * inner : Math.min(inner - 1, Math.max(1, Math.round(share * inner)));
    this.box(area);
    this.fill({ x: area.x + 2, y: area.y + 2, width, height: area.height - 4 });
  }

  /** One line of text; where it ends, in pixels from the left edge of the picture. */
  text(x: number, y: number, text: string, style: TextStyle = {}): number {
    const { size = 1, width = WIDTH - x, align = "left", cut = "end", ink = "lit" } = style;
    const columns = columnsIn(width, size);
    const chars = [...(cut === "middle" ? fitName(text, columns) : fitText(text, columns))];
    if (columns === 0) return x;
    const free = width - textWidth(chars.length, size);
    const start = x + { left: 0, centre: Math.floor(free / 2), right: free }[align];
    for (const [i, char] of chars.entries()) this.#glyph(start + i * cellWidth(size), y, char, size, ink === "lit");
    return start + textWidth(chars.length, size);
  }

  #glyph(x: number, y: number, char: string, size: TextSize, lit: boolean): void {
    for (const [dy, row] of glyphOf(char).entries())
      for (let dx = 0; dx < GLYPH_WIDTH; dx += 1)
        if ((row >> (GLYPH_WIDTH - 1 - dx)) & 1)
          this.fill({ x: x + dx * size, y: y + dy * size, width: size, height: size }, lit);
  }

  /** A small picture; how wide it is. */
  icon(
    x: number,
    y: number,
    name: IconName,
    style: { readonly size?: TextSize; readonly ink?: "lit" | "dark" } = {},
  ): number {
    const { size = 1, ink = "lit" } = style;
    const bitmap: Bitmap = ICONS[name];
    for (const [dy, row] of bitmap.entries())
      for (const [dx, pixel] of [...row].entries())
        if (pixel === "#") this.fill({ x: x + dx * size, y: y + dy * size, width: size, height: size }, ink === "lit");
    return (bitmap[0]?.length ?? 0) * size;
  }

  /** An address as a QR code in the middle of a lit square, which is its quiet zone; false, and nothing drawn, when it does not fit. */
  qr(square: { readonly x: number; readonly y: number; readonly side: number }, url: string): boolean {
    const modules = encodeQr(qrAddress(url), square.side - 2 * MODULE_SIZE);
    if (modules === null) return false;
    this.fill({ x: square.x, y: square.y, width: square.side, height: square.side });
    const margin = Math.floor((square.side - modules.length * MODULE_SIZE) / 2);
    for (const [dy, row] of modules.entries())
      for (const [dx, dark] of row.entries())
        if (dark)
          this.fill(
            {
              ...{ x: square.x + margin + dx * MODULE_SIZE, y: square.y + margin + dy * MODULE_SIZE },
              ...{ width: MODULE_SIZE, height: MODULE_SIZE },
            },
            false,
          );
    return true;
  }
}

/** Rows from the top of a line of text to the bottom of its descenders. */
export const textHeight = (size: TextSize): number => GLYPH_HEIGHT * size;

/** A picture, drawn from nothing. */
export const drawFrame = (draw: (canvas: Canvas) => void): Frame => {
  const canvas = new Canvas();
  draw(canvas);
  return canvas.toFrame();
};
