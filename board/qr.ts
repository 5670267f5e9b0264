/** QR codes small enough for the display: two pixels a module, which is what a phone reads from an 0.96 inch panel at a hand's breadth. */
import { encode } from "uqr";

/** Pixels of a module, across and down. */
export const MODULE_SIZE = 2;
/** Modules that the smallest code has on a side; each version has four more (ISO/IEC 18004). */
const SMALLEST = 21;
/** More than any code that fits the display's 64 rows can hold: version 3 takes 53 bytes. */
const MAX_TEXT = 128;

/**
 * An address as the code is to hold it. Scheme and host mean the same in capitals, and capitals, figures and `:/.-` take the alphanumeric mode's
 * 5.5 bits each instead of 8: one version less, or more to correct errors with. A path is left as it is.
 */
export const qrAddress = (url: string): string => {
  const { origin = "", rest = "" } = /^(?<origin>[a-z]+:\/\/[^/?#]*)(?<rest>.*)$/iu.exec(url)?.groups ?? {};
  if (origin === "") return url;
  return rest === "" || rest === "/" ? origin.toUpperCase() : origin.toUpperCase() + rest;
};

type Modules = readonly (readonly boolean[])[];

/** The code made last. The same one stands for days, and to choose among its eight masks takes some ms each time. */
let latest: { readonly text: string; readonly modules: Modules } | null = null;

/** The code's modules, true for dark, with the strongest correction that its version has room for; null when it is wider than `sidePixels`. */
export const encodeQr = (text: string, sidePixels: number): Modules | null => {
  if (text === "" || text.length > MAX_TEXT || sidePixels < SMALLEST * MODULE_SIZE) return null;
  if (latest?.text !== text) latest = { text, modules: encode(text, { ecc: "L", boostEcc: true, border: 0 }).data };
  return latest.modules.length * MODULE_SIZE <= sidePixels ? latest.modules : null;
};
