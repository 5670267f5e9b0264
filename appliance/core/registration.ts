/** What a host may be called, and how its MAC is written. */
import * as v from "valibot";
import { macAddress } from "../../agent/wire/fields.ts";
import { accept, refuse } from "./answer.ts";
import type { Answer } from "./ports.ts";

/** Longest name of a host, in characters as people count them. */
const MAX_NAME_CHARS = 64;

/** Letters, digits, marks, punctuation, symbols and the plain space; no control, format or line-breaking character. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Decodes a host's name: any printable text. What a surface does with it is the surface's duty. */
export const decodeName = (input: string): Answer<string> => {
  const name = input.replace(/^ +| +$/g, "").normalize("NFC"); // a line break at the end is refused like any other
  const chars = [...name];
  if (chars.length === 0) return refuse("invalid", "The name is empty.", "name");
  if (chars.length > MAX_NAME_CHARS) return refuse("invalid", `The name is over ${MAX_NAME_CHARS} characters.`, "name");
  const bad = chars.findIndex((c) => !PRINTABLE.test(c));
  if (bad === -1) return accept(name);
  const code = chars[bad]?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  return refuse("invalid", `Character ${bad + 1} of the name (U+${code}) is not printable.`, `name.${bad}`);
};

/** Decodes a MAC as people write it: colons, dashes, dots or nothing between the digits. */
export const decodeMac = (input: string): Answer<string> => {
  const digits = input.trim().replace(/[:.-]/g, "").toLowerCase();
  const mac = v.safeParse(macAddress, digits.match(/../g)?.join(":") ?? "");
  if (!mac.success || digits.length !== 12)
    return refuse("invalid", "A MAC address is six pairs of hexadecimal digits, such as 52:54:00:12:34:56.", "mac");
  // The lowest bit of the first byte marks a group address, which no interface has.
  const isGroup = Number.parseInt(digits.slice(0, 2), 16) % 2 === 1;
  return isGroup || digits === "000000000000"
    ? refuse("invalid", "This MAC address belongs to a group or to nobody, not to one interface.", "mac")
    : accept(mac.output);
};
