/** A list of expected parts against what was found: parts by identity, the rest as a multiset. Pure. */
import type { Inventory } from "../../../agent/wire/inventory.ts";
import type { Difference } from "../views.ts";
import { describeGroup, diffGroup, wrongFields } from "./diff-group.ts";
import { differ, notMeasured, severityOf } from "./difference.ts";
import type { Fields } from "./field.ts";
import type { ListSection } from "./lists.ts";
import { matchPlaces } from "./matching.ts";
import type { Entry } from "./spec.ts";

/** One wanted part: its entry, and what was found for it. */
interface Seat<Part> {
  readonly entry: Entry;
  readonly part: Part | undefined;
}

const identityWords = <Part>({ fields }: ListSection<Part>, entry: Entry): string => {
  const key = entry.identity ?? "";
  const words = entry.wants[key]?.words ?? "";
  return ["serial", "mac", "uuid", "wwn", "name"].includes(key) ? words : `${fields[key]?.label ?? key} ${words}`;
};

/** Gives each entry with an identity a part that has it, the one that differs least; parts are given once. */
const seatByIdentity = <Part>(
  section: ListSection<Part>,
  entries: readonly Entry[],
  free: Set<Part>,
): readonly Seat<Part>[] =>
  entries.map((entry) => {
    const key = entry.identity ?? "";
    const only = { wants: { [key]: entry.wants[key] } } as Entry;
    const candidates = [...free].filter((part) => wrongFields(section.fields, only, part).length === 0);
    const [part] = candidates.toSorted(
      (a, b) => wrongFields(section.fields, entry, a).length - wrongFields(section.fields, entry, b).length,
    );
    if (part !== undefined) free.delete(part);
    return { entry, part };
  });

/** Fills the groups so that as many seats as possible have a part that is wholly right. */
const seatGroups = <Part>(
  section: ListSection<Part>,
  groups: readonly Entry[],
  free: Set<Part>,
): readonly { readonly entry: Entry; readonly got: number }[] => {
  const parts = [...free];
  const fit = groups.map((entry) =>
    parts.flatMap((part, i) => (wrongFields(section.fields, entry, part).length === 0 ? [i] : [])),
  );
  // More seats than parts are never filled.
  const seats = groups.flatMap((entry, g) => Array.from({ length: Math.min(entry.count, parts.length) }, () => g));
  const given = matchPlaces(seats.map((g) => fit[g] ?? []));
  for (const place of given) {
    const part = place === undefined ? undefined : parts[place];
    if (part !== undefined) free.delete(part);
  }
  return groups.map((entry, g) => ({
    entry,
    got: given.filter((place, seat) => place !== undefined && seats[seat] === g).length,
  }));
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

/** A part that is nearly what a group wants, and how it is not. */
const nearest = <Part>(
  fields: Fields<Part>,
  entry: Entry,
  free: ReadonlySet<Part>,
): { part: Part; wrong: readonly string[] } | undefined =>
  [...free]
    .map((part) => ({ part, wrong: wrongFields(fields, entry, part) }))
    .filter(({ wrong }) => wrong.length < Object.keys(entry.wants).length)
    .sort((a, b) => a.wrong.length - b.wrong.length)[0];

const diffShort = <Part>(
  section: ListSection<Part>,
  { entry, got }: { readonly entry: Entry; readonly got: number },
  free: ReadonlySet<Part>,
  inventory: Inventory,
): readonly Difference[] => {
  if (got >= entry.count) return [];
  const { fields, noun } = section;
  const wanted = describeGroup(fields, entry);
  const near = nearest(fields, entry, free);
  const why =
    near === undefined
      ? ""
      : ` Nearest is ${section.name(near.part)} (${section.describe(near.part)}): ${diffGroup(
          fields,
          {
            wants: Object.fromEntries(near.wrong.flatMap((key) => (entry.wants[key] ? [[key, entry.wants[key]]] : []))),
          },
          { part: near.part, component: section.name(near.part), inventory },
        )
          .map(({ expected, found }) => `${found} where ${expected} is wanted`)
          .join(", ")}.`;
  const [one, many] = noun;
  const kind = wanted === "" ? "" : ` (${wanted})`;
  return [
    differ(
      section.fewer,
      {
        component: near === undefined ? many : section.name(near.part),
        expected: `${entry.count} ${entry.count === 1 ? one : many}${kind}`,
        found: `${got}`,
        said: `${got} of ${entry.count} ${entry.count === 1 ? one : many}${kind} ${got === 1 ? "is" : "are"} there.${why}`,
      },
      entry.severity,
    ),
  ];
};

const diffUnexpected = <Part>(section: ListSection<Part>, part: Part): readonly Difference[] => {
  if (section.unexpected === undefined) return [];
  const found = section.describe(part);
  const said = `The spec does not name this ${section.noun[0]}: ${found}.`;
  return [differ(section.unexpected, { component: section.name(part), expected: "absent", found, said })];
};

/** Parts that give the same identity as one that has its seat: two paths to one disk. They are not unexpected besides. */
const diffTwice = <Part>(
  section: ListSection<Part>,
  { entry, part }: Seat<Part>,
  free: Set<Part>,
): readonly Difference[] => {
  const { twice } = section;
  const key = entry.identity;
  if (part === undefined || twice === undefined || key === null || !section.unique.includes(key)) return [];
  const only = { wants: { [key]: entry.wants[key] } } as Entry;
  const others = [...free].filter((one) => wrongFields(section.fields, only, one).length === 0);
  if (others.length === 0) return [];
  for (const one of others) free.delete(one);
  const all = [part, ...others];
  const found = all.map(section.describe).join("; ");
  const [, many] = section.noun;
  const said = `${all.length} ${many} (${found}) give the ${key} ${identityWords(section, entry)}.`;
  return [differ(twice, { component: section.name(part), expected: `one ${section.noun[0]}`, found, said })];
};

/** Gives each missing part its own stranger, the most alike first; a stranger explains one part only. */
const pairStrangers = <Part>(
  section: ListSection<Part>,
  missing: readonly Entry[],
  strangers: ReadonlySet<Part>,
): ReadonlyMap<Entry, Part> => {
  const free = new Set(strangers);
  const pairs = new Map<Entry, Part>();
  const unlike = (entry: Entry, part: Part): number => wrongFields(section.fields, entry, part).length;
  const all = missing
    .flatMap((entry) => [...free].map((part) => ({ entry, part, wrong: unlike(entry, part) })))
    .sort((a, b) => a.wrong - b.wrong);
  for (const { entry, part } of all) if (!pairs.has(entry) && free.delete(part)) pairs.set(entry, part);
  return pairs;
};

/** Differences of one list. An empty list expects no part where the list is whole. */
export const diffList = <Part>(
  section: ListSection<Part>,
  entries: readonly Entry[],
  inventory: Inventory,
): readonly Difference[] => {
  const found = section.parts(inventory.hardware);
  const probe = inventory.probes.find((one) => one.probe === section.probe);
  if (found.length === 0 && probe !== undefined && probe.status !== "ok" && probe.status !== "device-absent") {
    const count = entries.reduce((sum, entry) => sum + entry.count, 0);
    const [one, many] = section.noun;
    return [
      notMeasured(inventory, section.probe, many, `${count} ${count === 1 ? one : many}`, severityOf(section.missing)),
    ];
  }
  const free = new Set(found);
  const seats = seatByIdentity(
    section,
    entries.filter(({ identity }) => identity !== null),
    free,
  );
  const twice = seats.flatMap((seat) => diffTwice(section, seat, free));
  const groups = seatGroups(
    section,
    entries.filter(({ identity }) => identity === null),
    free,
  );
  const missing = seats.flatMap(({ entry, part }) => (part === undefined ? [entry] : []));
  const pairs = section.swapped === undefined ? new Map<Entry, Part>() : pairStrangers(section, missing, free);
  return [
    ...missing.map((entry) => diffMissing(section, entry, pairs.get(entry))),
    ...groups.flatMap((group) => diffShort(section, group, free, inventory)),
    ...seats.flatMap(({ entry, part }) =>
      part === undefined ? [] : diffGroup(section.fields, entry, { part, component: section.name(part), inventory }),
    ),
    ...twice,
    ...[...free].flatMap((part) => diffUnexpected(section, part)),
  ];
};
