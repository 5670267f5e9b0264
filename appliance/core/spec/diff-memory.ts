/**
 * Expected memory against found: by slots and modules where the spec names them, by total and number otherwise. Pure.
 *
 * One missing module shows in its slot, in the number of modules and in their sum. It is one difference: the most particular is told, and what it explains is not.
 */
import type { DimmFacts } from "../../../agent/wire/hardware/board.ts";
import type { Inventory } from "../../../agent/wire/inventory.ts";
import type { Severity } from "../../../agent/wire/names.ts";
import type { Difference } from "../views.ts";
import { renderMemory } from "../words.ts";
import { diffGroup } from "./diff-group.ts";
import { diffList } from "./diff-list.ts";
import { diffSlots, unreadable, unreadableSlots } from "./diff-slots.ts";
import { bySeverity, type DifferenceCode, differ, notMeasured } from "./difference.ts";
import type { ListSection } from "./lists.ts";
import { MEMORY, MODULE } from "./sections.ts";
import type { Entry, MemorySpec } from "./spec.ts";
import { isLess, isWanted, type Want } from "./want.ts";

const GIB = 2 ** 30;
const MAX_NAMED_SLOTS = 8;

/**
 * Share of the installed memory that kernel and firmware may keep for themselves; rows up to a size, the last for all above.
 * Field practice: Canonical's Checkbox, `memory_compare.py`.
 */
const KERNEL_RESERVE: readonly (readonly [upToBytes: number, share: number])[] = [
  [2 * GIB, 0.25],
  [6 * GIB, 0.2],
  [8 * GIB, 0.15],
  [16 * GIB, 0.12],
  [Number.POSITIVE_INFINITY, 0.1],
];

const leastVisible = (installedBytes: number): number => {
  const [, share] = KERNEL_RESERVE.find(([upToBytes]) => installedBytes <= upToBytes) ?? [0, 0];
  return installedBytes * (1 - share);
};

/** A found size in words that tell it from what is wanted: in bytes where the rounded words would be the same. */
const tellApart = (want: Want, foundBytes: number): { readonly expected: string; readonly found: string } => {
  const [only] = want.any;
  const expected =
    want.any.length === 1 && only?.form === "range" && only.least === only.most ? renderMemory(only.least) : want.words;
  const found = renderMemory(foundBytes);
  return expected === found && only?.form === "range"
    ? { expected: `${only.least} bytes`, found: `${foundBytes} bytes` }
    : { expected, found };
};

const named = (slots: readonly string[]): string => {
  const more = slots.length - MAX_NAMED_SLOTS;
  return `${slots.slice(0, MAX_NAMED_SLOTS).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
};

const emptySlots = (dimms: readonly DimmFacts[]): readonly string[] =>
  dimms.filter((dimm) => !dimm.populated).map((dimm) => dimm.slot);

/** Modules that are smaller than the largest, with their sizes: where memory is short and no slot is empty, one of these is the wrong one. */
const smallerModules = (dimms: readonly DimmFacts[]): readonly string[] => {
  const largest = dimms.reduce((most, { sizeBytes }) => Math.max(most, sizeBytes ?? 0), 0);
  return dimms
    .filter((dimm) => dimm.sizeBytes !== undefined && dimm.sizeBytes < largest)
    .map((dimm) => `${dimm.slot} (${renderMemory(dimm.sizeBytes ?? 0)})`);
};

/** Where to look when memory is short. */
const suspects = (dimms: readonly DimmFacts[]): string => {
  const empty = emptySlots(dimms);
  if (empty.length > 0)
    return `${empty.length === 1 ? "Slot" : "Slots"} ${named(empty)} ${empty.length === 1 ? "is" : "are"} empty.`;
  const smaller = smallerModules(dimms);
  return smaller.length > 0
    ? `No slot is empty, but these modules are smaller than the others: ${named(smaller)}.`
    : "";
};

/** A single empty slot is the component; several are for the message. */
const componentOf = (dimms: readonly DimmFacts[]): string => {
  const [only, ...others] = emptySlots(dimms);
  return only !== undefined && others.length === 0 ? `slot ${only}` : "memory";
};

/** What is compared: the found figures and the spec's own severity. */
interface Totals {
  readonly wanted: MemorySpec;
  readonly inventory: Inventory;
  readonly severity: Severity | undefined;
}

const totalDiffers = ({ inventory, severity }: Totals, want: Want, foundBytes: number): Difference => {
  const { dimms } = inventory.hardware.memory;
  const short = isLess(want, foundBytes);
  const code: DifferenceCode = short ? "memory-less" : "memory-more";
  const { expected, found } = tellApart(want, foundBytes);
  const said = `Memory is ${found}, not ${expected}.${short ? ` ${suspects(dimms)}`.trimEnd() : ""}`;
  return differ(
    code,
    { component: short ? componentOf(dimms) : "memory", expected, found, said },
    want.severity ?? severity,
  );
};

const diffUnusable = (
  { severity }: Totals,
  installedBytes: number,
  visibleBytes: number | undefined,
): readonly Difference[] => {
  if (visibleBytes === undefined || visibleBytes >= leastVisible(installedBytes)) return [];
  const [expected, found] = [renderMemory(installedBytes), renderMemory(visibleBytes)];
  const said = `All ${expected} are installed, but the kernel sees only ${found}.`;
  return [differ("memory-unusable", { component: "memory", expected, found, said }, severity)];
};

/** By what the kernel sees, where no module tells its size. */
const diffVisible = (totals: Totals, want: Want, visibleBytes: number): readonly Difference[] => {
  const least = Math.min(...want.any.map((accept) => (accept.form === "range" ? accept.least : 0)));
  if (visibleBytes < leastVisible(least)) return [totalDiffers(totals, want, visibleBytes)];
  if (!isLess(want, visibleBytes) && !isWanted(want, visibleBytes)) return [totalDiffers(totals, want, visibleBytes)];
  const { expected, found } = tellApart(want, visibleBytes);
  const said = `The modules could not be read; the ${found} that the kernel sees fit the ${expected} expected.`;
  return [differ("memory-estimated", { component: "memory", expected, found, said })];
};

const diffTotal = (totals: Totals, want: Want): readonly Difference[] => {
  const { installedBytes, visibleBytes, dimms } = totals.inventory.hardware.memory;
  const told = dimms.some((dimm) => dimm.populated && dimm.sizeBytes !== undefined);
  if (installedBytes !== undefined && (told || dimms.length === 0))
    return isWanted(want, installedBytes)
      ? diffUnusable(totals, installedBytes, visibleBytes)
      : [totalDiffers(totals, want, installedBytes)];
  if (visibleBytes !== undefined) return diffVisible(totals, want, visibleBytes);
  return [notMeasured(totals.inventory, "dmidecode", "memory", want.words, want.severity ?? totals.severity)];
};

const diffCount = ({ inventory, severity }: Totals, want: Want): readonly Difference[] => {
  const { slotCount, populatedCount, dimms } = inventory.hardware.memory;
  const expected = `${want.words} modules`;
  if (slotCount === 0) return [notMeasured(inventory, "dmidecode", "memory", expected, want.severity ?? severity)];
  if (isWanted(want, populatedCount)) return [];
  const fewer = isLess(want, populatedCount);
  const found = `${populatedCount} modules`;
  const said = `The number of memory modules is ${populatedCount}, not ${want.words}.${fewer ? ` ${suspects(dimms)}`.trimEnd() : ""}`;
  const component = fewer ? componentOf(dimms) : "memory";
  return [
    differ(fewer ? "dimms-fewer" : "dimms-more", { component, expected, found, said }, want.severity ?? severity),
  ];
};

/** Total and number together: what one module explains is told once. */
const diffTotals = (totals: Totals): readonly Difference[] => {
  const { wanted, inventory, severity } = totals;
  if (wanted.total === undefined && wanted.dimms === undefined) return [];
  const count = wanted.dimms === undefined ? [] : diffCount(totals, wanted.dimms);
  const silent = unreadableSlots(inventory);
  // What such a module holds is unknown, so a sum says nothing; how many there are is known.
  if (silent.length > 0) return [...silent.map((slot) => unreadable(slot, severity)), ...count];
  const total = wanted.total === undefined ? [] : diffTotal(totals, wanted.total);
  const [first] = total;
  const sameCause =
    (first?.code === "memory-less" && count[0]?.code === "dimms-fewer") ||
    (first?.code === "memory-more" && count[0]?.code === "dimms-more");
  if (!sameCause || first === undefined) return [...total, ...count];
  return count.map((one) => ({
    ...one,
    expected: `${first.expected} in ${one.expected}`,
    found: `${first.found} in ${one.found}`,
    message: `Memory is ${first.found}, not ${first.expected}. ${one.message}`,
  }));
};

/** The modules as a multiset: which slot each is in does not matter. */
const MODULES: ListSection<DimmFacts> = {
  fields: MODULE,
  identities: [],
  unique: [],
  noun: ["memory module", "memory modules"],
  probe: "dmidecode",
  parts: ({ memory }) => memory.dimms.filter((dimm) => dimm.populated),
  name: (dimm) => `slot ${dimm.slot}`,
  describe: (dimm) => (dimm.sizeBytes === undefined ? "no size" : renderMemory(dimm.sizeBytes)),
  missing: "dimms-fewer",
  fewer: "dimms-fewer",
  unexpected: "dimm-unexpected",
};

const diffModules = (entries: readonly Entry[], inventory: Inventory): readonly Difference[] => {
  const { dimms } = inventory.hardware.memory;
  const where = suspects(dimms);
  return diffList(MODULES, entries, inventory).map((one) =>
    one.code === MODULES.fewer && one.component === MODULES.noun[1] && where !== ""
      ? { ...one, component: componentOf(dimms), message: `${where} ${one.message}` }
      : one,
  );
};

/** What a looser expectation says again. */
const EXPLAINS: ReadonlySet<string> = new Set<DifferenceCode>([
  "dimm-missing",
  "dimm-unreadable",
  "dimm-unexpected",
  "dimm-size",
  "dimms-fewer",
  "not-measured",
]);

/** What is told and, of what is looser, that which the told does not explain. A grave difference is never explained by a lesser one. */
const unlessExplained = (told: readonly Difference[], looser: readonly Difference[]): readonly Difference[] => {
  const [gravest] = told.filter(({ code }) => EXPLAINS.has(code)).toSorted(bySeverity);
  return [...told, ...looser.filter((one) => gravest === undefined || bySeverity(one, gravest) < 0)];
};

/** An entry's severity goes before the memory's own. */
const inherit = (severity: Severity | undefined, entries: readonly Entry[]): readonly Entry[] =>
  severity === undefined ? entries : entries.map((entry) => ({ severity, ...entry }));

/** Differences of memory: by slot, then whichever the slot, then in sum. */
export const diffMemory = (wanted: MemorySpec, inventory: Inventory): readonly Difference[] => {
  const { slots, modules, severity } = wanted;
  const bySlot = slots === undefined ? [] : diffSlots(slots, inventory, severity);
  const alike = modules === undefined ? [] : diffModules(inherit(severity, modules), inventory);
  const inSum = diffTotals({ wanted, inventory, severity });
  return [
    ...unlessExplained(unlessExplained(bySlot, alike), inSum),
    ...diffGroup(MEMORY, wanted, { part: inventory.hardware.memory, component: "memory", inventory }),
  ];
};
