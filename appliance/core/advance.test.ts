/** What follows from an event at once; and the small rules beside it: ids, packed samples, turns. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { advance } from "./advance.ts";
import { renderId } from "./ids.ts";
import type { Run } from "./run.ts";
import { packSamples, statsOf, unpackSamples } from "./sample-chunk.ts";
import { worstDifference } from "./spec/difference.ts";
import { turnOf } from "./turn.ts";
import type { Difference } from "./views.ts";

test("renderId gives 16 letters for 10 bytes, another for every other bytes", () => {
  const hex = fc.uint8Array({ minLength: 10, maxLength: 10 }).map((bytes) => Buffer.from(bytes).toString("hex"));
  fc.assert(
    fc.property(hex, hex, (a, b) => {
      expect(renderId(a)).toMatch(/^[0-9a-hjkmnp-tv-z]{16}$/);
      expect(renderId(a) === renderId(b)).toBe(a === b);
    }),
  );
});

test("unpackSamples gives back what packSamples took, times to the millisecond and values to a float", () => {
  const value = fc.float({ noNaN: true, noDefaultInfinity: true });
  const sample = fc.record({ offsetMs: fc.nat(59_999), values: fc.array(value, { minLength: 3, maxLength: 3 }) });
  const startMs = 1_767_600_000_000;
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 20 }), (list) => {
      const samples = list.map(({ offsetMs, values }) => ({ atMs: startMs + offsetMs, values }));
      const bytes = packSamples(startMs, samples);
      expect(bytes.byteLength).toBe(samples.length * 16);
      expect(unpackSamples(startMs, 3, bytes)).toEqual(samples);
    }),
  );
});

test("statsOf aggregates each series of a set", () => {
  const samples = [
    { atMs: 1, values: [40, 1] },
    { atMs: 2, values: [60, -1] },
    { atMs: 3, values: [50, 3] },
  ];
  expect(statsOf(["tempC", "amps"], samples)).toEqual([
    { series: "tempC", count: 3, min: 40, sum: 150, max: 60, last: 50 },
    { series: "amps", count: 3, min: -1, sum: 3, max: 3, last: 3 },
  ]);
});

const run = (state: Run["state"]): Run => ({
  ...{ id: "r", hostId: "h", state, rev: 4, profile: "quick", plan: ["InventoryCheck"], destructive: false },
  ...{
    attempt: 2,
    attemptReason: "first",
    restarts: 0,
    orders: {},
    bootId: "b",
    agentStart: 1,
    failure: null,
    command: null,
  },
  ...{ createdMs: 0, enteredMs: 0, deadlineMs: 1000, lastSeenMs: null, endedMs: null },
});

test.each([
  ["Queued", false, { do: "wait" }],
  ["Booting", false, { do: "wait" }],
  ["InventoryCheck", false, { do: "run", stage: "InventoryCheck", attempt: 2, limitMs: 600, order: {} }],
  ["Network", true, { do: "wait" }],
  ["FailedHolding", false, { do: "hold" }],
  ["Completed", false, { do: "off" }],
  ["Released", false, { do: "off" }],
  ["Cancelled", false, { do: "off" }],
] as const)("turnOf in %s (waiting: %p)", (state, waits, turn) => {
  expect(turnOf(run(state), 400, waits)).toEqual(turn);
});

test("turnOf never answers a limit below zero", () => {
  expect(turnOf(run("SMART"), 5000, false)).toMatchObject({ limitMs: 0 });
});

const deadlines = { queuedMs: 1, wakeMs: 1, bootMs: 1, holdMs: 1, stageMs: () => 1 };
const posted = { name: "resultPosted", stage: "InventoryCheck", attempt: 2, failure: null } as const;
const difference = (severity: Difference["severity"], message: string): Difference => ({
  ...{ severity, message, code: "x", component: "x", expected: "", found: "" },
});

test("advance settles the box's own states in one go, with the effects of all", () => {
  const made = advance(run("InventoryCheck"), posted, 7, deadlines, [difference("warning", "w")]);
  if (made.kind !== "moved") throw new Error(made.kind);
  expect(made.moves.map((m) => `${m.from.state} ${m.event.name} ${m.to.rev}`)).toEqual([
    "InventoryCheck resultPosted 5",
    "SpecValidate specPassed 6",
    "Reporting reportClosed 7",
  ]);
  expect([made.run.state, made.effects]).toEqual(["Completed", ["renderReport"]]);
});

test("advance fails a critical difference and names the worst", () => {
  const found = [difference("info", "i"), difference("critical", "first"), difference("critical", "second")];
  const made = advance(run("InventoryCheck"), posted, 7, deadlines, found);
  if (made.kind !== "moved") throw new Error(made.kind);
  expect(made.run).toMatchObject({
    state: "FailedHolding",
    failure: { state: "SpecValidate", code: "spec-mismatch", message: worstDifference(found) },
  });
  expect(made.effects).toContain("issueHoldKey");
});

test("advance passes on what the table ignores or refuses", () => {
  expect(advance(run("Completed"), posted, 7, deadlines)).toEqual({ kind: "ignored" });
  expect(advance(run("Queued"), posted, 7, deadlines)).toMatchObject({ kind: "refused" });
});
