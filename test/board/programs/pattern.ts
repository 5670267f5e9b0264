/** Pictures that differ from each other everywhere, and that whoever knows the number can make again. */
import { FRAME_BYTES, type Frame } from "../../../board/frame.ts";

/** The picture of that number. */
export const patterned = (seed: number): Frame =>
  Uint8Array.from({ length: FRAME_BYTES }, (_, at) => (Math.imul(at + 1, 2_654_435_761 + seed) >>> 13) & 0xff);
