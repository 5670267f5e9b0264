/** The pages that NEXT walks. */
import { expect, test } from "bun:test";
import { HELD, modelOf, PASSED, RUNNING, TROUBLES } from "./golden/models.ts";
import { isSamePage, listPages } from "./view.ts";

test("listPages begins with the box, then troubles, runs and results, each in the model's order", () => {
  expect(listPages(modelOf([HELD, RUNNING], { troubles: TROUBLES.slice(0, 1) }, [PASSED]))).toEqual([
    { kind: "home" },
    { kind: "trouble", trouble: "link-down" },
    { kind: "run", runId: HELD.id },
    { kind: "run", runId: RUNNING.id },
    { kind: "result", runId: PASSED.id },
  ]);
});

test("isSamePage tells pages by what they are of, not by the order of their fields", () => {
  expect(isSamePage({ kind: "run", runId: "a" }, { runId: "a", kind: "run" })).toBe(true);
  expect(isSamePage({ kind: "run", runId: "a" }, { kind: "run", runId: "b" })).toBe(false);
  expect(isSamePage({ kind: "run", runId: "a" }, { kind: "result", runId: "a" })).toBe(false);
});
