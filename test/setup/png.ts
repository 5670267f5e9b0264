/** Pictures of the panel as PNG: one bit a pixel, every pixel a square of several. */
import { crc32, deflateSync } from "node:zlib";
import { type Frame, HEIGHT, isLit, WIDTH } from "../../board/frame.ts";

const SIGNATURE = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A chunk: length, name, content, and the CRC of the latter two (PNG specification, 5.3). */
const chunk = (name: string, content: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
};

/** Size, one bit, grey; deflate, the one filter method, no interlace (11.2.2). */
const header = (width: number, height: number): Uint8Array => {
  const content = new Uint8Array(13);
  const view = new DataView(content.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  content[8] = 1;
  return chunk("IHDR", content);
};

/** The picture as a PNG file, each pixel `scale` times as wide and high. */
export const renderPng = (frame: Frame, scale: number): Uint8Array => {
  const rowBytes = 1 + (WIDTH * scale) / 8; // the first byte of a row is its filter: none
  const rows = new Uint8Array(rowBytes * HEIGHT * scale);
  for (let y = 0; y < HEIGHT * scale; y += 1)
    for (let x = 0; x < WIDTH * scale; x += 1)
      if (isLit(frame, Math.floor(x / scale), Math.floor(y / scale))) {
        const at = y * rowBytes + 1 + (x >> 3);
        rows[at] = (rows[at] ?? 0) | (0x80 >> (x & 7));
      }
  const parts = [
    SIGNATURE,
    header(WIDTH * scale, HEIGHT * scale),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array()),
  ];
  return Buffer.concat(parts);
};
