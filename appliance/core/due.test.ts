/** What is due when. */
import { expect, test } from "bun:test";
import { dueEvent, type Moment } from "./due.ts";
import type { Run } from "./run.ts";

const run = (state: Run["state"], enteredMs: number, deadlineMs: number | null): Run => ({
  ...{ id: "r", hostId: "h", state, rev: 1, profile: "quick", plan: ["InventoryCheck"], destructive: false },
  ...{
    attempt: 1,
    attemptReason: "first",
    restarts: 0,
    orders: {},
    bootId: "b",
    agentStart: 1,
    failure: null,
    command: null,
  },
  ...{ createdMs: 0, enteredMs, deadlineMs, lastSeenMs: null, endedMs: null },
});

const moment = (nowMs: number, more: Partial<Moment> = {}): Moment => ({
  ...{ nowMs, boxStartMs: 0, graceMs: 100, bootMs: 500, wakeMs: 700, lastSeenMs: null, lastBootMs: null },
  ...more,
});

test.each([
  ["nothing before its deadline", run("Booting", 0, 1000), moment(999), null],
  ["a deadline at its moment", run("Booting", 0, 1000), moment(1000), "deadlinePassed"],
  ["no deadline where none is", run("Registered", 0, null), moment(1e9), null],
  [
    "a deadline of the box's outage only after its grace",
    run("Booting", 0, 1000),
    moment(5050, { boxStartMs: 5000 }),
    null,
  ],
  [
    "a deadline of the box's outage after its grace",
    run("Booting", 0, 1000),
    moment(5100, { boxStartMs: 5000 }),
    "deadlinePassed",
  ],
  ["silence at the end of its grace", run("SMART", 0, 9000), moment(350, { lastSeenMs: 250 }), "agentLost"],
  ["no silence within its grace", run("SMART", 0, 9000), moment(349, { lastSeenMs: 250 }), null],
  ["no silence before the stage began", run("SMART", 300, 9000), moment(399, { lastSeenMs: 10 }), null],
  ["no silence of the box's outage", run("SMART", 0, 9000), moment(5099, { boxStartMs: 5000, lastSeenMs: 10 }), null],
  [
    "no silence of a server that boots again",
    run("SMART", 0, 9000),
    moment(799, { lastSeenMs: 250, lastBootMs: 300 }),
    null,
  ],
  [
    "silence of a boot that takes too long",
    run("SMART", 0, 9000),
    moment(800, { lastSeenMs: 250, lastBootMs: 300 }),
    "agentLost",
  ],
  [
    "silence after a boot that is over",
    run("SMART", 0, 9000),
    moment(500, { lastSeenMs: 400, lastBootMs: 300 }),
    "agentLost",
  ],
  [
    "no silence of a retried server that may have to be woken",
    { ...run("SMART", 50_000, 90_000), attemptReason: "retry" },
    moment(50_699, { lastSeenMs: 9_000 }),
    null,
  ],
  [
    "silence of a retried server that did not wake",
    { ...run("SMART", 50_000, 90_000), attemptReason: "retry" },
    moment(50_700, { lastSeenMs: 9_000 }),
    "agentLost",
  ],
  [
    "silence of a retried server whose agent had been there",
    { ...run("SMART", 50_000, 90_000), attemptReason: "retry" },
    moment(50_300, { lastSeenMs: 10_000 }),
    "agentLost",
  ],
  ["no silence in a hold", run("FailedHolding", 0, 9000), moment(8999), null],
] as const)("dueEvent: %s", (_, subject, at, expected) => {
  expect(dueEvent(subject, at)?.name ?? null).toBe(expected);
});

test("dueEvent tells how long the agent was silent", () => {
  expect(dueEvent(run("SMART", 0, 9000), moment(400, { lastSeenMs: 250 }))).toEqual({
    name: "agentLost",
    silentMs: 150,
  });
});
