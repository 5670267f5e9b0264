/** From what an agent posted to what it means: judged results, marks of stages, the run's verdict. */
import * as v from "valibot";
import type { Limits } from "../../agent/stages/limits.ts";
import type { StageSpec } from "../../agent/stages/stage.ts";
import type { WatchLimits } from "../../agent/watch/limits.ts";
import { judgeWatch } from "../../agent/watch/spec.ts";
import type { Check } from "../../agent/wire/check.ts";
import type { ResultRequest } from "../../agent/wire/messages.ts";
import type { StageMarks } from "./record.ts";
import { UNEXPECTED_DATA } from "./refused-disks.ts";
import type { FailureCode, Run } from "./run.ts";
import { TERMINAL } from "./states.ts";
import type { Difference, RunVerdict, StageStatus } from "./views.ts";

/** A result as the box understands it. */
export interface Judged {
  readonly outcome: ResultRequest["outcome"];
  readonly reason: string | null;
  /** The facts in the stage's own shape; undefined unless measured and valid. */
  readonly facts: unknown;
  readonly checks: readonly Check[];
  readonly summary: string | null;
  readonly failure: { readonly code: FailureCode; readonly message: string } | null;
  readonly mark: StageStatus;
}

/** Figures in force: the stage's own, and those of the watch around it. */
export interface Figures {
  readonly stage: Limits;
  readonly watch: WatchLimits;
}

const broken = (message: string, checks: readonly Check[], outcome: "error" | "cancelled" = "error"): Judged => ({
  outcome,
  reason: message,
  facts: undefined,
  checks,
  summary: null,
  failure: { code: "stage-error", message },
  mark: outcome,
});

const firstIssue = (issues: readonly v.BaseIssue<unknown>[]): string => {
  const issue = issues[0];
  const path = issue === undefined ? null : v.getDotPath(issue);
  return `The stage's facts do not fit their schema at facts${path === null ? "" : `.${path}`}: ${issue?.message ?? ""}`;
};

/** The mark of a stage that was measured. What could not be measured is worth a warning; all skipped is not a pass. */
export const markOf = (checks: readonly Check[]): StageStatus => {
  const has = (...verdicts: readonly Check["verdict"][]) => checks.some((c) => verdicts.includes(c.verdict));
  if (has("FAIL")) return "failed";
  if (has("WARN", "ERROR")) return "warned";
  return has("SKIPPED") && !has("PASS") ? "skipped" : "passed";
};

/** Only when nothing but the data stands in the way is an override the answer. */
const codeOf = (failed: readonly Check[]): FailureCode =>
  failed.every(({ code }) => code === UNEXPECTED_DATA) ? "unexpected-data" : "stage-failed";

/** What was seen around a stage makes its mark worse, never better: a stage that had nothing to do is not passed because the server was quiet. */
const worsened = (own: StageStatus, around: readonly Check[]): StageStatus => {
  const mark = markOf(around);
  return own !== "failed" && (mark === "failed" || mark === "warned") ? mark : own;
};

/**
 * Judges a posted result by its stage and by what was seen around it. Only a FAIL fails a stage that was measured; a stage that could not run has failed by
 * that, and what was seen around it may say why.
 */
export const judgeResult = (spec: StageSpec, request: ResultRequest, figures: Figures): Judged => {
  const around = request.watch === undefined ? [] : judgeWatch(request.watch, figures.watch);
  if (request.outcome === "error") return broken(request.reason ?? "The stage could not run.", around);
  if (request.outcome === "cancelled")
    return broken(request.reason ?? "The agent stopped the stage.", around, "cancelled");
  const parsed = v.safeParse(spec.facts, request.facts);
  if (!parsed.success) return broken(firstIssue(parsed.issues), around);
  const own = spec.judge(parsed.output, figures.stage);
  const checks = [...own, ...around];
  const failed = checks.filter((c) => c.verdict === "FAIL");
  const [worst] = failed;
  const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : "";
  return {
    outcome: "measured",
    reason: null,
    facts: parsed.output,
    checks,
    summary: spec.summarise(parsed.output),
    failure:
      worst === undefined ? null : { code: codeOf(failed), message: `${worst.component}: ${worst.message}${more}` },
    mark: worsened(markOf(own), around),
  };
};

/** The mark of SpecValidate. */
export const specMark = (differences: readonly Difference[]): StageStatus => {
  if (differences.some((d) => d.severity === "critical")) return "failed";
  return differences.some((d) => d.severity === "warning") ? "warned" : "passed";
};

/** The run in one word. A Completed run with anything that warned or could not be measured is at best `warn`. */
export const verdictOf = (run: Run, marks: StageMarks): RunVerdict => {
  if (!TERMINAL.has(run.state)) return run.failure === null ? "running" : "held";
  if (run.state === "Cancelled") return "cancelled";
  if (run.state === "Released") return "fail";
  return Object.values(marks).some((m) => m !== "passed" && m !== "skipped") ? "warn" : "pass";
};
