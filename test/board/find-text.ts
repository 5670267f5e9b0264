/** Reads a picture: whether a text stands in it, pixel for pixel, in small print, light on dark or dark on light. */
import { drawFrame, textHeight, textWidth } from "../../board/canvas.ts";
import { type Frame, HEIGHT, isLit, WIDTH } from "../../board/frame.ts";

/** Whether the text stands anywhere in the picture, on one line. */
export const showsText = (picture: Frame, text: string): boolean => {
  const sample = drawFrame((canvas) => void canvas.text(0, 0, text));
  const [width, height] = [textWidth([...text].length, 1), textHeight(1)];
  const isAt = (left: number, top: number): boolean => {
    const isInverse = isLit(sample, 0, 0) !== isLit(picture, left, top);
    for (let at = 0; at < width * height; at += 1) {
      const [x, y] = [at % width, Math.floor(at / width)];
      if ((isLit(sample, x, y) !== isLit(picture, left + x, top + y)) !== isInverse) return false;
    }
    return true;
  };
  for (let top = 0; top <= HEIGHT - height; top += 1)
    for (let left = 0; left <= WIDTH - width; left += 1) if (isAt(left, top)) return true;
  return false;
};
