/** A list of expected parts against what was found: parts by identity, the rest as a multiset. Pure. */
import type { Inventory } from "../../../agent/wire/inventory.ts";
import type { Difference } from "../views.ts";
import { describeGroup, diffGroup } from "./diff-group.ts";
import { differ, notMeasured, severityOf } from "./difference.ts";
import type { ListSection } from "./lists.ts";
import {
  type Filled,
  nearestTo,
  pairStrangers,
  type Seat,
  seatByIdentity,
  seatChanged,
  seatGroups,
  surplusOf,
} from "./seat.ts";
import type { Entry } from "./spec.ts";
import { textWanted } from "./want.ts";

/** Parts that a sentence names. */
const MAX_NAMED = 8;

const identityWords = <Part>({ fields }: ListSection<Part>, entry: Entry): string => {
  const key = entry.identity ?? "";
  const words = textWanted(entry.wants[key]) ?? "";
  return ["serial", "mac", "uuid", "wwn", "name"].includes(key) ? words : `${fields[key]?.label ?? key} ${words}`;
};

const diffMissing = <Part>(section: ListSection<Part>, entry: Entry, stranger: Part | undefined): Difference => {
  const identity = identityWords(section, entry);
  const [one] = section.noun;
  const { [entry.identity ?? ""]: _, ...rest } = entry.wants;
  const details = describeGroup(section.fields, { wants: rest });
  const component = `${one === "network interface" ? "NIC" : one} ${identity}`;
  const expected = ["present", details].filter((words) => words !== "").join(", ");
  const missing = `The ${one} ${identity} is missing`;
  if (stranger === undefined || section.swapped === undefined)
    return differ(section.missing, { component, expected, found: "absent", said: `${missing}.` }, entry.severity);
  const found = section.describe(stranger);
  const said = `${missing}, while an unknown one is present (${section.name(stranger)}: ${found}): swapped?`;
  return differ(section.swapped, { component, expected, found, said }, entry.severity);
};

/** How a part is not what a group wants. */
const wrongWords = <Part>(
  { fields, name }: ListSection<Part>,
  { wants }: Entry,
  { part, wrong }: { readonly part: Part; readonly wrong: readonly string[] },
  inventory: Inventory,
): string => {
  const only = Object.fromEntries(wrong.flatMap((key) => (wants[key] === undefined ? [] : [[key, wants[key]]])));
  return diffGroup(fields, { wants: only }, { part, component: name(part), inventory })
    .map(({ expected, found }) => `${found} where ${expected} is wanted`)
    .join(", ");
};

const diffShort = <Part>(
  section: ListSection<Part>,
  { entry, got }: Filled,
  free: ReadonlySet<Part>,
  inventory: Inventory,
): readonly Difference[] => {
  if (got >= entry.count) return [];
  const { fields, noun, fewer, name, describe } = section;
  const wanted = describeGroup(fields, entry);
  const near = nearestTo(section, entry, free);
  const why =
    near === undefined
      ? ""
      : ` Nearest is ${name(near.part)} (${describe(near.part)}): ${wrongWords(section, entry, near, inventory)}.`;
  const [one, many] = noun;
  const expected = `${entry.count} ${entry.count === 1 ? one : many}${wanted === "" ? "" : ` (${wanted})`}`;
  const said = `${got} of ${expected} ${got === 1 ? "is" : "are"} there.${why}`;
  const component = near === undefined ? many : name(near.part);
  return [differ(fewer, { component, expected, found: `${got}`, said }, entry.severity)];
};

const diffUnexpected = <Part>(section: ListSection<Part>, part: Part): readonly Difference[] => {
  if (section.unexpected === undefined) return [];
  const found = section.describe(part);
  const said = `The spec does not name this ${section.noun[0]}: ${found}.`;
  return [differ(section.unexpected, { component: section.name(part), expected: "absent", found, said })];
};

/** More of a group than it wants, in a list that need not be whole. Where it must be, each of them is unexpected. */
const diffSurplus = <Part>(section: ListSection<Part>, filled: Filled, free: Set<Part>): readonly Difference[] => {
  const { more, fields, noun } = section;
  const surplus = more === undefined ? [] : surplusOf(section, filled, free);
  if (more === undefined || surplus.length === 0) return [];
  for (const part of surplus) free.delete(part);
  const { entry } = filled;
  const [one, many] = noun;
  const expected = `${entry.count} ${entry.count === 1 ? one : many} (${describeGroup(fields, entry)})`;
  const found = `${entry.count + surplus.length}`;
  const said = `There are ${found} in place of ${expected}.`;
  return [differ(more, { component: many, expected, found, said }, entry.severity)];
};

/** Parts that give the same identity as one that has its seat: two paths to one disk. They are not unexpected besides. */
const diffTwice = <Part>(
  section: ListSection<Part>,
  { entry, part, others }: Seat<Part> & { readonly others: readonly Part[] },
  free: Set<Part>,
): readonly Difference[] => {
  const { twice, unique, noun } = section;
  const key = entry.identity;
  if (part === undefined || twice === undefined || key === null || !unique.includes(key)) return [];
  const left = others.filter((one) => free.delete(one));
  if (left.length === 0) return [];
  const all = [part, ...left];
  const found = all.slice(0, MAX_NAMED).map(section.describe).join("; ");
  const said = `${all.length} ${noun[1]} (${found}) give the ${key} ${identityWords(section, entry)}.`;
  return [differ(twice, { component: section.name(part), expected: `one ${noun[0]}`, found, said })];
};

/** Whether nothing at all was found because nothing could be looked at. */
const isUnseen = <Part>({ probe }: ListSection<Part>, found: readonly Part[], inventory: Inventory): boolean => {
  const report = inventory.probes.find((one) => one.probe === probe);
  return found.length === 0 && report !== undefined && report.status !== "ok" && report.status !== "device-absent";
};

/** Differences of one list. An empty list expects no part where the list is whole. */
export const diffList = <Part>(
  section: ListSection<Part>,
  entries: readonly Entry[],
  inventory: Inventory,
): readonly Difference[] => {
  const found = section.parts(inventory.hardware);
  if (isUnseen(section, found, inventory)) {
    const count = entries.reduce((sum, entry) => sum + entry.count, 0);
    const [one, many] = section.noun;
    const expected = `${count} ${count === 1 ? one : many}`;
    return [notMeasured(inventory, section.probe, many, expected, severityOf(section.missing))];
  }
  const free = new Set(found);
  const known = entries.filter(({ identity }) => identity !== null);
  const alike = entries.filter(({ identity }) => identity === null);
  const seats = seatByIdentity(section, known, free);
  const twice = seats.flatMap((seat) => diffTwice(section, seat, free));
  const { groups, seats: changed } = seatChanged(section, seatGroups(section, alike, free), free);
  const missing = seats.flatMap(({ entry, part }) => (part === undefined ? [entry] : []));
  const pairs = section.swapped === undefined ? new Map<Entry, Part>() : pairStrangers(section, missing, free);
  const more = groups.flatMap((group) => diffSurplus(section, group, free));
  return [
    ...missing.map((entry) => diffMissing(section, entry, pairs.get(entry))),
    ...groups.flatMap((group) => diffShort(section, group, free, inventory)),
    ...[...seats, ...changed].flatMap(({ entry, part }) =>
      part === undefined ? [] : diffGroup(section.fields, entry, { part, component: section.name(part), inventory }),
    ),
    ...twice,
    ...more,
    ...[...free].flatMap((part) => diffUnexpected(section, part)),
  ];
};
