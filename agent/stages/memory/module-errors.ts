/** Errors that the memory controllers counted between two readings, by the slot that people can pull. Pure. */
import type { EdacController } from "../../probes/edac/parse.ts";
import type { DimmFacts, MemoryFacts as Installed } from "../../wire/hardware/board.ts";
import { withErrorCounts } from "../inventory/memory-errors.ts";
import type { ModuleErrorFacts } from "./facts.ts";

/** `DIMM A1 S/N 12345678`; a slot that has the word in its name needs no other. */
const nameOf = ({ slot, serial }: DimmFacts): string =>
  `${/dimm/i.test(slot) ? slot : `DIMM ${slot}`}${serial === undefined ? "" : ` S/N ${serial}`}`.slice(0, 200);

/** What the inventory counted is from before. */
const uncounted = ({ correctedErrorCount: _c, uncorrectedErrorCount: _u, ...dimm }: DimmFacts): DimmFacts => dimm;

/** Counts since the kernel started: by slot, by the driver's name where that is no slot's, by controller where it names nothing. */
const countsOf = (installed: Installed, edac: readonly EdacController[]): ReadonlyMap<string, ModuleErrorFacts> => {
  const bare = { ...installed, dimms: installed.dimms.filter(({ populated }) => populated).map(uncounted) };
  const { dimms, controllers = [] } = withErrorCounts(bare, edac);
  const rows = [
    ...dimms.map((dimm) => ({ component: nameOf(dimm), ...dimm })),
    ...controllers.flatMap(({ unplaced = [] }) =>
      unplaced.map((one) => ({ component: `memory at ${one.label}`, ...one })),
    ),
  ].map(({ component, correctedErrorCount = 0, uncorrectedErrorCount = 0 }) => ({
    ...{ component: component.slice(0, 200), corrected: correctedErrorCount, uncorrected: uncorrectedErrorCount },
  }));
  const sum = (all: readonly { readonly corrected: number; readonly uncorrected: number }[]) => ({
    corrected: all.reduce((total, one) => total + one.corrected, 0),
    uncorrected: all.reduce((total, one) => total + one.uncorrected, 0),
  });
  const [placed, whole] = [
    sum(rows),
    sum(controllers.map((one) => ({ corrected: one.correctedErrorCount, uncorrected: one.uncorrectedErrorCount }))),
  ];
  const rest = {
    component: "memory without a module's name",
    corrected: Math.max(0, whole.corrected - placed.corrected),
    uncorrected: Math.max(0, whole.uncorrected - placed.uncorrected),
  };
  return new Map([...rows, rest].map((row) => [row.component, row]));
};

/** What was counted between two readings; undefined when nobody counted at either of them. Every module is named, those without errors, too. */
export const moduleErrors = (
  installed: Installed,
  before: readonly EdacController[] | undefined,
  after: readonly EdacController[] | undefined,
): ModuleErrorFacts[] | undefined => {
  if (before === undefined || after === undefined || after.length === 0) return undefined;
  const [then, now] = [countsOf(installed, before), countsOf(installed, after)];
  const grown = [...now.values()].map(({ component, corrected, uncorrected }) => ({
    component,
    corrected: Math.max(0, corrected - (then.get(component)?.corrected ?? 0)),
    uncorrected: Math.max(0, uncorrected - (then.get(component)?.uncorrected ?? 0)),
  }));
  // Errors that no module was named for are told when there are any; when no module is named at all, it is they who say that there are none.
  const isSpoken = ({ component, corrected, uncorrected }: ModuleErrorFacts): boolean =>
    component !== "memory without a module's name" || corrected + uncorrected > 0 || grown.length === 1;
  return grown.filter(isSpoken);
};
