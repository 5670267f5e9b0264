/**
 * Stages without hardware: each takes a moment, tells how far it is, and answers with facts that were recorded or made for the judge's own tests. What is
 * simulated is the measurement alone; order, delivery, judgement and every surface are the real ones.
 */
import type { RunnersByState } from "../../agent/stage-attempt.ts";
import type { RuleCase } from "../../agent/stages/case.ts";
import type { StageContext } from "../../agent/stages/runner.ts";
import type { StageSpec } from "../../agent/stages/stage.ts";
import type { StageState, Verdict } from "../../agent/wire/names.ts";
import { judgeCase, STAGE_CASES } from "../setup/stage-cases.ts";

/** Steps in which a simulated stage goes on. */
const STEPS = 20;
/** How long each takes at the recorded server's own pace. */
const STEP_MS = 500;

/** Verdicts from the best to the worst. */
const GRAVITY: readonly Verdict[] = ["PASS", "SKIPPED", "WARN", "ERROR", "FAIL"];

/** How a case is judged at its worst. */
const graveness = (stage: StageSpec, one: RuleCase): number =>
  Math.max(...judgeCase(stage, one).map(({ verdict }) => GRAVITY.indexOf(verdict)), 0);

/** The case that is judged best. */
const healthiest = (stage: StageSpec, cases: readonly RuleCase[]): RuleCase | undefined =>
  cases.toSorted((a, b) => graveness(stage, a) - graveness(stage, b))[0];

const runnerOf =
  ({ facts }: RuleCase, title: string, pace: number) =>
  async ({ system, signal, progress, log }: StageContext): Promise<unknown> => {
    for (let step = 0; step < STEPS && !signal.aborted; step += 1) {
      progress(step / STEPS, `${title}, simulated: step ${step + 1} of ${STEPS}`);
      await system.clock.sleep(STEP_MS * pace, signal);
    }
    log("info", `${title} was simulated`);
    return facts;
  };

/** Runners of all stages but Inventory, which replays its recording. `sick` names a stage that fails, by the code of the check that fails it. */
export const simulatedRunners = (
  pace: number,
  sick: Readonly<Partial<Record<StageState, string>>> = {},
): RunnersByState =>
  Object.fromEntries(
    STAGE_CASES.flatMap(([stage, cases]) => {
      const code = sick[stage.state];
      const chosen =
        code === undefined
          ? healthiest(stage, cases)
          : cases.find((one) => judgeCase(stage, one).some((check) => check.code === code && check.verdict === "FAIL"));
      return stage.state === "InventoryCheck" || chosen === undefined
        ? []
        : [[stage.state, runnerOf(chosen, stage.title, pace)]];
    }),
  );
