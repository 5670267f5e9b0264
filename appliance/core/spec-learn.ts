/**
 * A spec written from what a server is: for a person to read, loosen and set. Pure.
 *
 * Each group is tried on the inventory that it was learned from, and the first form of it that gives no difference is taken. A group of which every
 * form would differ from its own server (a serial twice, memory that the firmware holds back) is left out, with the reason in its place. So a learned
 * spec always parses, and its own server always passes it.
 */
import { Document, isMap, isScalar, isSeq } from "yaml";
import type { Inventory } from "../../agent/wire/inventory.ts";
import { plainText } from "../../agent/wire/plain.ts";
import { parseSpec } from "./spec.ts";
import { diffSpec } from "./spec-diff.ts";
import { type Form, GROUPS, type Group, type Learned } from "./spec-learn-parts.ts";
import { renderUtc } from "./words.ts";

/** How a spec is learned. */
export interface LearnOptions {
  /** Name each part by its serial or MAC, so that the spec is this server's alone. */
  readonly serials: boolean;
  /** Where the inventory comes from, for the head of the text. */
  readonly from: { readonly hostName: string; readonly runId: string; readonly atMs: number };
}

/** Short maps stand on one line each, so that a list of disks reads as a table. */
const writeShort = (document: Document): void => {
  const visit = (node: unknown, depth: number): void => {
    if (isMap(node)) {
      if (depth > 0 && node.items.every(({ value }) => isScalar(value) || isMap(value)) && depth > 1) node.flow = true;
      for (const { value } of node.items) visit(value, depth + 1);
    }
    if (isSeq(node))
      for (const item of node.items) {
        if (isMap(item)) item.flow = true;
        visit(item, depth + 1);
      }
  };
  visit(document.contents, 0);
};

const writeYaml = (key: string, value: Learned): string => {
  const document = new Document({ [key]: value }, { aliasDuplicateObjects: false });
  writeShort(document);
  return document.toString({ lineWidth: 0 });
};

/** Why a group would differ from its own server; null when it would not. */
const whyNot = (yaml: string, inventory: Inventory): string | null => {
  const spec = parseSpec(yaml);
  if (!spec.ok) return spec.refusal.detail;
  return diffSpec(spec.value, inventory)[0]?.message ?? null;
};

const comment = (text: string): string => `# ${plainText(text, 300)}\n`;

const learnGroup = (
  { key, comment: words }: Group,
  forms: readonly Form[],
  inventory: Inventory,
): { readonly learned: boolean; readonly text: string } | null => {
  let why: string | null = null;
  for (const form of forms) {
    const value = form(inventory.hardware);
    if (value === undefined) continue;
    const yaml = writeYaml(key, value);
    const problem = whyNot(yaml, inventory);
    if (problem === null) return { learned: true, text: `${comment(words)}${yaml}` };
    why ??= problem;
  }
  return why === null ? null : { learned: false, text: comment(`${key}: not learned. ${why}`) };
};

/** Writes the spec of a server. Firmware is learned as the least version, memory speed as the least speed; kernel names never are. Null when nothing of it is known. */
export const learnSpec = (inventory: Inventory, { serials, from }: LearnOptions): string | null => {
  const groups = GROUPS.map((group) => learnGroup(group, serials ? group.withSerials : group.without, inventory));
  if (!groups.some((group) => group?.learned === true)) return null;
  const head = [
    `Learned from run ${from.runId} of ${from.hostName}, ${renderUtc(from.atMs)}, ${serials ? "with" : "without"} serials.`,
    "What is not named here is not compared. In place of a value: {min: 2, max: 4}, {oneOf: [A, B]}, {matches: regex}, {atLeast: version}.",
  ];
  return [head.map(comment).join(""), ...groups.map((group) => group?.text ?? "").filter((text) => text !== "")].join(
    "\n",
  );
};
