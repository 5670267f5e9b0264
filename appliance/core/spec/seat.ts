/** Which part is which entry of a list: by identity, then as a multiset, then by all but what may change about a part. Pure. */
import { isWhole, valuesOf, wrongFields } from "./diff-group.ts";
import type { DifferenceCode } from "./difference.ts";
import type { Field } from "./field.ts";
import type { ListSection } from "./lists.ts";
import { fillGroups } from "./matching.ts";
import type { Entry } from "./spec.ts";
import { comparable, textWanted } from "./want.ts";

/** One wanted part: its entry, and what was found for it. */
export interface Seat<Part> {
  readonly entry: Entry;
  readonly part: Part | undefined;
}

/** How many parts without a seat are looked at one by one. No server has so many disks; what has more is not to be believed. */
export const MAX_STRANGERS = 256;

/** Parts by what they give as an identity. */
const indexBy = <Part>(
  field: Field<Part> | undefined,
  parts: ReadonlySet<Part>,
): ReadonlyMap<string, readonly Part[]> => {
  const index = new Map<string, Part[]>();
  if (field === undefined) return index;
  for (const part of parts)
    for (const value of valuesOf(field, part)) {
      const word = comparable(field.kind, value);
      const same = index.get(word);
      if (same === undefined) index.set(word, [part]);
      else same.push(part);
    }
  return index;
};

/** Gives each entry with an identity a part that has it, the one that differs least, and all others that have it, too. Parts are given once. */
export const seatByIdentity = <Part>(
  section: ListSection<Part>,
  entries: readonly Entry[],
  free: Set<Part>,
): readonly (Seat<Part> & { readonly others: readonly Part[] })[] => {
  const { fields } = section;
  const keys = new Set(entries.flatMap(({ identity }) => identity ?? []));
  const indexes = new Map([...keys].map((key) => [key, indexBy(fields[key], free)]));
  return entries.map((entry) => {
    const key = entry.identity ?? "";
    const word = comparable(fields[key]?.kind ?? "text", textWanted(entry.wants[key]) ?? "");
    const same = (indexes.get(key)?.get(word) ?? []).filter((part) => free.has(part));
    const [best] = same
      .slice(0, MAX_STRANGERS)
      .map((part) => ({ part, wrong: wrongFields(fields, entry, part).length }))
      .sort((a, b) => a.wrong - b.wrong);
    if (best !== undefined) free.delete(best.part);
    return { entry, part: best?.part, others: same.filter((part) => part !== best?.part) };
  });
};

/** A group, and how many of its places are filled. */
export interface Filled {
  readonly entry: Entry;
  readonly got: number;
}

/** Fills the groups so that as many places as possible have a part that is wholly right. */
export const seatGroups = <Part>(
  { fields }: ListSection<Part>,
  groups: readonly Entry[],
  free: Set<Part>,
): readonly Filled[] => {
  // Parts that are alike in all that any group asks are one kind: a server has many parts and few kinds.
  const asked = [...new Set(groups.flatMap(({ wants }) => Object.keys(wants)))];
  const kinds = [
    ...Map.groupBy(free, (part) =>
      JSON.stringify(asked.map((key) => [valuesOf(fields[key], part), fields[key]?.instead?.(part)])),
    ).values(),
  ];
  const shares = fillGroups(
    groups.map(({ count }) => count),
    kinds.map((parts) => {
      const [one] = parts;
      return {
        count: parts.length,
        suits: groups.flatMap((entry, g) => (one !== undefined && isWhole(fields, entry, one) ? [g] : [])),
      };
    }),
  );
  for (const [i, parts] of kinds.entries()) {
    const given = (shares[i] ?? []).reduce((sum, { count }) => sum + count, 0);
    for (const part of parts.slice(0, given)) free.delete(part);
  }
  const got = groups.map(() => 0);
  for (const { group, count } of shares.flat()) got[group] = (got[group] ?? 0) + count;
  return groups.map((entry, g) => ({ entry, got: got[g] ?? 0 }));
};

/** What may change about a part, which stays that part: its firmware, its place, its speed of the moment. */
const PASSING: ReadonlySet<DifferenceCode> = new Set([
  ...(["firmware-older", "firmware-other", "disk-place", "dimm-slower", "dimm-faster"] as const),
  ...(["nic-place", "nic-link-down", "nic-slower", "nic-neighbour", "pci-link", "pci-link-more"] as const),
]);

const isPassing = <Part>(field: Field<Part> | undefined): boolean => {
  if (field === undefined) return false;
  const { code } = field;
  return (typeof code === "string" ? [code] : [code.less, code.more]).every((one) => PASSING.has(one));
};

/** Fills what is left of the groups with parts that are not right in what may change about a part alone. At least one other thing has to be right. */
export const seatChanged = <Part>(
  { fields }: ListSection<Part>,
  groups: readonly Filled[],
  free: Set<Part>,
): { readonly groups: readonly Filled[]; readonly seats: readonly Required<Seat<Part>>[] } => {
  const seats: { readonly entry: Entry; readonly part: Part }[] = [];
  const filled = groups.map((group) => {
    const { entry, got } = group;
    const lasting = Object.keys(entry.wants).filter((key) => !isPassing(fields[key]));
    if (got >= entry.count || lasting.length === 0) return group;
    const changed = [...free]
      .slice(0, MAX_STRANGERS)
      .map((part) => ({ part, wrong: wrongFields(fields, entry, part) }))
      .filter(({ wrong }) => wrong.every((key) => !lasting.includes(key)))
      .sort((a, b) => a.wrong.length - b.wrong.length)
      .slice(0, entry.count - got);
    for (const { part } of changed) {
      free.delete(part);
      seats.push({ entry, part });
    }
    return { entry, got: got + changed.length };
  });
  return { groups: filled, seats };
};

/** Parts without a place that a full group would have taken. */
export const surplusOf = <Part>(
  { fields }: ListSection<Part>,
  { entry, got }: Filled,
  free: ReadonlySet<Part>,
): readonly Part[] =>
  got < entry.count || Object.keys(entry.wants).length === 0
    ? []
    : [...free].filter((part) => isWhole(fields, entry, part));

/** Gives each missing part its own stranger, the most alike first; a stranger explains one part only. */
export const pairStrangers = <Part>(
  { fields }: ListSection<Part>,
  missing: readonly Entry[],
  strangers: ReadonlySet<Part>,
): ReadonlyMap<Entry, Part> => {
  const free = new Set([...strangers].slice(0, MAX_STRANGERS));
  const pairs = new Map<Entry, Part>();
  const all = missing
    .flatMap((entry) => [...free].map((part) => ({ entry, part, wrong: wrongFields(fields, entry, part).length })))
    .sort((a, b) => a.wrong - b.wrong);
  for (const { entry, part } of all) if (!pairs.has(entry) && free.delete(part)) pairs.set(entry, part);
  return pairs;
};

/** A part without a place that is nearly what a group wants, and how it is not. */
export const nearestTo = <Part>(
  { fields }: ListSection<Part>,
  entry: Entry,
  free: ReadonlySet<Part>,
): { readonly part: Part; readonly wrong: readonly string[] } | undefined =>
  [...free]
    .slice(0, MAX_STRANGERS)
    .map((part) => ({ part, wrong: wrongFields(fields, entry, part) }))
    .filter(({ wrong }) => wrong.length < Object.keys(entry.wants).length)
    .sort((a, b) => a.wrong.length - b.wrong.length)[0];
