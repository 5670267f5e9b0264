/** What is left of a run. */
import { expect, test } from "bun:test";
import { REGISTERED } from "../../test/setup/runs.ts";
import { restOfRun, restOfStage } from "./eta.ts";

test.each([
  [1000, 250, null, 750],
  [1000, 250, 0.01, 750],
  [1000, 250, 0.25, 750],
  [1000, 500, 0.25, 1500],
  [1000, 3000, null, 0],
  [1000, 3000, 1, 0],
] as const)("restOfStage of %p ms after %p ms at %p is %p ms", (expectedMs, elapsedMs, progress, restMs) => {
  expect(restOfStage(expectedMs, elapsedMs, progress)).toBe(restMs);
});

test("restOfRun adds the stages to come, and says nothing of a run that is in no stage", () => {
  const orders = {
    SMART: { order: {}, expectedMs: 100 },
    Memory: { order: {}, expectedMs: 50 },
    PSU: { order: {}, expectedMs: 7 },
  };
  const run = {
    ...REGISTERED,
    state: "SMART",
    plan: ["InventoryCheck", "SMART", "Memory", "PSU"],
    orders,
    enteredMs: 10,
  } as const;
  expect(restOfRun(run, null, 40)).toBe(70 + 57);
  expect(restOfRun({ ...run, state: "PSU" }, 0.5, 20)).toBe(10);
  expect(restOfRun({ ...run, state: "FailedHolding" }, null, 40)).toBeNull();
});
