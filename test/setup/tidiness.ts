/** The house rules that neither Biome nor the compiler knows: one row each, with a sample that breaks it. */
import { basename } from "node:path";
import { isTestFile, type Source } from "./sources.ts";
import { parseTokens, type Token } from "./tokens.ts";

/** One rule. */
export interface TidyRule {
  readonly name: string;
  /** Where it holds. */
  readonly holds: (path: string) => boolean;
  /** What breaks it, one note each, with the line where there is one. */
  readonly find: (text: string, path: string) => readonly string[];
  /** Breaks this rule; a test feeds it in. */
  readonly sample: Source;
}

const MAX_FILE_LINES = 350;
const MAX_FUNCTION_LINES = 70;
const EMPTY_NAMES = ["utils", "util", "helpers", "helper", "common", "manager", "service", "index", "misc", "shared"];
/** Programs that talk to a person on stdout. Everything else has a logger or gives a value back. */
const SPEAKERS = /(^|\/)(main|cli|build|check|diagram)\.ts$|^test\/(demo|dev|bench)\//;

const everywhere = (): boolean => true;
const lineAt = (text: string, at: number): number => text.slice(0, at).split("\n").length;

/** Notes for every place where the tokens read as `words`, marks included: `["Bun", ".", "sleep"]`. */
const findSequence = (text: string, ...sequences: readonly (readonly string[])[]): readonly string[] => {
  const tokens = parseTokens(text).filter((token) => token.kind !== "string");
  const startsAt = (index: number, words: readonly string[]): boolean =>
    words.every((word, offset) => tokens[index + offset]?.text === word);
  return tokens.flatMap((token: Token, index) =>
    sequences.filter((words) => startsAt(index, words)).map((words) => `${lineAt(text, token.at)}: ${words.join("")}`),
  );
};

const findMatches = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map((match) => `${lineAt(text, match.index)}: ${match[0]}`);

const FUNCTION_HEAD =
  /=> [{([]$|^\s*(export )?(default )?(async )?function\b.*\{$|^\s+(async |static |override |get |set |\*)*#?\w+(<.*>)?\(.*\{$/;
const NO_FUNCTION = /^\s*(\} )?(if|for|while|switch|catch|else|do|try|describe)\b/;

/** Functions that are too long. The formatter closes each at the indentation at which it began. */
const findLongFunctions = (text: string): readonly string[] => {
  const lines = text.split("\n");
  return lines.flatMap((line, first) => {
    if (!FUNCTION_HEAD.test(line) || NO_FUNCTION.test(line)) return [];
    const indent = /^\s*/.exec(line)?.[0] ?? "";
    const closing = new RegExp(`^${indent}[})\\]]`);
    const length = 1 + lines.slice(first + 1).findIndex((later) => closing.test(later)) + 1;
    return length > MAX_FUNCTION_LINES ? [`${first + 1}: ${length} lines: ${line.trim()}`] : [];
  });
};

const EXPORTED =
  /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(?:const|function\*?|class|interface|type) ?(\w+)/;

/** Exports without a docstring. The type that repeats the name of a documented schema needs none of its own. */
const findUndocumented = (text: string): readonly string[] => {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const name = EXPORTED.exec(line)?.[1];
    if (name === undefined) return [];
    const before = lines.slice(0, index).findLast((earlier) => !earlier.startsWith("// biome-ignore")) ?? "";
    const companion = line.startsWith(`export type ${name} = v.Infer`) && text.includes(`export const ${name} =`);
    return before.endsWith("*/") || companion ? [] : [`${index + 1}: ${name} has no docstring`];
  });
};

/** Words of this table that its own rules ban are written in two halves. */
const word = (...halves: readonly string[]): string => halves.join("");
const UNFINISHED = new RegExp(
  `\\b(${[word("TO", "DO"), word("FIX", "ME"), word("XX", "X"), word("HA", "CK")].join("|")})\\b`,
  "g",
);
const MUTED = new RegExp(`@${word("ts-", "ignore")}|@${word("ts-", "nocheck")}`, "g");
const RUNNERS = ["test", "it", "describe"] as const;
const EVADERS = ["skip", "todo", "only", "skipIf", "todoIf", "if", "failing"] as const;

/** The rules. */
export const TIDY_RULES: readonly TidyRule[] = [
  {
    name: `files have at most ${MAX_FILE_LINES} lines`,
    holds: everywhere,
    find: (text) => {
      const count = text.trimEnd().split("\n").length;
      return count > MAX_FILE_LINES ? [`${count} lines`] : [];
    },
    sample: { path: "agent/long.ts", text: "const a = 1;\n".repeat(MAX_FILE_LINES + 1) },
  },
  {
    name: `functions have at most ${MAX_FUNCTION_LINES} lines`,
    holds: everywhere,
    find: findLongFunctions,
    sample: { path: "agent/long.ts", text: `const f = () => {\n${"  g();\n".repeat(MAX_FUNCTION_LINES)}};\n` },
  },
  {
    name: "file names say what is inside",
    holds: everywhere,
    find: (_text, path) => {
      const name = basename(path).replace(/(\.test)?\.tsx?$/, "");
      return EMPTY_NAMES.some((empty) => name.split(/[-.]/).includes(empty)) ? [name] : [];
    },
    sample: { path: "agent/disk-utils.ts", text: "" },
  },
  {
    name: "nothing is left for later",
    holds: everywhere,
    find: (text) => findMatches(text, UNFINISHED),
    sample: { path: "agent/a.ts", text: `// ${word("TO", "DO")}: the rest` },
  },
  {
    name: "only programs speak on stdout",
    holds: (path) => !SPEAKERS.test(path),
    find: (text) => findSequence(text, ["console", ".", "log"]),
    sample: { path: "agent/loop.ts", text: 'console.log("here");' },
  },
  {
    name: "tests do not sleep",
    holds: isTestFile,
    find: (text) => findSequence(text, ["Bun", ".", "sleep"], ["Bun", ".", "sleepSync"], ["setTimeout", "("]),
    sample: { path: "agent/a.test.ts", text: "await Bun.sleep(1);" },
  },
  {
    name: "no test is left out",
    holds: everywhere,
    find: (text) => findSequence(text, ...RUNNERS.flatMap((runner) => EVADERS.map((evader) => [runner, ".", evader]))),
    sample: { path: "agent/a.test.ts", text: 'test.skip("one", () => {});' },
  },
  {
    name: "the compiler is not silenced",
    holds: everywhere,
    find: (text) => [...findMatches(text, MUTED), ...findSequence(text, ["as", "any"])],
    sample: { path: "agent/a.ts", text: "const a = b as any;" },
  },
  {
    name: "every file says at its head what it is",
    holds: (path) => !isTestFile(path),
    find: (text) => (/^(#!.*\n)?\/\*\*/.test(text) ? [] : ["1: no docstring"]),
    sample: { path: "agent/a.ts", text: 'import "./b.ts";\n/** Late. */' },
  },
  {
    name: "every export has a docstring",
    holds: everywhere,
    find: findUndocumented,
    sample: { path: "agent/a.ts", text: "/** Head. */\n\nexport const a = 1;" },
  },
];

/** Everything in a source that breaks a rule, as `path:line: …`. */
export const findUntidy = ({ path, text }: Source): readonly string[] =>
  TIDY_RULES.filter((rule) => rule.holds(path)).flatMap((rule) =>
    rule.find(text, path).map((note) => `${path}:${note} (${rule.name})`),
  );

/** Share of comment lines among the lines that are not blank, for each top folder and its first level. */
export const commentShares = (sources: readonly Source[]): ReadonlyMap<string, number> => {
  const folders = Map.groupBy(sources, ({ path }) =>
    path
      .split("/")
      .slice(0, 2)
      .join("/")
      .replace(/\/[^/]+\.tsx?$/, ""),
  );
  const share = (own: readonly Source[]): number => {
    const lines = own.flatMap(({ text }) => text.split("\n")).filter((line) => line.trim() !== "");
    return lines.filter((line) => /^\s*(\/\/|\/\*|\*)/.test(line)).length / Math.max(1, lines.length);
  };
  return new Map([...folders].map(([folder, own]) => [folder, share(own)]));
};
