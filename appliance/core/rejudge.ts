/** An old run under today's limits: the facts are as they were posted, the judgement is made anew. It changes nothing in the record. Pure. */
import type { StageSpec } from "../../agent/stages/stage.ts";
import type { Check } from "../../agent/wire/check.ts";
import type { ResultRequest } from "../../agent/wire/messages.ts";
import type { Profile } from "../../agent/wire/names.ts";
import { figuresOf } from "./orders.ts";
import type { Spec } from "./spec/spec.ts";
import { judgeResult } from "./verdict.ts";
import type { RejudgedCheck, RejudgedStage } from "./views.ts";

/** A stored result with its facts. */
export interface StoredFacts {
  readonly request: ResultRequest;
  /** The checks that were given then. */
  readonly checks: readonly Check[];
}

/** One rule may say several things of one component; they are told apart by their order. */
const keyed = (checks: readonly Check[]): ReadonlyMap<string, Check> => {
  const seen = new Map<string, number>();
  return new Map(
    checks.map((check) => {
      const key = `${check.code} ${check.component}`;
      const nth = seen.get(key) ?? 0;
      seen.set(key, nth + 1);
      return [`${key} ${nth}`, check];
    }),
  );
};

/** What of two judgements is not the same, in the order of the new one; what is told no more comes last. */
const changesOf = (before: readonly Check[], now: readonly Check[]): readonly RejudgedCheck[] => {
  const [old, made] = [keyed(before), keyed(now)];
  const changed = [...made].flatMap(([key, check]) => {
    const was = old.get(key) ?? null;
    return was?.verdict === check.verdict ? [] : [{ before: was, now: check }];
  });
  const gone = [...old].flatMap(([key, check]) => (made.has(key) ? [] : [{ before: check, now: null }]));
  return [...changed, ...gone];
};

/** Judges one stage's result again. */
export const rejudge = (
  stage: StageSpec,
  { request, checks }: StoredFacts,
  spec: Spec | null,
  profile: Profile,
): RejudgedStage => {
  const now = judgeResult(stage, request, figuresOf(stage, spec, profile));
  return {
    state: stage.state,
    title: stage.title,
    attempt: request.attempt,
    reason: now.reason,
    status: now.mark,
    checks: now.checks,
    changes: changesOf(checks, now.checks),
  };
};
