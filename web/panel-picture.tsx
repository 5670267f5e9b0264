/** The panel's picture without scripts: its very pixels as one SVG path. */
import { PICTURE_SIZE } from "../appliance/core/panel-port.ts";

const { width, height } = PICTURE_SIZE;

const isLit = (frame: Readonly<Uint8Array>, x: number, y: number): boolean =>
  x < width && (((frame[(y >> 3) * width + x] ?? 0) >> (y & 7)) & 1) === 1;

/** One rectangle for each stretch of lit pixels in a row. */
const stretchesOf = (frame: Readonly<Uint8Array>, y: number): string => {
  let path = "";
  for (let x = 0; x < width; x += 1) {
    const from = x;
    while (isLit(frame, x, y)) x += 1;
    if (x > from) path += `M${from} ${y}h${x - from}v1H${from}z`;
  }
  return path;
};

/** A frame as the path of its lit pixels, in pixels. */
export const renderPixels = (frame: Readonly<Uint8Array>): string =>
  Array.from({ length: height }, (_, y) => stretchesOf(frame, y)).join("");

/** The picture. */
export const PanelPixels = ({ frame }: { frame: Readonly<Uint8Array> }) => (
  <svg
    class="oled"
    viewBox={`0 0 ${width} ${height}`}
    shape-rendering="crispEdges"
    role="img"
    aria-label="The panel's display"
  >
    <path d={renderPixels(frame)} />
  </svg>
);
