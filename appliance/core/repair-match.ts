/**
 * The changes of a server held against the note of its repair: which were announced, which were not, and what was announced and did not happen. Pure.
 *
 * A change is expected when a claim of the note names its part and its action explains the kind of change (`EXPLAINS`), or when it follows from a
 * claim (`IMPLIES`). A part that is gone is expected to be replaced only if another came for it. Everything else is unexpected.
 */
import type { Change, Comparison } from "./inventory-changes.ts";
import type { Part } from "./inventory-parts.ts";
import { type Action, type Claim, type ClaimKind, readClaims } from "./repair-claims.ts";
import { namedBy } from "./repair-names.ts";
import { missedBy, type Named } from "./repair-warnings.ts";
import { type ChangeKind, PART_KINDS, type PartKind } from "./views.ts";

/** A note held against changes. */
export interface RepairMatch {
  readonly expected: readonly Change[];
  readonly unexpected: readonly Change[];
  /** One sentence for each thing that was announced and is not seen. */
  readonly warnings: readonly string[];
}

/** The kinds of change that each action explains. */
const EXPLAINS: Record<Action, readonly ChangeKind[]> = {
  replace: ["replaced", "added", "removed", "changed"],
  add: ["added", "replaced", "changed"],
  remove: ["removed"],
  move: ["added", "removed", "replaced", "changed"],
  update: ["changed", "added", "replaced"], // "memory upgraded" adds or replaces modules
  reseat: ["added", "changed"], // a part that made contact again
};

/** Settings of the firmware, which its update or its reset may change. */
const SETTINGS: ReadonlySet<string | null> = new Set(["threads per core", "enabled cores", "ECC"]);
const CABLING: ReadonlySet<string | null> = new Set(["link", "link speed", "cable", "transceiver"]);

/** Whose firmware a component of the firmware list is: `disk S6PW1234`. */
const OWNERS: readonly (readonly [RegExp, ClaimKind])[] = [
  [/^BIOS/, "bios"],
  [/^CPU/, "cpu"],
  [/^BMC/, "bmc"],
  [/^disk/, "disk"],
  [/^NIC/, "nic"],
  [/^GPU/, "gpu"],
];
const ownerOf = ({ where }: Change): ClaimKind | undefined => OWNERS.find(([start]) => start.test(where))?.[1];

const isFirmware = (change: Change): boolean => change.part === "firmware";
const isOnboard = (change: Change): boolean => change.parts.every((part) => part.onboard);

/** What follows from a claim besides the part itself. */
const IMPLIES: { readonly [Kind in ClaimKind]?: (change: Change, claim: Claim) => boolean } = {
  // Another board brings its own serials, firmware, management controller, and the ports that are soldered to it.
  board: (change) =>
    isOnboard(change) || (isFirmware(change) && ["bios", "bmc", "cpu"].includes(ownerOf(change) ?? "")),
  // The firmware of the board carries microcode and holds the settings.
  bios: (change) =>
    (isFirmware(change) && ["bios", "cpu"].includes(ownerOf(change) ?? "")) ||
    SETTINGS.has(change.what) ||
    (change.part === "dimm" && change.what === "speed"),
  cpu: (change) => isFirmware(change) && ownerOf(change) === "cpu",
  // All modules run at the speed of the slowest.
  dimm: (change, { action }) => change.part === "dimm" && change.what === "speed" && action !== "reseat",
  bmc: (change, { action }) => isFirmware(change) && ownerOf(change) === "bmc" && action !== "reseat",
  cable: (change) => change.part === "nic" && CABLING.has(change.what),
};

/** What people call a card, the inventory may list as a port or a GPU. */
const KINDS_OF: { readonly [Kind in ClaimKind]?: readonly PartKind[] } = {
  pci: ["pci", "nic", "gpu"],
  cable: ["nic"],
  bios: [],
};
const partKinds = ({ kinds }: Claim): readonly PartKind[] =>
  kinds.length === 0 ? PART_KINDS : kinds.flatMap((kind) => KINDS_OF[kind] ?? PART_KINDS.filter((one) => one === kind));

/** The parts that a claim names, by its words; null when it names kinds alone, that is all their parts. */
const namedIn = (claim: Claim, { before, after }: Comparison): Named | null => {
  const kinds = partKinds(claim);
  const candidates = [...before, ...after].filter((part) => kinds.includes(part.kind) && part.kind !== "firmware");
  if (claim.places.length + claim.sources.length === 0 || claim.kinds.includes("bios")) return null;
  const named = { places: find(claim.places, candidates), sources: find(claim.sources, candidates) };
  // Where nothing says in which bay a disk is, "disk 3" can only mean a disk.
  const placeless = candidates.every((part) => part.place === null || part.place.volatile);
  return placeless && candidates.length > 0 && claim.kinds.length > 0 && partsNamed(named).size === 0 ? null : named;
};

const find = (words: readonly string[], candidates: readonly Part[]): Named["places"] =>
  words.map((word) => ({ word, parts: namedBy(word, candidates) }));

const partsNamed = ({ places, sources }: Named): ReadonlySet<Part> =>
  new Set([...places, ...sources].flatMap(({ parts }) => parts));

/** Firmware that a claim is about: `disk firmware`, or the update of a part. */
const isClaimedFirmware = (change: Change, claim: Claim, named: Named | null): boolean => {
  if (!isFirmware(change) || !(claim.firmware || claim.action === "update")) return false;
  const owner = ownerOf(change);
  if (claim.kinds.length > 0 && (owner === undefined || !claim.kinds.includes(owner))) return false;
  const parts = named === null ? [] : [...partsNamed(named)];
  return parts.length === 0 || parts.some(({ identity }) => identity !== null && change.where.endsWith(identity));
};

/** A part that is gone is replaced only if another came for it, in a place that nobody can know beforehand. */
const withSuccessors = (changes: readonly Change[], all: readonly Change[], claim: Claim): readonly Change[] => {
  if (claim.action !== "replace") return changes;
  const gone = changes.filter((change) => change.kind === "removed");
  const kinds = new Set(gone.map(({ part }) => part));
  const rest = new Set(changes.filter((change) => change.kind !== "removed"));
  const come = all.filter(
    (change) =>
      change.kind === "added" &&
      kinds.has(change.part) &&
      (rest.has(change) || change.parts.every((part) => part.place === null || part.place.volatile)),
  );
  const replaced = come.slice(0, gone.length);
  return [...new Set([...rest, ...replaced, ...gone.slice(0, replaced.length)])];
};

/** The changes that one claim explains. */
const explainedBy = (claim: Claim, comparison: Comparison): readonly Change[] => {
  const { changes } = comparison;
  const named = namedIn(claim, comparison);
  const kinds = claim.kinds.length === 0 ? [] : partKinds(claim);
  const parts = named === null ? null : partsNamed(named);
  const isNamed = (change: Change): boolean =>
    parts === null ? kinds.includes(change.part) : change.parts.some((part) => parts.has(part));
  const direct = claim.firmware
    ? []
    : changes.filter(
        (change) =>
          !isFirmware(change) && EXPLAINS[claim.action].includes(change.kind) && isNamed(change) && fits(claim, change),
      );
  const implied = changes.filter(
    (change) =>
      isClaimedFirmware(change, claim, named) ||
      (!claim.firmware && claim.kinds.some((kind) => IMPLIES[kind]?.(change, claim) === true)),
  );
  return [...withSuccessors(direct, changes, claim), ...implied];
};

/** A reseated part is where it was, and a new cable is no new port. */
const fits = ({ action, kinds }: Claim, change: Change): boolean => {
  if (action === "reseat" && change.what === "place") return false;
  return !(kinds.length === 1 && kinds[0] === "cable") || CABLING.has(change.what);
};

/** Whether the board that was said to be replaced is seen to be the same: then nothing follows from it. */
const isSameBoard = ({ before, after, changes }: Comparison): boolean => {
  const boardOf = (parts: readonly Part[]) => parts.find((part) => part.kind === "board")?.identity ?? null;
  if (changes.some((change) => change.part === "board" || (change.part === "system" && change.what === "UUID")))
    return false;
  return boardOf(before) !== null && boardOf(before) === boardOf(after);
};

/** Splits the changes of a comparison by a note. */
export const matchRepair = (note: string, comparison: Comparison): RepairMatch => {
  const { changes } = comparison;
  const claims = readClaims(note);
  const expected = new Set(
    claims
      .filter((claim) => !(claim.kinds.includes("board") && isSameBoard(comparison)))
      .flatMap((claim) => explainedBy(claim, comparison)),
  );
  return {
    expected: changes.filter((change) => expected.has(change)),
    unexpected: changes.filter((change) => !expected.has(change)),
    warnings: [...new Set(claims.flatMap((claim) => missedBy(claim, namedIn(claim, comparison), comparison)))],
  };
};
