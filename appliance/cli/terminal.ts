/** What a command writes and how it ends. Every text of the box passes through here, so that a hostile one cannot reach the terminal. */
import { plainLines, plainText } from "../../agent/wire/plain.ts";
import type { Tone, Word } from "../core/words.ts";

/** Exit codes of the command line. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const;
/** An exit code of the command line. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with one sentence for the person and a code for the script. Thrown by commands, caught once in `runCli`. */
export class Stop extends Error {
  override readonly name = "Stop";
  readonly exit: ExitCode;

  constructor(exit: ExitCode, message: string) {
    super(message);
    this.exit = exit;
  }
}

/** Where a command runs: its streams and its surroundings. Tests give their own. */
export interface Surroundings {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
  readonly readInput: () => Promise<string>;
  readonly nowMs: () => number;
  /** Fires when the person wants it to end. */
  readonly signal: AbortSignal;
}

const COLOURS: Record<Tone, number> = { idle: 90, wait: 36, work: 36, good: 32, warn: 33, bad: 31 };

/** A cell of a table: text, or a word with its tone. */
export type Cell = string | number | Word | null;

const textOf = (cell: Cell): string =>
  plainText(cell === null ? "–" : typeof cell === "object" ? cell.text : String(cell), 200);

/** Whether colours are wanted: on a terminal, unless the person says no (no-color.org). */
export const wantsColour = ({ isTerminal, env }: Surroundings): boolean =>
  isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";

/** Rows under headers, each column as wide as its widest cell. */
export const renderTable = (
  headers: readonly string[],
  rows: readonly (readonly Cell[])[],
  colour: boolean,
): string => {
  const texts = rows.map((row) => row.map(textOf));
  const widths = headers.map((header, i) =>
    Math.max(Bun.stringWidth(header), ...texts.map((row) => Bun.stringWidth(row[i] ?? ""))),
  );
  const pad = (text: string, i: number, last: boolean) =>
    last ? text : text + " ".repeat((widths[i] ?? 0) - Bun.stringWidth(text));
  const paint = (text: string, cell: Cell | undefined) =>
    colour && typeof cell === "object" && cell !== null ? `\u001b[${COLOURS[cell.tone]}m${text}\u001b[0m` : text;
  const lines = texts.map((row, y) =>
    row.map((text, x) => paint(pad(text, x, x === row.length - 1), rows[y]?.[x])).join("  "),
  );
  return `${[headers.map((header, i) => pad(header, i, i === headers.length - 1)).join("  "), ...lines].join("\n")}\n`;
};

/** Names beside values, for one thing. */
export const renderFields = (fields: readonly (readonly [string, Cell])[], colour: boolean): string => {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields
    .map(([name, cell]) => {
      const text = textOf(cell);
      const painted =
        colour && typeof cell === "object" && cell !== null ? `\u001b[${COLOURS[cell.tone]}m${text}\u001b[0m` : text;
      return `${name.padEnd(width)}  ${painted}\n`;
    })
    .join("");
};

/** Characters that `JSON.stringify` writes as they are, though a terminal acts on them or hides them. */
const UNSEEN = /(?![\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const escapeUnits = (text: string): string =>
  Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");

/** A value as JSON that means the same and shows everything. */
export const renderJson = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replaceAll(UNSEEN, escapeUnits)}\n`;

/** A file's text: as it is into a pipe, made safe on a terminal. */
export const renderFile = (text: string, { isTerminal }: Surroundings): string =>
  isTerminal ? plainLines(text, Number.POSITIVE_INFINITY) : text;
