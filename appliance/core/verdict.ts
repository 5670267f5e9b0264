/** From what an agent posted to what it means: judged results, marks of stages, the run's verdict. */
import * as v from "valibot";
import type { Limits } from "../../agent/stages/limits.ts";
import type { StageSpec } from "../../agent/stages/stage.ts";
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

const broken = (message: string, outcome: "error" | "cancelled" = "error"): Judged => ({
  outcome,
  reason: message,
  facts: undefined,
  checks: [],
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

/** Judges a posted result by its stage. Only a FAIL fails a stage that was measured; a stage that could not run has failed by that. */
export const judgeResult = (spec: StageSpec, request: ResultRequest, limits: Limits): Judged => {
  if (request.outcome === "error") return broken(request.reason ?? "The stage could not run.");
  if (request.outcome === "cancelled") return broken(request.reason ?? "The agent stopped the stage.", "cancelled");
  const parsed = v.safeParse(spec.facts, request.facts);
  if (!parsed.success) return broken(firstIssue(parsed.issues));
  const checks = spec.judge(parsed.output, limits);
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
    mark: markOf(checks),
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
