/**
 * A spec written from what a server is: for a person to read, loosen and set. Pure.
 *
 * Each group is tried on the inventory that it was learned from, and the first form of it that gives no difference is taken. A group of which every
 * form would differ from its own server (a serial twice, memory that the firmware holds back) is left out, with the reason in its place. So a learned
 * spec always parses, and its own server always passes it.
 */
import { Document, isMap, isSeq } from "yaml";
import type { Inventory } from "../../agent/wire/inventory.ts";
import { plainText } from "../../agent/wire/plain.ts";
import { diffSpec } from "./spec/diff.ts";
import { parseSpec } from "./spec/spec.ts";
import { type Form, GROUPS, type Group, type Learned } from "./spec-learn-parts.ts";
import { renderUtc } from "./words.ts";

/** How a spec is learned. */
export interface LearnOptions {
  /** Name each part by its serial or MAC, so that the spec is this server's alone. */
  readonly serials: boolean;
  /** Where the inventory comes from, for the head of the text. */
  readonly from: { readonly hostName: string; readonly runId: string; readonly atMs: number };
}

/** Depth of a section's own maps, such as `slots`; what is deeper stands on one line. */
const SECTION_DEPTH = 2;

/** One line for each part, so that a list of disks or slots reads as a table. */
const writeAsTable = (node: unknown, depth = 0): void => {
  if (isSeq(node)) for (const item of node.items) writeAsTable(item, SECTION_DEPTH + 1);
  if (!isMap(node)) return;
  const holdsParts = node.items.some(({ value }) => isMap(value));
  node.flow = depth > SECTION_DEPTH || (depth === SECTION_DEPTH && !holdsParts);
  for (const { value } of node.items) writeAsTable(value, depth + 1);
};

const writeYaml = (key: string, value: Learned): string => {
  const document = new Document({ [key]: value }, { aliasDuplicateObjects: false });
  writeAsTable(document.contents);
  return document.toString({ lineWidth: 0 });
};

/** Why a group would differ from its own server; null when it would not. */
const whyNot = (yaml: string, inventory: Inventory): string | null => {
  const spec = parseSpec(yaml);
  if (!spec.ok) return spec.refusal.detail;
  return diffSpec(spec.value, inventory)[0]?.message ?? null;
};

const comment = (text: string): string => `# ${plainText(text, 300)}\n`;

/** A group as it is written: what was learned of it, or why nothing was. */
interface Written {
  readonly text: string;
  readonly learned: boolean;
}

/** The first form of a group that parses and fits its own server; null when the inventory has nothing of it. */
const writeGroup = ({ key, comment: words }: Group, forms: readonly Form[], inventory: Inventory): Written | null => {
  let why: string | null = null;
  for (const form of forms) {
    const value = form(inventory.hardware);
    if (value === undefined) continue;
    const yaml = writeYaml(key, value);
    const problem = whyNot(yaml, inventory);
    if (problem === null) return { text: `${comment(words)}${yaml}`, learned: true };
    why ??= problem;
  }
  return why === null ? null : { text: comment(`${key}: not learned. ${why}`), learned: false };
};

/** Groups fit one by one and may still be too long together: then the last ones are left out. */
const writeWhole = (head: string, groups: readonly Written[], inventory: Inventory): string | null => {
  for (let count = groups.length; count > 0; count--) {
    const kept = groups.slice(0, count);
    if (!kept.some(({ learned }) => learned)) return null;
    const text = [head, ...kept.map((group) => group.text)].join("\n");
    if (whyNot(text, inventory) === null) return text;
  }
  return null;
};

/** Writes the spec of a server. Firmware is learned as the least version, memory speed as the least speed; kernel names never are. Null when nothing of it is known. */
export const learnSpec = (inventory: Inventory, { serials, from }: LearnOptions): string | null => {
  const head = [
    `Learned from run ${from.runId} of ${from.hostName}, ${renderUtc(from.atMs)}, ${serials ? "with" : "without"} serials.`,
    "What is not named here is not compared. In place of a value: {min: 2, max: 4}, {oneOf: [A, B]}, {matches: regex}, {atLeast: version}.",
  ];
  const groups = GROUPS.map((group) => writeGroup(group, serials ? group.withSerials : group.without, inventory));
  return writeWhole(
    head.map(comment).join(""),
    groups.filter((group) => group !== null),
    inventory,
  );
};
