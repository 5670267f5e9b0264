/** The form in which every surface gets hardware to show: titled tables with facts above them. Pure. */
import type { Tone, Word } from "./words.ts";

/** A cell: text, or a word that stands out. Absent when it was not measured. */
export type TableCell = string | Word | undefined;

/** A column. `n` holds figures, `main` names the row, `opt` is what a small screen may leave out. */
export interface TableColumn {
  readonly title: string;
  readonly role?: "n" | "main" | "opt";
}

/** One group of hardware. */
export interface HardwareTable {
  readonly id: string;
  readonly title: string;
  /** The group in one line, for whoever opens no tables. */
  readonly summary: string;
  /** The worst that a row says; `idle` when nothing stands out. */
  readonly tone: Tone;
  readonly facts: readonly (readonly [string, TableCell])[];
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly TableCell[])[];
}

const GRAVITY: readonly Tone[] = ["idle", "good", "work", "wait", "warn", "bad"];

const toneOf = (cell: TableCell): Tone => (typeof cell === "object" ? cell.tone : "idle");

/** A table whose tone is that of its worst cell. Facts that are absent are left out. */
export const tableOf = (
  table: Pick<HardwareTable, "id" | "title" | "summary"> & Partial<Pick<HardwareTable, "facts" | "columns" | "rows">>,
): HardwareTable => {
  const facts = (table.facts ?? []).filter(([, value]) => value !== undefined && value !== "");
  const rows = table.rows ?? [];
  const tones = [...facts.map(([, value]) => value), ...rows.flat()].map(toneOf);
  const tone = GRAVITY.findLast((one) => tones.includes(one) && (one === "warn" || one === "bad")) ?? "idle";
  return {
    ...{ id: table.id, title: table.title, summary: table.summary, tone, facts, rows },
    columns: table.columns ?? [],
  };
};

/** Words that are there, in one line; undefined when none is. */
export const join = (separator: string, ...words: readonly (string | number | undefined)[]): string | undefined => {
  const said = words.filter((word) => word !== undefined && word !== "");
  return said.length === 0 ? undefined : said.join(separator);
};

/** A figure with its unit. */
export const unit = (figure: number | undefined, name: string): string | undefined =>
  figure === undefined ? undefined : `${Number(figure.toFixed(1))} ${name}`;

/** `1 disk`, `4 disks`. */
export const countOf = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
