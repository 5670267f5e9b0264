/** What results mean. */
import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { resolveLimits } from "../../agent/stages/limits.ts";
import { defineStage } from "../../agent/stages/stage.ts";
import { WATCH_LIMITS } from "../../agent/watch/limits.ts";
import type { Check } from "../../agent/wire/check.ts";
import { RUN_STATES, VERDICTS } from "../../agent/wire/names.ts";
import type { Watch } from "../../agent/wire/watch.ts";
import { figuresOf } from "./orders.ts";
import { UNEXPECTED_DATA } from "./refused-disks.ts";
import type { Run } from "./run.ts";
import { parseSpec } from "./spec/spec.ts";
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

const FIGURES = { stage: {}, watch: resolveLimits(WATCH_LIMITS, "quick") };
const request = { bootId: "b", stage: "SMART", attempt: 1, startedMs: 0, durationMs: 0 } as const;
const measured = (...verdicts: readonly Check["verdict"][]) =>
  judgeResult(spec, { ...request, outcome: "measured", facts: { verdicts } }, FIGURES);

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
    const judged = judgeResult(spec, { ...request, outcome: "measured", facts }, FIGURES);
    expect(judged).toMatchObject({ outcome: "error", mark: "error", checks: [], failure: { code: "stage-error" } });
    expect(judged.failure?.message).toContain("at facts");
  }
  const place = judgeResult(spec, { ...request, outcome: "measured", facts: { verdicts: ["PASS", "GOOD"] } }, FIGURES);
  expect(place.reason).toContain("facts.verdicts.1");
});

test("judgeResult fails a stage that could not run or was stopped, whatever facts it brings", () => {
  const facts = { verdicts: ["PASS"] };
  expect(judgeResult(spec, { ...request, outcome: "error", reason: "no tool", facts }, FIGURES)).toMatchObject({
    outcome: "error",
    mark: "error",
    failure: { code: "stage-error", message: "no tool" },
  });
  expect(judgeResult(spec, { ...request, outcome: "cancelled", facts }, FIGURES)).toMatchObject({
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

describe("judgeResult with what was seen around the stage", () => {
  const disk = { kind: "disk" as const, component: "sda", text: "I/O error, dev sda", count: 1 };
  const around = (errors: readonly (typeof disk)[], isCut = false): Watch => ({
    ...{ durationMs: 60_000, figures: [], gone: [], temperatures: [], missing: [] },
    kernel: { errors: [...errors], xids: [], isCut },
  });
  const seen = (verdicts: readonly Check["verdict"][], watch: Watch) =>
    judgeResult(spec, { ...request, outcome: "measured", facts: { verdicts }, watch }, FIGURES);

  test("a FAIL around a stage that passed fails it, and is told after the stage's own", () => {
    const judged = seen(["PASS"], around([disk]));
    expect([judged.mark, judged.failure?.code, judged.failure?.message]).toEqual([
      "failed",
      "stage-failed",
      "disk sda: The kernel says: I/O error, dev sda",
    ]);
    expect(judged.checks[0]?.code).toBe("x");
    expect(judged.checks.some(({ code }) => code === "watch.disk-errors")).toBe(true);
  });

  test("a WARN makes it warned, and a quiet server makes no stage better", () => {
    expect(seen(["PASS"], around([], true)).mark).toBe("warned");
    expect(seen(["FAIL"], around([], true)).mark).toBe("failed");
    expect(seen(["SKIPPED"], around([])).mark).toBe("skipped");
    expect(seen(["WARN"], around([])).mark).toBe("warned");
    expect(seen(["PASS"], around([])).mark).toBe("passed");
  });

  test("an error around unexpected data leaves no override as the answer", () => {
    const data = { ...spec, judge: () => [{ ...checkOf("FAIL"), code: UNEXPECTED_DATA }] };
    const judged = (watch: Watch) =>
      judgeResult(data, { ...request, outcome: "measured", facts: { verdicts: [] }, watch }, FIGURES);
    expect(judged(around([])).failure?.code).toBe("unexpected-data");
    expect(judged(around([disk])).failure?.code).toBe("stage-failed");
  });

  test("a stage that could not run keeps what was seen around it", () => {
    const judged = judgeResult(
      spec,
      { ...request, outcome: "error", reason: "no tool", watch: around([disk]) },
      FIGURES,
    );
    expect(judged).toMatchObject({ outcome: "error", failure: { code: "stage-error", message: "no tool" } });
    expect(judged.checks.filter(({ verdict }) => verdict === "FAIL").map(({ code }) => code)).toEqual([
      "watch.disk-errors",
    ]);
  });

  test("its limits come from the host's spec", () => {
    const watch: Watch = {
      ...around([]),
      figures: [
        { kind: "memory-corrected", watchedCount: 1, changed: [{ component: "DIMM A1", before: 0, after: 3 }] },
      ],
    };
    const text = "limits:\n  watch:\n    memoryFailCount: 3\n";
    const parsed = parseSpec(text);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed));
    const by = (own: typeof parsed.value | null) =>
      judgeResult(
        spec,
        { ...request, outcome: "measured", facts: { verdicts: ["PASS"] }, watch },
        figuresOf(spec, own, "quick"),
      ).mark;
    expect([by(null), by(parsed.value)]).toEqual(["warned", "failed"]);
  });
});
