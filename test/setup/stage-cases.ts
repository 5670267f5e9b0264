/** The cases of every built stage: facts whose checks somebody wrote down (`agent/stages/<key>/fixtures/cases.ts`). */
import { join } from "node:path";
import * as v from "valibot";
import type { RuleCase } from "../../agent/stages/case.ts";
import { BUILT_STAGES, specOf } from "../../agent/stages/catalog.ts";
import { resolveLimits } from "../../agent/stages/limits.ts";
import type { StageSpec } from "../../agent/stages/stage.ts";
import type { Check } from "../../agent/wire/check.ts";
import { ROOT } from "./sources.ts";

const loadCases = async ({ key }: StageSpec): Promise<readonly RuleCase[]> => {
  const loaded: { readonly CASES: readonly RuleCase[] } = await import(
    join(ROOT, "agent/stages", key, "fixtures/cases.ts")
  );
  return loaded.CASES;
};

/** The stages with their cases, in order. */
export const STAGE_CASES: readonly (readonly [StageSpec, readonly RuleCase[]])[] = await Promise.all(
  BUILT_STAGES.flatMap((state) => specOf(state) ?? []).map(async (stage) => [stage, await loadCases(stage)] as const),
);

/** A case's facts as the box judges them. */
export const judgeCase = (stage: StageSpec, { facts, profile = "quick", limits }: RuleCase): readonly Check[] =>
  stage.judge(v.parse(stage.facts, facts), resolveLimits(stage.limits, profile, limits));
