/**
 * The one place where a string that came from a server (DMI, SMART, logs) becomes safe to show: in a page, a report, a terminal, on the panel.
 *
 * Markup is the sink's own matter (JSX escapes it); this removes what no escaping helps against: terminal escapes, control characters, and
 * characters that reorder or hide text (Unicode TR36, "Trojan Source").
 */

/** Longest text that is shown; what is longer is cut with an ellipsis. */
const MAX_CHARS = 4096;
/** CSI and OSC sequences, 7 bit and 8 bit (ECMA-48 5.4 and 5.6); an unfinished one loses its introducer below. */
const TERMINAL_ESCAPE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the purpose
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)/g;
/** Controls, formatting (bidirectional overrides, zero-width, tags), line separators and what is drawn as nothing. */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const MARK = "\ufffd";

/** Makes a text safe to show on one line. What was removed leaves a visible mark, so that an odd serial is seen to be odd. */
export const plainText = (text: string, maxChars: number = MAX_CHARS): string =>
  plainLines(text, maxChars).replaceAll("\n", MARK).replaceAll("\t", " ");

/** Makes a text safe to show and keeps its lines and tabs. */
export const plainLines = (text: string, maxChars: number = MAX_CHARS): string => {
  const cut = text.length > maxChars ? `${text.slice(0, maxChars)}…` : text;
  return cut.toWellFormed().replaceAll("\r\n", "\n").replace(TERMINAL_ESCAPE, "").replace(UNSAFE, MARK);
};

/** A copy of a value in which every text, keys included, is safe to show. Meant for the views that surfaces read. */
export const plainView = <T>(value: T): T => plainCopy(value) as T;

const plainCopy = (value: unknown): unknown => {
  if (typeof value === "string") return plainText(value);
  if (Array.isArray(value)) return value.map(plainCopy);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [plainText(key), plainCopy(item)]));
};
