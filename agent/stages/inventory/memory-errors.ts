/** Joins the kernel's counts of memory errors with the memory slots. Pure. */
import type { EdacController } from "../../probes/edac/parse.ts";
import type { DimmFacts, MemoryFacts } from "../../wire/hardware/board.ts";

/** `DIMM_A1`, `DIMM A1` and `dimm-a1` are one name. */
const normal = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The ways in which a driver may call a slot: its name, and the bank before it, as firmware-first drivers do (ghes_edac). */
const callsOf = (dimm: DimmFacts): readonly string[] =>
  dimm.bank === undefined ? [dimm.slot] : [dimm.slot, `${dimm.bank} ${dimm.slot}`];

/** The one populated slot of this name: by the very words, else by their letters. Undefined when there is none, or more than one. */
const slotOf = (label: string, dimms: readonly DimmFacts[]): DimmFacts | undefined => {
  const populated = dimms.filter((dimm) => dimm.populated);
  for (const same of [(a: string) => a === label, (a: string) => normal(a) === normal(label)]) {
    const [only, another] = populated.filter((dimm) => callsOf(dimm).some(same));
    if (only !== undefined) return another === undefined ? only : undefined;
  }
  return undefined;
};

/** Memory with its error counts: at the slots where the driver's names are the board's, at the controllers for all. */
export const withErrorCounts = (memory: MemoryFacts, edac: readonly EdacController[] | undefined): MemoryFacts => {
  if (edac === undefined || edac.length === 0) return memory;
  const counts = new Map<DimmFacts, { correctedErrorCount: number; uncorrectedErrorCount: number }>();
  const controllers = edac.map(({ modules, ...controller }) => {
    const unplaced = modules.filter(({ label, correctedErrorCount, uncorrectedErrorCount }) => {
      const dimm = slotOf(label, memory.dimms);
      if (dimm === undefined) return correctedErrorCount + uncorrectedErrorCount > 0;
      const before = counts.get(dimm) ?? { correctedErrorCount: 0, uncorrectedErrorCount: 0 };
      counts.set(dimm, {
        correctedErrorCount: before.correctedErrorCount + correctedErrorCount,
        uncorrectedErrorCount: before.uncorrectedErrorCount + uncorrectedErrorCount,
      });
      return false;
    });
    return unplaced.length === 0 ? controller : { ...controller, unplaced };
  });
  return { ...memory, controllers, dimms: memory.dimms.map((dimm) => ({ ...dimm, ...counts.get(dimm) })) };
};
