/** Expected memory against found: by the modules where the firmware names them, else by what the kernel sees. Pure. */
import type { DimmFacts } from "../../agent/wire/hardware/board.ts";
import type { Inventory } from "../../agent/wire/inventory.ts";
import type { Spec } from "./spec.ts";
import { type DifferenceCode, differ, notMeasured } from "./spec-difference.ts";
import type { Difference } from "./views.ts";
import { renderMemory } from "./words.ts";

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

/** Two sizes in words that tell them apart: in bytes where the rounded words would be the same. */
const inWords = (expected: number, found: number): { readonly expected: string; readonly found: string } => {
  const words = { expected: renderMemory(expected), found: renderMemory(found) };
  return words.expected === words.found ? { expected: `${expected} bytes`, found: `${found} bytes` } : words;
};

const named = (slots: readonly string[]): string => {
  const more = slots.length - MAX_NAMED_SLOTS;
  return `${slots.slice(0, MAX_NAMED_SLOTS).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
};

const emptySlots = (dimms: readonly DimmFacts[]): readonly string[] =>
  dimms.filter((dimm) => !dimm.populated).map((dimm) => dimm.slot);

/** Modules that are smaller than the largest, with their sizes: where memory is short and no slot is empty, one of these is the wrong one. */
const smallerModules = (dimms: readonly DimmFacts[]): readonly string[] => {
  const largest = Math.max(0, ...dimms.map((dimm) => dimm.sizeBytes ?? 0));
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

/** Sum of the modules; undefined when one that is there does not tell its size. */
const installedBytesOf = ({ hardware: { memory } }: Inventory): number | undefined =>
  memory.dimms.some((dimm) => dimm.populated && dimm.sizeBytes === undefined) ? undefined : memory.installedBytes;

const totalDiffers = (code: DifferenceCode, wanted: number, foundBytes: number, inventory: Inventory): Difference => {
  const { expected, found } = inWords(wanted, foundBytes);
  const short = code === "memory-less";
  return differ(code, {
    component: short ? componentOf(inventory.hardware.memory.dimms) : "memory",
    expected,
    found,
    said: `Memory is ${found}, not ${expected}.${short ? ` ${suspects(inventory.hardware.memory.dimms)}`.trimEnd() : ""}`,
  });
};

const diffInstalled = (wanted: number, installedBytes: number, inventory: Inventory): readonly Difference[] => {
  const { visibleBytes } = inventory.hardware.memory;
  if (installedBytes !== wanted)
    return [totalDiffers(installedBytes < wanted ? "memory-less" : "memory-more", wanted, installedBytes, inventory)];
  if (visibleBytes === undefined || visibleBytes >= leastVisible(installedBytes)) return [];
  const { expected, found } = inWords(installedBytes, visibleBytes);
  const said = `All ${expected} are installed, but the kernel sees only ${found}.`;
  return [differ("memory-unusable", { component: "memory", expected, found, said })];
};

const diffVisible = (wanted: number, visibleBytes: number, inventory: Inventory): Difference => {
  if (visibleBytes < leastVisible(wanted)) return totalDiffers("memory-less", wanted, visibleBytes, inventory);
  if (visibleBytes > wanted) return totalDiffers("memory-more", wanted, visibleBytes, inventory);
  const { expected, found } = inWords(wanted, visibleBytes);
  const said = `The modules could not be read; the ${found} that the kernel sees fit the ${expected} expected.`;
  return differ("memory-estimated", { component: "memory", expected, found, said });
};

const diffTotal = (wanted: number, inventory: Inventory): readonly Difference[] => {
  const installedBytes = installedBytesOf(inventory);
  const { visibleBytes } = inventory.hardware.memory;
  if (installedBytes !== undefined) return diffInstalled(wanted, installedBytes, inventory);
  if (visibleBytes !== undefined) return [diffVisible(wanted, visibleBytes, inventory)];
  return [notMeasured(inventory, "dmidecode", "memory", renderMemory(wanted))];
};

const diffDimms = (wanted: number, inventory: Inventory): readonly Difference[] => {
  const { slotCount, populatedCount, dimms } = inventory.hardware.memory;
  const expected = `${wanted} modules`;
  if (slotCount === 0) return [notMeasured(inventory, "dmidecode", "memory", expected)];
  if (populatedCount === wanted) return [];
  const found = `${populatedCount} modules`;
  const fewer = populatedCount < wanted;
  return [
    differ(fewer ? "dimms-fewer" : "dimms-more", {
      component: fewer ? componentOf(dimms) : "memory",
      expected,
      found,
      said: `The number of memory modules is ${populatedCount}, not ${wanted}.${fewer ? ` ${suspects(dimms)}`.trimEnd() : ""}`,
    }),
  ];
};

/** Differences of memory: its total, and the number of its modules. */
export const diffMemory = (wanted: NonNullable<Spec["memory"]>, inventory: Inventory): readonly Difference[] => [
  ...(wanted.totalBytes === undefined ? [] : diffTotal(wanted.totalBytes, inventory)),
  ...(wanted.dimms === undefined ? [] : diffDimms(wanted.dimms, inventory)),
];
