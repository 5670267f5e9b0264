/**
 * Patterns of a spec: the part of regular expressions that a short text cannot make slow. Pure.
 *
 * A pattern comes from an operator, but the text that it meets comes from a server, and the box has one thread. So what makes a backtracking matcher
 * exponential is refused: repeated groups that repeat or choose inside, back references, look-around, and more than a few repetitions side by side.
 */

const MAX_CHARS = 200;
/** Three unbounded repetitions side by side cost the cube of the text's length, and texts have at most 256 characters. */
const MAX_REPEATS = 3;

const QUANTIFIER = /^(?:[*+?]|\{\d{1,4}(?:,\d{0,4})?\})[?+]?/;
const FORBIDDEN = /^(?:\(\?(?!:)|\\[1-9k])/;

/** Why a pattern is not taken; null when it is. */
export const findPatternFault = (source: string): string | null => {
  if (source.length > MAX_CHARS) return `a pattern has at most ${MAX_CHARS} characters`;
  try {
    new RegExp(source, "iu");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  /** Whether each open group repeats or chooses inside. */
  const open: boolean[] = [];
  let [repeats, closed] = [0, false];
  for (let at = 0; at < source.length; ) {
    const rest = source.slice(at);
    if (FORBIDDEN.test(rest)) return "look-around and back references are not taken";
    const quantifier = QUANTIFIER.exec(rest)?.[0];
    if (quantifier !== undefined) {
      repeats += 1;
      if (closed) return "a repeated group may not repeat or choose inside";
      if (repeats > MAX_REPEATS) return `a pattern has at most ${MAX_REPEATS} repetitions (* + ? {})`;
      if (open.length > 0) open[open.length - 1] = true;
      at += quantifier.length;
      continue;
    }
    closed = false;
    const [first] = rest;
    if (first === "\\") at += 2;
    else if (first === "[") at += 1 + classLength(rest);
    else {
      if (first === "(") open.push(false);
      if (first === "|" && open.length > 0) open[open.length - 1] = true;
      if (first === ")") {
        closed = open.pop() ?? false;
        if (closed && open.length > 0) open[open.length - 1] = true;
      }
      at += rest.startsWith("(?:") ? 3 : 1;
    }
  }
  return null;
};

/** Characters after the bracket that opens a class, its closing one included. */
const classLength = (rest: string): number => {
  for (let at = 1; at < rest.length; at += 1) {
    if (rest[at] === "\\") at += 1;
    else if (rest[at] === "]") return at;
  }
  return rest.length;
};

/** Whether a text is, as a whole and whatever its case, what the pattern says. */
export const matchesPattern = (source: string, text: string): boolean =>
  new RegExp(`^(?:${source})$`, "iu").test(text.slice(0, 256));
