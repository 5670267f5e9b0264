/** What a note of a repair announced and the inventory does not show: one sentence each. Pure. */
import type { Change, Comparison } from "./inventory-changes.ts";
import type { Part } from "./inventory-parts.ts";
import type { Action, Claim, ClaimKind } from "./repair-claims.ts";
import type { PartKind } from "./views.ts";
import { PART_WORDS } from "./words.ts";

/** The parts that the words of a claim name. */
export interface Named {
  readonly places: readonly { readonly word: string; readonly parts: readonly Part[] }[];
  readonly sources: readonly { readonly word: string; readonly parts: readonly Part[] }[];
}

const DONE: Record<Action, string> = {
  ...{ replace: "replaced", add: "added", remove: "removed", move: "moved", update: "updated", reseat: "reseated" },
};

const nounOf = (kind: PartKind): string => {
  const word = PART_WORDS[kind];
  return /^[A-Z]{2}/.test(word) ? word : word.toLowerCase();
};

/** `memory module in slot B2`, `disk S45PNA0M312346`. */
const nameOf = ({ kind, where }: Part): string =>
  /^(?:slot|bay|socket|sata port) /i.test(where) ? `${nounOf(kind)} in ${where}` : where;

/** Whether a change shows what was done. Another speed of the same module is not its replacement. */
const shows = (change: Change, action: Action): boolean => {
  if (action === "update") return true;
  if (action === "move") return change.what === "place" || change.kind !== "changed";
  if (action === "remove") return change.kind === "removed" || change.kind === "replaced";
  return change.kind === "replaced" || change.kind === "added";
};

/** A part that is there under the same serial as before. Without a serial nobody can tell. */
const isSame = (part: Part, { before, after }: Comparison): boolean =>
  part.identity !== null &&
  [before, after].every((parts) => parts.some((one) => one.kind === part.kind && one.identity === part.identity));

/** Nothing at the named place shows what was announced. */
const missedAt = (parts: readonly Part[], action: Action, comparison: Comparison): readonly string[] => {
  const named = new Set(parts);
  const changes = comparison.changes.filter((change) => change.parts.some((part) => named.has(part)));
  const [part] = parts;
  if (part === undefined || changes.some((change) => shows(change, action))) return [];
  const said = `The note says that the ${nameOf(part)} was ${DONE[action]}`;
  if (changes.some((change) => change.kind === "removed")) {
    // A disk without a known bay leaves no empty place: its successor is another disk, somewhere.
    const come = comparison.changes.some((change) => change.kind === "added" && change.part === part.kind);
    return come && part.place?.volatile !== false ? [] : [`${said}, but now nothing is there.`];
  }
  if (action === "add" && comparison.before.some((one) => named.has(one))) return [`${said}, but it was there before.`];
  if (action === "remove" && comparison.after.some((one) => named.has(one))) return [`${said}, but it is still there.`];
  return isSame(part, comparison) ? [`${said}, but it is the same one (serial ${part.identity}).`] : [];
};

/** Nothing of a kind shows what was announced of it, although serials would. */
const missedKind = (kind: ClaimKind, action: Action, { kinds, before, changes }: Comparison): readonly string[] => {
  const part = kinds.find((one) => one === kind);
  if (part === undefined || changes.some((change) => change.part === part && shows(change, action))) return [];
  const old = before.filter((one) => one.kind === part);
  const [only, ...others] = old;
  if (action !== "add" && action !== "remove" && !old.some((one) => one.identity !== null)) return [];
  const said = `The note says that a ${nounOf(part)} was ${DONE[action]}`;
  return only?.identity != null && others.length === 0 && action !== "add"
    ? [`${said}, but it is the same one (serial ${only.identity}).`]
    : [`${said}, but nothing of that kind came or went.`];
};

/** An update that left the version as it was. */
const missedFirmware = ({ kinds }: Claim, { after, changes }: Comparison): readonly string[] => {
  const wanted = kinds.includes("bios") ? "BIOS" : kinds.includes("bmc") ? "BMC" : null;
  const part = after.find((one) => one.kind === "firmware" && one.where === wanted);
  if (part === undefined || changes.some((change) => change.parts.includes(part))) return [];
  return [`The note says that the ${wanted} was updated, but it still is version ${part.fields["version"]}.`];
};

/** Words that name nothing, where the claim says what kind of part they should name. */
const unknown = ({ kinds, places }: Claim, comparison: Comparison): readonly string[] => {
  const kind = comparison.kinds.find((one) => kinds.includes(one));
  const words = places.map((word) => `“${word.toUpperCase()}”`).join(" and ");
  return kind === undefined || places.length === 0
    ? []
    : [`The note names ${words}, but no ${nounOf(kind)} is known by that place or serial.`];
};

/** What one claim announces and nothing shows. `named` is null when the claim names kinds alone. */
export const missedBy = (claim: Claim, named: Named | null, comparison: Comparison): readonly string[] => {
  const { action, kinds } = claim;
  if (action === "reseat") return [];
  if (claim.firmware || kinds.includes("bios") || (action === "update" && kinds.includes("bmc")))
    return action === "update" ? missedFirmware(claim, comparison) : [];
  if (named === null) return kinds.flatMap((kind) => missedKind(kind, action, comparison));
  const found = named.places.filter(({ parts }) => parts.length > 0);
  if (found.length === 0 && named.sources.every(({ parts }) => parts.length === 0)) return unknown(claim, comparison);
  return found.flatMap(({ parts }) => missedAt(parts, action, comparison));
};
