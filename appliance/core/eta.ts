/** When a run will be through: what its agent says of its progress, else what healthy servers need. Pure. */
import type { StageState } from "../../agent/wire/names.ts";
import type { Run } from "./run.ts";
import { isStage } from "./states.ts";

/** Below this share a stage has said too little to be measured by. */
const TELLING = 0.05;

/** What is left of a stage, in ms. */
export const restOfStage = (expectedMs: number, elapsedMs: number, progress: number | null): number =>
  progress !== null && progress >= TELLING
    ? Math.round((elapsedMs * (1 - progress)) / progress)
    : Math.max(0, expectedMs - elapsedMs);

/** What is left of the run's stages, in ms; null while it has none under way. */
export const restOfRun = (
  run: Pick<Run, "state" | "plan" | "orders" | "enteredMs">,
  progress: number | null,
  nowMs: number,
): number | null => {
  const { state, plan, orders, enteredMs } = run;
  if (!isStage(state)) return null;
  const expected = (stage: StageState): number => orders[stage]?.expectedMs ?? 0;
  const later = plan.slice(plan.indexOf(state) + 1).reduce((sum, stage) => sum + expected(stage), 0);
  return restOfStage(expected(state), Math.max(0, nowMs - enteredMs), progress) + later;
};
