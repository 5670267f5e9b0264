/** How rules of GPU name a GPU, and ask each in turn. Pure. */
import type { Finding } from "../rule.ts";
import type { GpuFacts, GpuRun } from "./facts.ts";

/** A finding without its component. */
export type Said = Omit<Finding, "component">;

/** `GPU 0000:3b:00.0 (1653922001234)`: its serial where the board has one, else what the driver calls it. */
export const nameOf = ({ pciAddress, before }: Pick<GpuRun, "pciAddress" | "before">): string => {
  const identity = before.serial ?? before.uuid;
  return `GPU ${pciAddress}${identity === undefined ? "" : ` (${identity})`}`;
};

/** Asks of every GPU that the driver knows. */
export const ofEachGpu =
  <Figures>(ask: (gpu: GpuRun, limits: Figures, facts: GpuFacts) => readonly Said[]) =>
  (facts: GpuFacts, limits: Figures): readonly Finding[] =>
    facts.gpus.flatMap((gpu) => ask(gpu, limits, facts).map((said) => ({ component: nameOf(gpu), ...said })));

/** What was not measured, and why. */
export const skipped = (message: string): readonly Said[] => [{ verdict: "SKIPPED", message }];

/** By how much a count grew; undefined where it was not told both times. A count that a reset took back grew by what it is now. */
export const growth = (before: number | undefined, after: number | undefined): number | undefined =>
  before === undefined || after === undefined ? undefined : after >= before ? after - before : after;
