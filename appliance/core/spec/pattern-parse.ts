/** The text of a pattern to its tree. Pure; patterns are short, so that nesting is no danger. */

/** Which characters fit: pairs of first and last code point, or all but those. */
export interface CharSet {
  readonly ranges: readonly (readonly [first: number, last: number])[];
  readonly negated: boolean;
}

/** A pattern's tree. */
export type PatternNode =
  | { readonly kind: "char"; readonly set: CharSet }
  | { readonly kind: "sequence"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "repeat"; readonly part: PatternNode; readonly min: number; readonly max: number };

/** A tree, or what is wrong and after how many characters. */
export type PatternTree =
  | { readonly ok: true; readonly node: PatternNode }
  | { readonly ok: false; readonly at: number; readonly fault: string };

const code = (char: string): number => char.codePointAt(0) ?? 0;
const range = (first: string, last: string): readonly [number, number] => [code(first), code(last)];

const NONE: CharSet = { ranges: [], negated: false };
const ANY: CharSet = { ...NONE, negated: true };
/** Classes by their letter; a capital is all but those. */
const CLASSES: Readonly<Record<string, CharSet["ranges"]>> = {
  d: [range("0", "9")],
  w: [range("0", "9"), range("A", "Z"), range("a", "z"), range("_", "_")],
  s: [range("\t", "\r"), range(" ", " "), range("\u00a0", "\u00a0")],
};
/** Characters that mean something, and so are themselves after a backslash. */
const ESCAPABLE = new Set("\\^$.*+?()[]{}|/-");

const COUNT = /^\{(\d{1,4})(?:(,)(\d{0,4}))?\}/;
const QUANTIFIERS: Readonly<Record<string, readonly [number, number]>> = {
  "*": [0, Number.POSITIVE_INFINITY],
  "+": [1, Number.POSITIVE_INFINITY],
  "?": [0, 1],
};

/** Ends the parse; caught where it began. */
class PatternFault extends Error {
  readonly at: number;
  constructor(at: number, fault: string) {
    super(fault);
    this.at = at;
  }
}

/** One walk over a pattern, from the left. */
class PatternParser {
  readonly #chars: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#chars = [...source];
  }

  /** The whole. It is for the whole value anyway, so a `^` before it and a `$` after it say nothing more. */
  parse(): PatternNode {
    if (this.#next === "^") this.#at += 1;
    const node = this.#choice();
    if (this.#next === "$" && this.#at === this.#chars.length - 1) this.#at += 1;
    if (this.#next === undefined) return node;
    throw this.#fault(
      this.#next === ")" ? "it closes a group that was not opened" : "a pattern is for the whole value",
    );
  }

  get #next(): string | undefined {
    return this.#chars[this.#at];
  }

  #fault(words: string, at = this.#at): PatternFault {
    return new PatternFault(at, words);
  }

  #choice(): PatternNode {
    const parts = [this.#sequence()];
    while (this.#next === "|") {
      this.#at += 1;
      parts.push(this.#sequence());
    }
    const [only, ...others] = parts;
    return only !== undefined && others.length === 0 ? only : { kind: "choice", parts };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#next !== undefined && this.#next !== "|" && this.#next !== ")" && this.#next !== "$")
      parts.push(this.#repeated());
    return { kind: "sequence", parts };
  }

  #repeated(): PatternNode {
    const part = this.#atom();
    const [min, max] = this.#quantifier() ?? [1, 1];
    if (min === 1 && max === 1) return part;
    if (this.#next === "?") this.#at += 1; // lazy or not, the same values fit
    return { kind: "repeat", part, min, max };
  }

  #quantifier(): readonly [number, number] | null {
    const simple = QUANTIFIERS[this.#next ?? ""];
    if (simple !== undefined) {
      this.#at += 1;
      return simple;
    }
    if (this.#next !== "{") return null;
    const found = COUNT.exec(this.#chars.slice(this.#at, this.#at + 11).join(""));
    if (found === null) throw this.#fault("a count is {2}, {2,} or {2,4}; a brace itself is \\{");
    const [whole, least = "", comma, most = ""] = found;
    const min = Number(least);
    const max = comma === undefined ? min : most === "" ? Number.POSITIVE_INFINITY : Number(most);
    if (min > max) throw this.#fault("the first count is above the second");
    this.#at += whole.length;
    return [min, max];
  }

  #atom(): PatternNode {
    const char = this.#next ?? "";
    if (char === "(") return this.#group();
    if (char === "[") return { kind: "char", set: this.#class() };
    if (char === "\\") return { kind: "char", set: this.#escape() };
    if ("*+?{".includes(char)) throw this.#fault("there is nothing to repeat before it");
    if (char === "^") throw this.#fault("a pattern is for the whole value; the character itself is \\^");
    if (char === "]" || char === "}") throw this.#fault(`the character itself is \\${char}`);
    this.#at += 1;
    return { kind: "char", set: char === "." ? ANY : { ranges: [range(char, char)], negated: false } };
  }

  #group(): PatternNode {
    const opened = this.#at;
    this.#at += 1;
    if (this.#next === "?") {
      if (this.#chars[this.#at + 1] !== ":") throw this.#fault("look-around and named groups are not taken");
      this.#at += 2;
    }
    const node = this.#choice();
    if (this.#next !== ")") {
      if (this.#next === "$") throw this.#fault("a pattern is for the whole value; the character itself is \\$");
      throw this.#fault("the group is not closed", opened);
    }
    this.#at += 1;
    return node;
  }

  #escape(): CharSet {
    const char = this.#chars[this.#at + 1];
    const classed = CLASSES[char?.toLowerCase() ?? ""];
    if (char === undefined) throw this.#fault("nothing follows the backslash");
    if (classed === undefined && !ESCAPABLE.has(char)) throw this.#fault(`\\${char} is not taken`);
    this.#at += 2;
    if (classed === undefined) return { ranges: [range(char, char)], negated: false };
    return { ranges: classed, negated: char !== char.toLowerCase() };
  }

  #class(): CharSet {
    const opened = this.#at;
    this.#at += 1;
    const negated = this.#next === "^";
    if (negated) this.#at += 1;
    const ranges: (readonly [number, number])[] = [];
    while (this.#next !== "]") {
      if (this.#next === undefined) throw this.#fault("the class is not closed", opened);
      ranges.push(...this.#classItem());
    }
    this.#at += 1;
    return { ranges, negated };
  }

  #classItem(): CharSet["ranges"] {
    const began = this.#at;
    const first = this.#classChar();
    const isRange = this.#next === "-" && this.#chars[this.#at + 1] !== "]" && this.#chars[this.#at + 1] !== undefined;
    if (!isRange) return first;
    this.#at += 1;
    const [from, to] = [first[0]?.[0] ?? 0, this.#classChar()[0]?.[1] ?? 0];
    if (first.length > 1 || first[0]?.[0] !== first[0]?.[1] || from > to)
      throw this.#fault("the range ends before it begins", began);
    return [[from, to]];
  }

  #classChar(): CharSet["ranges"] {
    const char = this.#next ?? "";
    if (char !== "\\") {
      this.#at += 1;
      return [range(char, char)];
    }
    const { ranges, negated } = this.#escape();
    if (negated) throw this.#fault("all but a class is not taken within a class", this.#at - 2);
    return ranges;
  }
}

/** Reads a pattern. */
export const parsePattern = (source: string): PatternTree => {
  try {
    return { ok: true, node: new PatternParser(source).parse() };
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error;
    return { ok: false, at: error.at, fault: error.message };
  }
};
