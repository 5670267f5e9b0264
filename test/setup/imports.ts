/** Every module that a TypeScript source names: `import`, `import type`, `export from`, `import()`, `require()`. */
import { parseTokens, type Token } from "./tokens.ts";

/** One edge out of a file. */
export interface Import {
  /** As written; null where it is computed, so that no rule can be checked. */
  readonly specifier: string | null;
  /** Nothing is loaded by it at run time: only types cross it, or it is a macro that runs when the program is built. */
  readonly typeOnly: boolean;
}

const isMark = (token: Token | undefined, text: string): boolean => token?.kind === "mark" && token.text === text;
const isWord = (token: Token | undefined, text: string): boolean => token?.kind === "word" && token.text === text;

interface Clause {
  readonly specifier: string | null;
  readonly macro: boolean;
}

/** What stands after `from`, if the clause that begins at `index` has one: names, braces, commas and `*` may stand before it. */
const fromClause = (tokens: readonly Token[], index: number): Clause | null => {
  for (let i = index; i < tokens.length; i += 1) {
    const token = tokens[i];
    if (isWord(token, "from") && tokens[i + 1]?.kind === "string") {
      const attributes = tokens.slice(i + 2, i + 7).map((one) => one.text);
      return { specifier: tokens[i + 1]?.text ?? null, macro: attributes.join(" ") === "with { type : macro" };
    }
    const belongs = token?.kind === "word" || token?.kind === "string" || /^[{},*]$/.test(token?.text ?? "");
    if (!belongs || isWord(token, "import") || isWord(token, "export")) return null;
  }
  return null;
};

const readImport = (tokens: readonly Token[], index: number): Import | null => {
  const next = tokens[index + 1];
  if (isMark(next, ".")) return null; // import.meta
  if (isMark(next, "(")) return readCall(tokens, index);
  if (next?.kind === "string") return { specifier: next.text, typeOnly: false };
  const typeOnly = isWord(next, "type") && !isWord(tokens[index + 2], "from") && !isMark(tokens[index + 2], ",");
  const clause = fromClause(tokens, index + 1);
  return { specifier: clause?.specifier ?? null, typeOnly: typeOnly || clause?.macro === true };
};

const readExport = (tokens: readonly Token[], index: number): Import | null => {
  const typeOnly = isWord(tokens[index + 1], "type");
  const first = tokens[index + (typeOnly ? 2 : 1)];
  if (!isMark(first, "{") && !isMark(first, "*")) return null; // a declaration
  const clause = fromClause(tokens, index + 1);
  return clause === null ? null : { specifier: clause.specifier, typeOnly };
};

/** `import("…")` and `require("…")`. A template or an expression is computed: the edge is there and nobody can say where it leads. */
const readCall = (tokens: readonly Token[], index: number): Import => {
  const argument = tokens[index + 2];
  const literal = argument?.kind === "string" && argument.text !== "" && !isMark(tokens[index + 3], "+");
  return { specifier: literal ? argument.text : null, typeOnly: false };
};

/** Source to the modules that it names, in order. */
export const parseImports = (source: string): readonly Import[] => {
  const tokens = parseTokens(source);
  return tokens.flatMap((token, index) => {
    if (token.kind !== "word" || isMark(tokens[index - 1], ".")) return [];
    if (isMark(tokens[index + 1], ":")) return []; // a property of that name
    if (token.text === "import") return readImport(tokens, index) ?? [];
    if (token.text === "export") return readExport(tokens, index) ?? [];
    return token.text === "require" && isMark(tokens[index + 1], "(") ? readCall(tokens, index) : [];
  });
};
