/** How acts tell the host what happens later. */
import type { BoardLog } from "../../../../board/surroundings.ts";

/** Tells the host something unasked. */
export type Tell = (event: string, value: unknown) => void;

/** The board's log as events of the name "log". */
export const boardLog = (tell: Tell): BoardLog => ({
  info: (fields, message) => tell("log", { message, ...fields }),
  warn: (fields, message) => tell("log", { message, ...fields }),
});
