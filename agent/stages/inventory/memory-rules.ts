/** What the inventory's memory says is wrong: errors that were counted, and memory that nobody can use. Pure. */
import type { MemoryFacts } from "../../wire/hardware/board.ts";
import type { Finding } from "./finding.ts";

type CountName = "correctedErrorCount" | "uncorrectedErrorCount";

const WORDS: Readonly<Record<CountName, string>> = {
  correctedErrorCount: "corrected",
  uncorrectedErrorCount: "uncorrected",
};

const errors = (component: string, count: number, name: CountName, more = ""): Finding => ({
  component: component.slice(0, 200),
  message: `${count} ${WORDS[name]} memory ${count === 1 ? "error" : "errors"} since the server started${more}.`,
  measured: `${count}`,
  limit: "0",
});

/** `DIMM A1`; a slot that has the word in its name needs no other. */
const dimmOf = (slot: string): string => (/dimm/i.test(slot) ? slot : `DIMM ${slot}`);

const total = (rows: readonly { readonly [Name in CountName]?: number | undefined }[], name: CountName): number =>
  rows.reduce((sum, row) => sum + (row[name] ?? 0), 0);

/** Errors by slot; by the driver's name where that is no slot's; by controller where the driver names nothing. */
export const findMemoryErrors = ({ dimms, controllers = [] }: MemoryFacts, name: CountName): readonly Finding[] => {
  const unplaced = controllers.flatMap((controller) => controller.unplaced ?? []);
  const found = [
    ...dimms.map((dimm) => ({ component: dimmOf(dimm.slot), count: dimm[name] ?? 0 })),
    ...unplaced.map((module) => ({ component: `memory at ${module.label}`, count: module[name] })),
  ].flatMap(({ component, count }) => (count > 0 ? [errors(component, count, name)] : []));
  if (total(controllers, name) <= total(dimms, name) + total(unplaced, name)) return found;
  const nameless = controllers.filter((controller) => controller[name] > 0);
  return [
    ...found,
    ...nameless.map((one) =>
      errors(`memory controller ${one.name}`, one[name], name, ", not all of them with a module's name"),
    ),
  ];
};

const GIB = 2 ** 30;
/** Share of the memory that firmware, graphics and the kernel itself may take, by what is installed (Canonical Checkbox, memory_compare.py). */
const ALLOWED_SHARES: readonly (readonly [upToBytes: number, percent: number])[] = [
  [2 * GIB, 25],
  [6 * GIB, 20],
  [8 * GIB, 15],
  [16 * GIB, 12],
  [Number.POSITIVE_INFINITY, 10],
];

/** Memory that is installed and that the kernel does not see. */
export const findMissingMemory = ({ installedBytes, visibleBytes }: MemoryFacts): readonly Finding[] => {
  if (installedBytes === undefined || visibleBytes === undefined) return [];
  const percent = ALLOWED_SHARES.find(([upToBytes]) => installedBytes <= upToBytes)?.[1] ?? 0;
  const missing = ((installedBytes - visibleBytes) / installedBytes) * 100;
  if (missing <= percent) return [];
  const gib = (bytes: number): string => `${Math.round((bytes / GIB) * 10) / 10} GiB`;
  return [
    {
      component: "memory",
      message: `${gib(installedBytes)} are installed, but the kernel sees ${gib(visibleBytes)}.`,
      measured: `${Math.round(missing)} % missing`,
      limit: `at most ${percent} %`,
    },
  ];
};
