/** What two specs expect differently. Pure. */
import { renderWant } from "./diff-group.ts";
import type { Field, Fields } from "./field.ts";
import { LIST_KEYS, LISTS } from "./lists.ts";
import { BMC, BOARD, CPU, FANS, MEMORY, MODULE } from "./sections.ts";
import type { Entry, Group, Spec } from "./spec.ts";
import { textWanted, type Want } from "./want.ts";

/** One expectation that two specs do not share; null where one says nothing. */
export interface SpecDifference {
  /** `board.serial`, `disks S6PW1234 size`, `memory.slots.A1 part`. */
  readonly where: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Expectations in words, by where they stand. */
type Flat = Map<string, string>;

const graded = (text: string, { severity }: Pick<Want, "severity">): string =>
  severity === undefined ? text : `${text} (${severity})`;

const words = <Part>(field: Field<Part> | undefined, want: Want): string =>
  graded(field === undefined ? want.words : renderWant(field, want), want);

/** What is wanted of a part, and its severity as an expectation of its own. */
const flattenGroup = <Part>(fields: Fields<Part>, { wants, severity }: Group, prefix: string, into: Flat): void => {
  if (severity !== undefined) into.set(`${prefix}severity`, severity);
  for (const [key, want] of Object.entries(wants)) into.set(`${prefix}${key}`, words(fields[key], want));
};

/** What an entry is called: by its identity, or by all that it says. Two entries that say the same are numbered. */
const flattenEntries = <Part>(fields: Fields<Part>, entries: readonly Entry[], section: string, into: Flat): void => {
  const seen = new Map<string, number>();
  for (const entry of entries) {
    const { identity, wants, count } = entry;
    const said = Object.entries(wants).map(([key, want]) => `${key} ${words(fields[key], want)}`);
    const name = identity === null ? `{${said.join(", ")}}` : (textWanted(wants[identity]) ?? "");
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    const where = `${section} ${name}${nth > 1 ? ` #${nth}` : ""}`;
    into.set(where, `${count}`);
    // A group's name says all of it, its severity aside.
    const { [identity ?? ""]: _, ...others } = wants;
    flattenGroup(fields, { ...entry, wants: identity === null ? {} : others }, `${where} `, into);
  }
};

const flatten = (spec: Spec): Flat => {
  const into: Flat = new Map();
  const { board, cpu, memory, fans, bmc } = spec;
  if (board !== undefined) flattenGroup(BOARD, board, "board.", into);
  if (cpu !== undefined) flattenGroup(CPU, cpu, "cpu.", into);
  if (memory !== undefined) {
    if (memory.total !== undefined) into.set("memory.total", graded(memory.total.words, memory.total));
    if (memory.dimms !== undefined) into.set("memory.dimms", graded(memory.dimms.words, memory.dimms));
    flattenGroup(MEMORY, memory, "memory.", into);
    for (const [slot, group] of Object.entries(memory.slots ?? {})) {
      into.set(`memory.slots.${slot}`, group === "empty" ? "empty" : "a module");
      if (group !== "empty") flattenGroup(MODULE, group, `memory.slots.${slot} `, into);
    }
    flattenEntries(MODULE, memory.modules ?? [], "memory.modules", into);
  }
  for (const key of LIST_KEYS) {
    const entries = spec[key];
    if (entries !== undefined && entries.length === 0) into.set(key, "none");
    flattenEntries<never>(LISTS[key].fields as Fields<never>, entries ?? [], key, into);
  }
  if (fans !== undefined) flattenGroup(FANS, fans, "fans.", into);
  if (bmc !== undefined) flattenGroup(BMC, bmc, "bmc.", into);
  return into;
};

/** Every expectation that is not the same in both, in the order of the first spec, then of the second. */
export const compareSpecs = (before: Spec, after: Spec): readonly SpecDifference[] => {
  const [a, b] = [flatten(before), flatten(after)];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((where) => {
    const [old, now] = [a.get(where) ?? null, b.get(where) ?? null];
    return old === now ? [] : [{ where, before: old, after: now }];
  });
};
