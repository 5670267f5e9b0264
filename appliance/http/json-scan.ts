/**
 * Refuses JSON that parses but should not be let in: what would be lost silently, or would break something later.
 *
 * `JSON.parse` keeps the last of two equal keys, turns `1e400` into Infinity and accepts half of a surrogate pair; a body 10 000 levels deep parses
 * and then breaks whatever walks it. One pass over the text finds all of it, before the parser allocates anything.
 */

/** Limits of a body's shape. */
export const JSON_LIMITS = {
  /** Facts nest 5 deep; tools' own JSON (smartctl, lshw) stays under 20. */
  depth: 64,
  /** Keys, values and brackets together: a server with 100 disks needs some 40 000. Reading this many holds the thread for less than 50 ms. */
  tokens: 150_000,
} as const;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER = /-?[0-9][-+.eE0-9]*/y;

/** Index of the closing quote, or -1. A quote after an odd number of backslashes belongs to the text. */
const endOfString = (text: string, open: number): number => {
  for (let end = text.indexOf('"', open + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
};

/** A string literal's value; null where it is not one, which the parser then says better. */
const decodeString = (literal: string): string | null => {
  if (!literal.includes("\\")) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    return null;
  }
};

const keyProblem = (key: string, seen: Set<string>): string | null => {
  if (key === "__proto__") return "the key __proto__ is not accepted";
  if (seen.has(key)) return `the key ${JSON.stringify(key.slice(0, 40))} stands there twice`;
  seen.add(key);
  return null;
};

/** What is wrong with a JSON text, or null. Text that is no JSON at all may pass: the parser refuses it. */
export const findJsonProblem = (text: string): string | null => {
  /** One entry per open bracket: an object's keys so far, or null for an array. */
  const open: (Set<string> | null)[] = [];
  let tokens = 0;
  let keyNext = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (tokens > JSON_LIMITS.tokens) return `it has more than ${JSON_LIMITS.tokens} keys, values and brackets`;
    if (code === QUOTE) {
      tokens++;
      const end = endOfString(text, i);
      if (end < 0) return null;
      const value = decodeString(text.slice(i, end + 1));
      if (value === null) return null;
      if (!value.isWellFormed()) return "a text holds half of a surrogate pair";
      const seen = open.at(-1);
      const wrong = keyNext && seen ? keyProblem(value, seen) : null;
      if (wrong !== null) return wrong;
      i = end;
    } else if (code === 0x7b || code === 0x5b) {
      tokens++;
      if (open.length >= JSON_LIMITS.depth) return `it nests deeper than ${JSON_LIMITS.depth} levels`;
      keyNext = code === 0x7b;
      open.push(keyNext ? new Set() : null);
    } else if (code === 0x7d || code === 0x5d) {
      open.pop();
      keyNext = false;
    } else if (code === 0x2c) {
      keyNext = open.at(-1) instanceof Set;
    } else if (code === 0x3a) {
      keyNext = false;
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      tokens++;
      NUMBER.lastIndex = i;
      const digits = NUMBER.exec(text)?.[0] ?? "";
      if (digits !== "" && Math.abs(Number(digits)) === Number.POSITIVE_INFINITY)
        return "a number is larger than any number can be";
      i += Math.max(0, digits.length - 1);
    }
  }
  return null;
};
