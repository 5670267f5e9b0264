/**
 * Splits TypeScript into words, strings and marks, without comments, templates' text and regular expressions.
 *
 * The layer and tidy tests read source with it. `Bun.Transpiler.scanImports` would be blind there: it drops `import type`.
 */

/** A piece of source. `text` of a string is what stands between its quotes. */
export interface Token {
  readonly kind: "word" | "string" | "mark";
  readonly text: string;
  /** Where it begins in the source. */
  readonly at: number;
}

const SPACE_OR_COMMENT = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const STRING = /"((?:[^"\\\n]|\\[\s\S])*)"|'((?:[^'\\\n]|\\[\s\S])*)'/y;
const WORD = /[\p{ID_Start}$_#\d][\p{ID_Continue}$\d]*/uy;
const REGEX = /\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** After these words a slash begins a regular expression; after any other it divides. */
const BEFORE_REGEX = new Set([
  "return",
  "typeof",
  "case",
  "in",
  "of",
  "delete",
  "void",
  "throw",
  "new",
  "else",
  "do",
  "await",
]);

const matchAt = (pattern: RegExp, source: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(source);
};

/** `<` is no place for a regular expression either: in JSX it begins a closing tag. */
const allowsRegex = (last: Token | undefined): boolean => {
  if (last === undefined) return true;
  if (last.kind === "word") return BEFORE_REGEX.has(last.text);
  return last.kind === "mark" && !["<", ")", "]", "}"].includes(last.text);
};

/** Reads a template from after its opening quote; what stands in `${}` is code. Answers the place after the closing quote. */
const scanTemplate = (source: string, from: number, tokens: Token[]): number => {
  let at = from;
  while (at < source.length) {
    if (source[at] === "\\") at += 2;
    else if (source[at] === "`") return at + 1;
    else if (source.startsWith("${", at)) at = scanCode(source, at + 2, tokens, true);
    else at += 1;
  }
  return at;
};

/** Reads code to its end or, within a template, to the brace that closes it. */
const scanCode = (source: string, from: number, tokens: Token[], inTemplate: boolean): number => {
  let at = from;
  let depth = 0;
  while (at < source.length) {
    const skipped = matchAt(SPACE_OR_COMMENT, source, at);
    if (skipped !== null) {
      at += skipped[0].length;
      continue;
    }
    const char = source[at] ?? "";
    if (char === "`") {
      tokens.push({ kind: "string", text: "", at });
      at = scanTemplate(source, at + 1, tokens);
      continue;
    }
    if (char === "{") depth += 1;
    if (char === "}" && inTemplate && depth === 0) return at + 1;
    if (char === "}") depth -= 1;
    at = pushToken(source, at, tokens);
  }
  return at;
};

const pushToken = (source: string, at: number, tokens: Token[]): number => {
  const quoted = matchAt(STRING, source, at);
  if (quoted !== null) {
    tokens.push({ kind: "string", text: quoted[1] ?? quoted[2] ?? "", at });
    return at + quoted[0].length;
  }
  const word = matchAt(WORD, source, at);
  if (word !== null) {
    tokens.push({ kind: "word", text: word[0], at });
    return at + word[0].length;
  }
  const regex = source[at] === "/" && allowsRegex(tokens.at(-1)) ? matchAt(REGEX, source, at) : null;
  tokens.push({ kind: regex === null ? "mark" : "string", text: regex === null ? (source[at] ?? "") : "", at });
  return at + (regex?.[0].length ?? 1);
};

/** Source to tokens. It never fails: a quote without its partner on the line, as in JSX text, is a mark. */
export const parseTokens = (source: string): readonly Token[] => {
  const tokens: Token[] = [];
  scanCode(source, 0, tokens, false);
  return tokens;
};
