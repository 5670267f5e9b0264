/** Memory: corrected and uncorrected errors by module, and by controller what no module was named for. */
import { edacProbe } from "../probes/edac/collect.ts";
import type { System } from "../system/system.ts";
import { type Answer, absent, createTally } from "./sighting.ts";

/** Drivers and boards call them `DIMM_A1`, `A1`, `CPU_SrcID#0_MC#0_Chan#0_DIMM#0`. */
const nameOf = (label: string): string => (/dimm/i.test(label) ? label : `DIMM ${label}`);

/** Every memory controller that a driver watches. */
export const sightMemory = async (system: System, signal: AbortSignal): Promise<Answer> => {
  const { status, reason = "", facts = [] } = await edacProbe.collect(system, signal);
  if (status !== "ok") return absent(reason);
  const tally = createTally();
  for (const { name, modules, correctedErrorCount, uncorrectedErrorCount } of facts) {
    const named = { corrected: 0, uncorrected: 0 };
    for (const module of modules) {
      named.corrected += module.correctedErrorCount;
      named.uncorrected += module.uncorrectedErrorCount;
      tally.add("memory-corrected", nameOf(module.label), module.correctedErrorCount);
      tally.add("memory-uncorrected", nameOf(module.label), module.uncorrectedErrorCount);
    }
    const rest = `memory controller ${name}`;
    tally.add("memory-corrected", rest, Math.max(0, correctedErrorCount - named.corrected));
    tally.add("memory-uncorrected", rest, Math.max(0, uncorrectedErrorCount - named.uncorrected));
  }
  return { status: "seen", figures: tally.figures };
};
