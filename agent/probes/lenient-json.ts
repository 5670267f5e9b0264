/**
 * Reads JSON as tools print it: several documents behind each other, commas too many or too few, raw control characters in strings. Pure and total.
 *
 * A parser of our own, and not the language's: it says where it stopped, and it looks at each character once.
 */
import { notUnderstood, type Parsed, understood } from "./parsed.ts";

type Container = unknown[] | Record<string, unknown>;
interface Open {
  readonly container: Container;
  /** Name of the member whose value comes next. */
  key: string | undefined;
}

/** An object of a read document; undefined for anything else. Objects have no prototype, so that no name of a member is special. */
export const objectOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;

const placeOf = (text: string, at: number): string => {
  let line = 1;
  let start = 0;
  for (let next = text.indexOf("\n"); next !== -1 && next < at; next = text.indexOf("\n", next + 1)) {
    line += 1;
    start = next + 1;
  }
  return `line ${line}, column ${at - start + 1}`;
};

/** Where the string that starts behind `from` has its closing quote; -1 when it has none. */
const endOfString = (text: string, from: number): number => {
  for (let i = from; i < text.length; i += 1) {
    const char = text[i];
    if (char === '"') return i;
    if (char === "\\") i += 1;
  }
  return -1;
};

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

/** An escape that JSON does not have stands for its own letter. */
const withoutEscapes = (raw: string): string =>
  raw.includes("\\")
    ? raw.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, hex?: string, char?: string) =>
        hex === undefined ? (ESCAPES[char ?? ""] ?? char ?? "") : String.fromCharCode(Number.parseInt(hex, 16)),
      )
    : raw;

/** Tools nest a dozen levels; millions of them are no tool's output, and would cost their memory. */
const MAX_DEPTH = 1_000;
const SCALAR = /(?:true|false|null|-?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,5})?)(?![\w.+-])/y;
const BLANK = new Set([" ", "\t", "\n", "\r", ",", "\ufeff", "\u0000"]);

/** The documents that a text holds, in their order. */
export const parseLenientJson = (text: string): Parsed<readonly unknown[]> => {
  const documents: unknown[] = [];
  const stack: Open[] = [];
  const put = (value: unknown): void => {
    const top = stack.at(-1);
    if (top === undefined) documents.push(value);
    else if (Array.isArray(top.container)) top.container.push(value);
    else if (top.key !== undefined) {
      top.container[top.key] = value;
      top.key = undefined;
    }
  };
  const wrong = (at: number, reason: string) => notUnderstood(placeOf(text, at), reason);
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i] ?? "";
    if (BLANK.has(char)) continue;
    const top = stack.at(-1);
    const awaitsKey = top !== undefined && !Array.isArray(top.container) && top.key === undefined;
    if (char === "}" || char === "]") {
      if (top === undefined || Array.isArray(top.container) !== (char === "]") || top.key !== undefined)
        return wrong(i, `Unexpected ${char}.`);
      stack.pop();
    } else if (char === '"') {
      const end = endOfString(text, i + 1);
      if (end === -1) return wrong(i, "A string has no end.");
      const value = withoutEscapes(text.slice(i + 1, end));
      if (awaitsKey) {
        top.key = value;
        i = text.indexOf(":", end);
        if (i === -1 || text.slice(end + 1, i).trim() !== "") return wrong(end + 1, "A colon is missing.");
      } else {
        put(value);
        i = end;
      }
    } else if (awaitsKey) return wrong(i, "The name of a member is missing.");
    else if (char === "{" || char === "[") {
      if (stack.length === MAX_DEPTH) return wrong(i, "Nested too deeply.");
      const container: Container = char === "[" ? [] : Object.create(null);
      put(container);
      stack.push({ container, key: undefined });
    } else {
      SCALAR.lastIndex = i;
      const scalar = SCALAR.exec(text)?.[0];
      if (scalar === undefined) return wrong(i, "This is no JSON.");
      put(JSON.parse(scalar.replace(/^(-?)0+(?=\d)/, "$1")));
      i += scalar.length - 1;
    }
  }
  if (stack.length > 0) return wrong(text.length, "The JSON ends too early.");
  return documents.length > 0 ? understood(documents) : notUnderstood("line 1", "There is no JSON.");
};
