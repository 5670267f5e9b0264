/**
 * `dmidecode` text to SMBIOS structures: handle, type and fields. Pure, one pass, whatever the bytes.
 *
 * Three layouts are known. Today `Handle 0x0011, DMI type 17, 40 bytes` stands alone, the title below it, the fields behind one tab, entries of
 * lists behind two. Until dmidecode 2.8 the first line ended with a full stop. Until 2.6 the type stood on a line of its own, and everything was
 * one tab deeper. So depth counts against the line that names the type, not from the margin; then a paste with blanks for tabs is read as well.
 */
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** One structure of the table. */
export interface Structure {
  readonly handle: string;
  readonly type: number;
  /** Of the types that are read; the first of two equal keys counts, later ones come from continued lists. */
  readonly fields: ReadonlyMap<string, string>;
}

/** A table as far as it was printed. */
export interface SmbiosTable {
  readonly structures: readonly Structure[];
  /** Its end was reached (type 127), and dmidecode did not give up on the way. */
  readonly complete: boolean;
}

/** The tool's own first line. A second one begins another output, of which nothing is read: doubled text tells nothing twice. */
const BANNER = /^# dmidecode \d/;
const HEADER = /^[\t ]{0,16}Handle 0x([0-9A-Fa-f]{1,8})(?:, DMI type (\d{1,3}), |[\t ]{0,16}$)/;
const TYPE_LINE = /^[\t ]{1,16}DMI type (\d{1,3}), /;
const NO_TABLE = /^# No SMBIOS nor DMI entry point found/;
const BROKEN = /DMI table is broken|^Wrong DMI structures (?:count|length)|<TRUNCATED>/;
const END_OF_TABLE = 127;
/** Types whose fields somebody reads: half of a table is caches, connectors and what only its maker knows. */
const READ_TYPES = new Set([0, 1, 2, 3, 4, 5, 6, 9, 11, 16, 17, 38, 39]);
/** Handles are 16 bits wide (SMBIOS 3.7, 6.1.2). */
const MOST_STRUCTURES = 65_536;
const MOST_FIELDS = 256;
const MOST_KEY_CHARS = 100;
const MOST_VALUE_CHARS = 4096;

const depthOf = (line: string): number => {
  let depth = 0;
  for (let code = line.charCodeAt(0); code === 9 || code === 32; code = line.charCodeAt(depth)) depth += 1;
  return depth;
};

/** A structure while its lines come in. */
interface Open {
  readonly handle: string;
  readonly fields: Map<string, string>;
  /** Undefined until a line names it. */
  type: number | undefined;
  /** Depth of the line that named the type; fields stand deeper. */
  titleDepth: number;
  /** Depth of the fields, known from the first of them. */
  fieldDepth: number | undefined;
}

const readField = (open: Open, line: string): void => {
  if (open.type === undefined) {
    const type = TYPE_LINE.exec(line)?.[1];
    if (type === undefined) return;
    open.type = Number(type);
    open.titleDepth = depthOf(line);
    return;
  }
  if (!READ_TYPES.has(open.type)) return;
  const depth = depthOf(line);
  if (depth <= open.titleDepth || depth === line.length) return;
  open.fieldDepth ??= depth;
  const colon = line.indexOf(":", depth);
  if (depth !== open.fieldDepth || colon <= depth || colon - depth > MOST_KEY_CHARS) return;
  const key = line.slice(depth, colon).trim();
  if (open.fields.has(key) || open.fields.size >= MOST_FIELDS) return;
  open.fields.set(key, line.slice(colon + 1, colon + 1 + MOST_VALUE_CHARS).trim());
};

/** What stands in place of a table, in words. */
const refusalOf = (line: string | undefined): string =>
  line === undefined
    ? "The text is empty."
    : NO_TABLE.test(line)
      ? "dmidecode found no SMBIOS on that machine."
      : "No structure of SMBIOS: output of dmidecode has lines like “Handle 0x0001, DMI type 1, 27 bytes”.";

/** Reads the structures. Text before, between and after them is skipped: messages of the tool get there when both its outputs go one way. */
export const parseStructures = (text: string): Parsed<SmbiosTable> => {
  const opened: Open[] = [];
  let open: Open | undefined;
  let broken = false;
  let lineNumber = 0;
  /** Where and what the best explanation of a missing table is: the tool's own word, else the first line with anything in it. */
  let clue: { readonly at: number; readonly line: string } | undefined;
  for (const line of linesOf(text)) {
    lineNumber += 1;
    // Most lines are fields: a search for a word is cheaper than a pattern.
    const header = line.includes("Handle 0x") ? HEADER.exec(line) : null;
    if (header !== null) {
      if (opened.length >= MOST_STRUCTURES) break;
      const type = header[2] === undefined ? undefined : Number(header[2]);
      open = { handle: header[1] ?? "", fields: new Map(), type, titleDepth: depthOf(line), fieldDepth: undefined };
      opened.push(open);
    } else if (open !== undefined) {
      const isIndented = depthOf(line) > 0;
      if (!isIndented && BANNER.test(line)) break;
      broken ||= isIndented ? line.includes("<TRUNCATED>") : BROKEN.test(line.slice(0, 200));
      readField(open, line);
    } else if (NO_TABLE.test(line) || (clue === undefined && line.trim() !== "")) clue = { at: lineNumber, line };
  }
  const structures = opened.flatMap(({ handle, type, fields }) =>
    type === undefined ? [] : [{ handle, type, fields }],
  );
  if (structures.length === 0) return notUnderstood(`line ${clue?.at ?? 1}`, refusalOf(clue?.line));
  return understood({ structures, complete: !broken && structures.some(({ type }) => type === END_OF_TABLE) });
};
