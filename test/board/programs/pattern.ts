/** Pictures that differ from each other everywhere, and that whoever knows the number can make again. */
import { FRAME_BYTES, type Frame } from "../../../board/frame.ts";

/** The picture of that number. */
export const patterned = (seed: number): Frame =>
  Uint8Array.from(
    { length: FRAME_BYTES },
    (_, at) => (Math.imul(Math.imul(seed + 1, 0x9e3779b1) ^ (at + 1), 0x85ebca6b) >>> 13) & 0xff,
  );
