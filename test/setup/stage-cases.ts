/** The cases of every built stage, and of the watch around them: facts whose checks somebody wrote down. A stage that is built without any does not compile. */
import * as v from "valibot";
import type { RuleCase } from "../../agent/stages/case.ts";
import { BUILT_STAGES, type BuiltStage, specOf } from "../../agent/stages/catalog.ts";
import { CASES as CPU } from "../../agent/stages/cpu/fixtures/cases.ts";
import { CASES as GPU } from "../../agent/stages/gpu/fixtures/cases.ts";
import { CASES as INVENTORY } from "../../agent/stages/inventory/fixtures/cases.ts";
import { resolveLimits } from "../../agent/stages/limits.ts";
import { CASES as MEMORY } from "../../agent/stages/memory/fixtures/cases.ts";
import { CASES as NETWORK } from "../../agent/stages/network/fixtures/cases.ts";
import { CASES as PSU } from "../../agent/stages/psu/fixtures/cases.ts";
import { CASES as SMART } from "../../agent/stages/smart/fixtures/cases.ts";
import type { StageSpec } from "../../agent/stages/stage.ts";
import { CASES as STORAGE } from "../../agent/stages/storage/fixtures/cases.ts";
import { CASES as WATCH } from "../../agent/watch/fixtures/cases.ts";
import { WATCH_LIMITS } from "../../agent/watch/limits.ts";
import { judgeWatch, WATCH_KEY, WATCH_RULES } from "../../agent/watch/spec.ts";
import type { Check } from "../../agent/wire/check.ts";
import { Watch } from "../../agent/wire/watch.ts";

const CASES: { readonly [Stage in BuiltStage]: readonly RuleCase[] } = {
  InventoryCheck: INVENTORY,
  SMART: SMART,
  CPUStress: CPU,
  Memory: MEMORY,
  Storage: STORAGE,
  Network: NETWORK,
  GPU: GPU,
  PSU: PSU,
};

/** The stages with their cases, in order. */
export const STAGE_CASES: readonly (readonly [StageSpec, readonly RuleCase[]])[] = BUILT_STAGES.flatMap((state) => {
  const stage = specOf(state);
  return stage === undefined ? [] : [[stage, CASES[state]] as const];
});

/** What has rules and judges by them: a stage, or the watch. */
export type Judge = Pick<StageSpec, "key" | "facts" | "limits" | "rules" | "judge">;

const AROUND: Judge = {
  key: WATCH_KEY,
  facts: Watch,
  limits: WATCH_LIMITS,
  rules: WATCH_RULES,
  judge: (facts, limits) => judgeWatch(v.parse(Watch, facts), resolveLimits(WATCH_LIMITS, "quick", limits)),
};

/** The stages, then what surrounds them. */
export const JUDGES: readonly (readonly [Judge, readonly RuleCase[]])[] = [...STAGE_CASES, [AROUND, WATCH]];

/** A case's facts as the box judges them. */
export const judgeCase = (stage: Judge, { facts, profile = "quick", limits }: RuleCase): readonly Check[] =>
  stage.judge(v.parse(stage.facts, facts), resolveLimits(stage.limits, profile, limits));
