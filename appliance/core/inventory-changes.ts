/** What changed between two inventories of one host: part by part, by one rule for all kinds. Pure. */
import type { Inventory } from "../../agent/wire/inventory.ts";
import { describePart, type Part, partsOf } from "./inventory-parts.ts";
import { type InventoryChange, PART_KINDS, type PartKind } from "./views.ts";

/** A change with the parts that it is about: what a note is matched with. */
export interface Change extends InventoryChange {
  readonly parts: readonly Part[];
}

/** Two inventories compared. */
export interface Comparison {
  /** The kinds of parts that both measured. */
  readonly kinds: readonly PartKind[];
  /** The parts of both, of the kinds that could be compared; the changes refer to the same objects. */
  readonly before: readonly Part[];
  readonly after: readonly Part[];
  readonly changes: readonly Change[];
  /** Kinds of parts that one of the inventories did not measure, with the probe that is to blame. */
  readonly notCompared: readonly string[];
}

/** The probe without which nothing is known of a kind of part: its silence must not look like parts that are gone. */
const ESSENTIAL: Record<PartKind, string> = {
  board: "dmidecode",
  system: "dmidecode",
  cpu: "dmidecode",
  dimm: "dmidecode",
  disk: "lsblk",
  nic: "sysfs",
  pci: "lspci",
  gpu: "lspci",
  psu: "ipmitool",
  fan: "ipmitool",
  bmc: "ipmitool",
  firmware: "dmidecode",
};

/**
 * How two parts of one kind may be one, surest first: parts that share a key are, and each is paired once. A key is null where the rule says nothing of the
 * part. Keys and not comparisons, because a server may claim to have as many parts as its message holds.
 */
const RULES: readonly {
  readonly keyOf: (part: Part) => string | null;
  /** Two serials that differ tell two pieces apart, whatever else is the same. */
  readonly serialsDecide: boolean;
}[] = [
  { keyOf: ({ identity }) => identity, serialsDecide: false },
  // The same model in the same place.
  { keyOf: ({ place, model }) => (place === null ? null : `${place.name}\n${model}`), serialsDecide: true },
  // Buses were numbered anew: the address says nothing, the model does.
  { keyOf: ({ place, model }) => (place?.volatile === true ? `${model}` : null), serialsDecide: true },
  { keyOf: ({ place }) => place?.name ?? null, serialsDecide: false },
];

const areOthers = (a: Part, b: Part): boolean =>
  a.identity !== null && b.identity !== null && a.identity !== b.identity;

/** Takes the first part that is still free from one of these shelves. */
const take = (shelves: readonly (Part[] | undefined)[]): Part | undefined =>
  shelves.find((shelf) => shelf !== undefined && shelf.length > 0)?.pop();

/** Pairs parts that are one, or that sit where the other sat. */
const pair = (before: readonly Part[], after: readonly Part[]) => {
  let gone = before;
  const come = new Set(after);
  const pairs: (readonly [Part, Part])[] = [];
  for (const { keyOf, serialsDecide } of RULES) {
    // In reverse, so that taking from the end takes the first.
    const free = [...come].reverse().filter((part) => keyOf(part) !== null);
    const nameless = Map.groupBy(
      free.filter(({ identity }) => identity === null),
      keyOf,
    );
    const named = Map.groupBy(
      free.filter(({ identity }) => identity !== null),
      keyOf,
    );
    gone = gone.filter((old) => {
      const key = keyOf(old);
      // Parts of one serial were paired by the first rule: what is left and has one has another.
      const mayBeNamed = !serialsDecide || old.identity === null;
      const found = key === null ? undefined : take([mayBeNamed ? named.get(key) : undefined, nameless.get(key)]);
      if (found === undefined) return true;
      come.delete(found);
      pairs.push([old, found]);
      return false;
    });
  }
  return { pairs, gone, come: [...come] };
};

/** A bus number changes when another card comes or goes; within one bus, another device number is another slot. */
const hasMoved = ({ place: before }: Part, { place: after }: Part): boolean => {
  if (before === null || after === null || before.volatile !== after.volatile || before.name === after.name)
    return false;
  const busOf = (name: string): string => name.slice(0, name.lastIndexOf(":"));
  return !before.volatile || busOf(before.name) === busOf(after.name);
};

const changed = (old: Part, now: Part, what: string, before: string, after: string): Change => ({
  ...{ part: now.kind, kind: "changed", where: now.where, what, before, after },
  parts: [old, now],
});

/** What one pair of parts tells. A fact that only one inventory has is no change: the other did not measure it. */
const changesOfPair = ([old, now]: readonly [Part, Part]): readonly Change[] => {
  const isOther = areOthers(old, now) || (old.model !== null && now.model !== null && old.model !== now.model);
  if (isOther)
    return [
      {
        ...{ part: now.kind, kind: "replaced", where: now.where, what: null },
        ...{ before: describePart(old), after: describePart(now), parts: [old, now] },
      },
    ];
  const moved = hasMoved(old, now) ? [changed(old, now, "place", old.place?.name ?? "", now.place?.name ?? "")] : [];
  const fields = Object.entries(old.fields).flatMap(([what, before]) => {
    const after = now.fields[what];
    return before === undefined || after === undefined || before === after
      ? []
      : [changed(old, now, what, before, after)];
  });
  return [...moved, ...fields];
};

const lone = (part: Part, kind: "added" | "removed"): Change => ({
  ...{ part: part.kind, kind, where: part.where, what: null },
  before: kind === "removed" ? describePart(part) : null,
  after: kind === "added" ? describePart(part) : null,
  parts: [part],
});

const changesOfKind = (kind: PartKind, before: readonly Part[], after: readonly Part[]): readonly Change[] => {
  const { pairs, gone, come } = pair(before, after);
  const told = pairs.flatMap(changesOfPair);
  // The firmware of a part that came or went is told with the part; what is always there can only be measured or not.
  if (kind === "firmware" || kind === "board" || kind === "system") return told;
  return [...told, ...gone.map((part) => lone(part, "removed")), ...come.map((part) => lone(part, "added"))];
};

/** Why a kind of part cannot be compared; null when it can. A device that is absent is an answer; a tool that hung, or that nobody asked, is none. */
const whyNot = (kind: PartKind, runs: Readonly<Record<"the previous" | "this", Inventory>>): string | null => {
  const reports = Object.entries(runs).map(([run, { probes }]) => ({
    run,
    report: probes.find((one) => one.probe === ESSENTIAL[kind]),
  }));
  if (reports.every(({ report }) => report === undefined)) return null;
  const silent = reports.find(({ report }) => report?.status !== "ok" && report?.status !== "device-absent");
  if (silent === undefined) return null;
  return `${ESSENTIAL[kind]} of ${silent.run} run: ${silent.report?.reason ?? silent.report?.status ?? "not asked"}`;
};

/** All changes from one inventory to the next, in the order of the kinds. */
export const diffInventories = (before: Inventory, after: Inventory): Comparison => {
  const whys = PART_KINDS.map((kind) => ({ kind, why: whyNot(kind, { "the previous": before, this: after }) }));
  const compared = whys
    .filter(({ why }) => why === null)
    .map(({ kind }) => ({ kind, old: partsOf(kind, before.hardware), now: partsOf(kind, after.hardware) }));
  return {
    kinds: compared.map(({ kind }) => kind),
    before: compared.flatMap(({ old }) => old),
    after: compared.flatMap(({ now }) => now),
    changes: compared.flatMap(({ kind, old, now }) => changesOfKind(kind, old, now)),
    notCompared: [...new Set(whys.map(({ why }) => why).filter((why) => why !== null))],
  };
};
