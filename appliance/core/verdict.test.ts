/** What results mean. */
import { expect, test } from "bun:test";
import * as v from "valibot";
import { defineStage } from "../../agent/stages/stage.ts";
import type { Check } from "../../agent/wire/check.ts";
import { RUN_STATES, VERDICTS } from "../../agent/wire/names.ts";
import type { Run } from "./run.ts";
import { judgeResult, markOf, specMark, verdictOf } from "./verdict.ts";

const checkOf = (verdict: Check["verdict"]): Check => ({ code: "x", verdict, component: "part", message: "As said." });

/** A stage whose facts are its checks' verdicts. */
const spec = defineStage({
  state: "SMART",
  key: "smart",
  title: "SMART",
  facts: v.object({ verdicts: v.array(v.picklist(VERDICTS)) }),
  order: v.object({}),
  limits: {},
  packages: [],
  rules: [],
  orderOf: () => ({}),
  plan: () => ({ expectedMs: 1, steps: [] }),
  judge: ({ verdicts }) => verdicts.map(checkOf),
  summarise: ({ verdicts }) => verdicts.join(),
});

const request = { bootId: "b", stage: "SMART", attempt: 1, startedMs: 0, durationMs: 0 } as const;
const measured = (...verdicts: readonly Check["verdict"][]) =>
  judgeResult(spec, { ...request, outcome: "measured", facts: { verdicts } }, {});

test.each([
  [["PASS"], "passed", null],
  [["PASS", "SKIPPED"], "passed", null],
  [["SKIPPED"], "skipped", null],
  [[], "passed", null],
  [["PASS", "WARN"], "warned", null],
  [["PASS", "ERROR"], "warned", null],
  [["SKIPPED", "ERROR"], "warned", null],
  [["PASS", "FAIL"], "failed", "part: As said."],
  [["FAIL", "ERROR", "FAIL"], "failed", "part: As said. (and 1 more)"],
] as const)("judgeResult of %j marks %s", (verdicts, mark, message) => {
  const judged = measured(...verdicts);
  expect([judged.mark, judged.failure?.message ?? null]).toEqual([mark, message]);
  expect(judged.failure?.code ?? "stage-failed").toBe("stage-failed");
  expect(markOf(verdicts.map(checkOf))).toBe(mark);
});

test("judgeResult takes invalid facts as a stage that could not run, with their place", () => {
  for (const facts of [{ verdicts: ["PASS", "GOOD"] }, null, undefined, "text", []]) {
    const judged = judgeResult(spec, { ...request, outcome: "measured", facts }, {});
    expect(judged).toMatchObject({ outcome: "error", mark: "error", checks: [], failure: { code: "stage-error" } });
    expect(judged.failure?.message).toContain("at facts");
  }
  const place = judgeResult(spec, { ...request, outcome: "measured", facts: { verdicts: ["PASS", "GOOD"] } }, {});
  expect(place.reason).toContain("facts.verdicts.1");
});

test("judgeResult fails a stage that could not run or was stopped, whatever facts it brings", () => {
  const facts = { verdicts: ["PASS"] };
  expect(judgeResult(spec, { ...request, outcome: "error", reason: "no tool", facts }, {})).toMatchObject({
    outcome: "error",
    mark: "error",
    failure: { code: "stage-error", message: "no tool" },
  });
  expect(judgeResult(spec, { ...request, outcome: "cancelled", facts }, {})).toMatchObject({
    outcome: "cancelled",
    mark: "cancelled",
    failure: { code: "stage-error" },
  });
});

test("specMark is as bad as the worst difference", () => {
  const found = (...severities: readonly ("critical" | "warning" | "info")[]) =>
    specMark(
      severities.map((severity) => ({ severity, code: "x", component: "x", expected: "", found: "", message: "" })),
    );
  expect([found(), found("info"), found("info", "warning"), found("warning", "critical")]).toEqual([
    "passed",
    "passed",
    "warned",
    "failed",
  ]);
});

test("verdictOf is pass only for a Completed run in which nothing but passes and skips stands", () => {
  const failure = { state: "SMART", code: "stage-failed", message: "" } as const;
  const of = (state: Run["state"], marks: Parameters<typeof verdictOf>[1], failed = false) =>
    verdictOf({ state, failure: failed ? failure : null } as Run, marks);
  expect(of("Completed", { InventoryCheck: "passed", SMART: "skipped" })).toBe("pass");
  for (const mark of ["warned", "error", "failed", "cancelled", "running", "waiting"] as const)
    expect(of("Completed", { InventoryCheck: "passed", SMART: mark })).toBe("warn");
  expect(of("FailedHolding", {}, true)).toBe("held");
  expect([of("Released", {}, true), of("Cancelled", {}), of("SMART", {})]).toEqual(["fail", "cancelled", "running"]);
  const passes = RUN_STATES.filter((s) => of(s, {}) === "pass");
  expect(passes).toEqual(["Completed"]);
});
