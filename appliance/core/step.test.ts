/** Tests of single steps as whole values, and of what holds on every walk through the table. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type RunState, STAGE_STATES, type StageState } from "../../agent/wire/names.ts";
import { anyDraw, anyPlan, DEADLINES, eventOf, REGISTERED } from "../../test/setup/runs.ts";
import { EVENT_NAMES, type RunEvent } from "./events.ts";
import type { Run } from "./run.ts";
import { AWAITS_PERSON, BOX_OWNED, isStage, TERMINAL, WAITING } from "./states.ts";
import { type Step, step } from "./step.ts";

const NOW = 1_000_000;

const moved = (run: Run, event: RunEvent, nowMs = NOW): Extract<Step, { kind: "moved" }> => {
  const made = step(run, event, nowMs, DEADLINES);
  if (made.kind !== "moved") throw new Error(`${event.name} was ${made.kind} in ${run.state}`);
  return made;
};

const passed = (stage: StageState, attempt = 1): RunEvent => ({ name: "resultPosted", stage, attempt, failure: null });
const failed = (stage: StageState, attempt = 1): RunEvent => ({
  name: "resultPosted",
  stage,
  attempt,
  failure: { code: "stage-failed", message: "Disk S1 has 3 pending sectors." },
});
const claimed = (bootId = "boot-a", agentStart = 1): RunEvent => ({ name: "claimed", bootId, agentStart });

/** Applies events one after another and tells what each did: state, effects, command. */
const walk = (from: Run, events: readonly RunEvent[]): { readonly run: Run; readonly trail: readonly string[] } => {
  let run = from;
  const trail = events.map((event) => {
    const made = moved(run, event);
    run = made.run;
    const command = run.command === null ? "" : ` ${run.command.cmd}#${run.command.id}`;
    return `${event.name}: ${run.state}${command}${made.effects.length > 0 ? ` [${made.effects.join(", ")}]` : ""}`;
  });
  return { run, trail };
};

const TO_STAGES: readonly RunEvent[] = [
  { name: "queued" },
  { name: "dispatched" },
  { name: "hostSeen" },
  claimed(),
  passed("InventoryCheck"),
  { name: "specPassed" },
];
const SHORT: Run = { ...REGISTERED, plan: ["InventoryCheck", "SMART"] };
const inSmart = walk(SHORT, TO_STAGES).run;
const held = walk(inSmart, [failed("SMART"), { name: "holdOpened" }]).run;

describe("step on the main paths", () => {
  test("from Registered to Completed", () => {
    expect(walk(SHORT, [...TO_STAGES, passed("SMART"), { name: "reportClosed" }]).trail).toMatchInlineSnapshot(`
      [
        "queued: Queued",
        "dispatched: WaitingWoL [wake, escalateWake]",
        "hostSeen: Booting",
        "claimed: InventoryCheck",
        "resultPosted: SpecValidate",
        "specPassed: SMART",
        "resultPosted: Reporting",
        "reportClosed: Completed shutdown#8 [renderReport]",
      ]
    `);
  });

  test("a failed stage is held, retried and passed", () => {
    const events: readonly RunEvent[] = [
      failed("SMART"),
      { name: "holdOpened" },
      { name: "retryRequested" },
      passed("SMART", 2),
      { name: "reportClosed" },
    ];
    expect(walk(inSmart, events).trail).toMatchInlineSnapshot(`
      [
        "resultPosted: Failed",
        "holdOpened: FailedHolding [issueHoldKey, identifyHost, renderReport]",
        "retryRequested: SMART retry_stage#9 [revokeHoldKey, identifyHost]",
        "resultPosted: Reporting",
        "reportClosed: Completed shutdown#11 [renderReport]",
      ]
    `);
  });

  test("a server that never booted is held without a command for anybody, and woken by the retry", () => {
    const events: readonly RunEvent[] = [
      { name: "queued" },
      { name: "dispatched" },
      { name: "deadlinePassed" },
      { name: "holdOpened" },
      { name: "retryRequested" },
      { name: "cancelRequested" },
    ];
    expect(walk(SHORT, events).trail).toMatchInlineSnapshot(`
      [
        "queued: Queued",
        "dispatched: WaitingWoL [wake, escalateWake]",
        "deadlinePassed: Failed [diagnoseLoss]",
        "holdOpened: FailedHolding [issueHoldKey, identifyHost, renderReport]",
        "retryRequested: WaitingWoL [revokeHoldKey, identifyHost, wake, escalateWake]",
        "cancelRequested: Cancelled [renderReport]",
      ]
    `);
  });

  test("a held run is released or cancelled", () => {
    expect(walk(held, [{ name: "releaseRequested" }]).trail).toMatchInlineSnapshot(`
      [
        "releaseRequested: Released abort#9 [revokeHoldKey, identifyHost, renderReport]",
      ]
    `);
    expect(walk(held, [{ name: "cancelRequested" }]).trail).toMatchInlineSnapshot(`
      [
        "cancelRequested: Cancelled abort#9 [revokeHoldKey, identifyHost, renderReport]",
      ]
    `);
    expect(walk(inSmart, [{ name: "cancelRequested" }]).trail).toMatchInlineSnapshot(`
      [
        "cancelRequested: Cancelled cancel_stage#7 [renderReport]",
      ]
    `);
  });
});

describe("step as a whole value", () => {
  test("the first claim gives the turn to Inventory", () => {
    const booting: Run = { ...SHORT, state: "Booting", rev: 3, deadlineMs: 7 };
    expect(moved(booting, claimed("boot-a", 1))).toEqual({
      kind: "moved",
      run: {
        ...booting,
        ...{ state: "InventoryCheck", rev: 4, attempt: 1, attemptReason: "first" },
        ...{ bootId: "boot-a", agentStart: 1, lastSeenMs: NOW, enteredMs: NOW, deadlineMs: NOW + 100_000 },
      },
      effects: [],
    });
  });

  test("a reboot begins the stage again with a new attempt and a new deadline", () => {
    const later = moved(inSmart, claimed("boot-b", 1), NOW + 5);
    expect(later).toEqual({
      kind: "moved",
      run: {
        ...inSmart,
        ...{ rev: inSmart.rev + 1, attempt: 2, attemptReason: "reboot", bootId: "boot-b", lastSeenMs: NOW + 5 },
        restarts: 1,
        ...{ enteredMs: NOW + 5, deadlineMs: NOW + 5 + 100_001 },
      },
      effects: [],
    });
    expect(moved(inSmart, claimed("boot-a", 2)).run.attemptReason).toBe("agent-restart");
  });

  test("the same claim again changes nothing", () => {
    expect(step(inSmart, claimed("boot-a", 1), NOW, DEADLINES)).toEqual({ kind: "ignored" });
  });

  test("the last attempt that is begun by itself fails the run", () => {
    const tired = { ...inSmart, attempt: 7, restarts: 4 };
    expect(moved(tired, claimed("boot-b", 1)).run.failure).toEqual({
      state: "SMART",
      code: "restart-limit",
      message: "The server or its agent restarted 5 times in SMART.",
    });
  });

  test("an operator's retry gives the stage its own restarts again", () => {
    expect(moved({ ...held, attempt: 5, restarts: 4 }, { name: "retryRequested" }).run).toMatchObject({
      attempt: 6,
      restarts: 0,
    });
  });

  test("a result of another stage or attempt is old news", () => {
    expect(step(inSmart, passed("InventoryCheck"), NOW, DEADLINES)).toEqual({ kind: "ignored" });
    expect(step(inSmart, passed("SMART", 2), NOW, DEADLINES)).toEqual({ kind: "ignored" });
  });

  test("an override retries Storage with its id, and nothing else", () => {
    const refused = step(held, { name: "wipeOverridden", overrideId: "o1" }, NOW, DEADLINES);
    expect(refused).toEqual({ kind: "refused", reason: "wipeOverridden is not possible in FailedHolding" });
    const broken = { state: "Storage", code: "stage-failed", message: "A bad sector." } as const;
    expect(step({ ...held, failure: broken }, { name: "wipeOverridden", overrideId: "o1" }, NOW, DEADLINES)).toEqual(
      refused,
    );
    const heldStorage: Run = { ...held, failure: { ...broken, code: "unexpected-data", message: "Data found." } };
    const made = moved(heldStorage, { name: "wipeOverridden", overrideId: "o1" });
    expect(made.run.command).toEqual({
      id: made.run.rev,
      cmd: "retry_stage",
      stage: "Storage",
      attempt: 2,
      overrideId: "o1",
    });
    expect(made.run.attemptReason).toBe("override");
  });

  test("a retry wakes a held server that fell silent, and gives it the time of a boot; one that is there it does not", () => {
    const there = moved({ ...held, lastSeenMs: NOW - 40_000 }, { name: "retryRequested" });
    const silent = moved({ ...held, lastSeenMs: NOW - 40_001 }, { name: "retryRequested" });
    expect(there.effects).toEqual(["revokeHoldKey", "identifyHost"]);
    expect(silent.effects).toEqual(["revokeHoldKey", "identifyHost", "wake", "escalateWake"]);
    expect(silent.run).toEqual({
      ...there.run,
      lastSeenMs: NOW - 40_001,
      deadlineMs: (there.run.deadlineMs ?? 0) + DEADLINES.wakeMs + DEADLINES.bootMs,
    });
  });

  test("a spec that did not fit is compared with a fresh inventory", () => {
    const unfit = walk(SHORT, [
      ...TO_STAGES.slice(0, 5),
      { name: "specFailed", message: "Disk S1 is missing." },
      { name: "holdOpened" },
    ]);
    expect(unfit.run.failure).toEqual({ state: "SpecValidate", code: "spec-mismatch", message: "Disk S1 is missing." });
    const again = moved(unfit.run, { name: "retryRequested" }).run;
    expect({ state: again.state, attempt: again.attempt }).toEqual({ state: "InventoryCheck", attempt: 2 });
  });

  test.each([
    ["agentLost", { name: "agentLost", silentMs: 180_400 }, "agent-lost", "The agent was silent for 180 s in SMART."],
    ["deadlinePassed", { name: "deadlinePassed" }, "stage-timeout", "SMART gave no result within its limit."],
  ] as const)("%s fails a stage with its own words", (_name, event, code, message) => {
    expect(moved(inSmart, event).run.failure).toEqual({ state: "SMART", code, message });
  });

  test("an agent that comes back while its server is held changes neither the hold's end nor its key", () => {
    const back = moved(held, claimed("boot-b", 1), NOW + 500);
    expect(back).toEqual({
      kind: "moved",
      run: { ...held, rev: held.rev + 1, bootId: "boot-b", agentStart: 1, lastSeenMs: NOW + 500 },
      effects: [],
    });
  });
});

/** What a walk has seen of a run. */
interface Seen {
  readonly attempts: Set<string>;
  readonly results: Set<string>;
  keys: number;
}

const LEAVES_STAGE: readonly RunEvent["name"][] = ["resultPosted", "agentLost", "deadlinePassed", "cancelRequested"];

/** Holds one move against everything that must be true of any. */
const checkMove = (from: Run, event: RunEvent, made: Extract<Step, { kind: "moved" }>, seen: Seen): void => {
  const { run } = made;
  expect(run.rev).toBe(from.rev + 1);
  expect(run.deadlineMs !== null).toBe(WAITING.has(run.state));
  expect(run.endedMs !== null).toBe(TERMINAL.has(run.state));
  expect(TERMINAL.has(from.state)).toBe(false);
  expect(run.command === null || (run.command.id === run.rev && run.bootId !== null)).toBe(true);
  if (run.state !== "Cancelled")
    expect(run.failure !== null).toBe(["Failed", "FailedHolding", "Released"].includes(run.state));
  if (isStage(from.state) && run.state !== from.state) {
    const restarted = event.name === "claimed" && run.state === "Failed";
    expect(restarted || LEAVES_STAGE.includes(event.name)).toBe(true);
  }
  if (event.name === "resultPosted") {
    const key = `${event.stage}/${event.attempt}`;
    expect({ from: from.state, attempt: from.attempt }).toEqual({ from: event.stage, attempt: event.attempt });
    expect(seen.results.has(key)).toBe(false);
    seen.results.add(key);
  }
  if (isStage(run.state)) {
    const key = `${run.state}/${run.attempt}`;
    expect(seen.attempts.has(key)).toBe(false);
    seen.attempts.add(key);
    expect(run.plan).toContain(run.state);
  }
  for (const effect of made.effects) {
    if (effect === "issueHoldKey") seen.keys += 1;
    if (effect === "revokeHoldKey") seen.keys -= 1;
  }
  expect(seen.keys).toBe(run.state === "FailedHolding" ? 1 : 0);
  // Whoever begins or ends to need a person tells the LED, and nobody else does.
  expect(made.effects.includes("identifyHost")).toBe(AWAITS_PERSON.has(from.state) !== AWAITS_PERSON.has(run.state));
};

/** In a state of its own the box decides at once. */
const ownEvents: Partial<Record<RunState, readonly RunEvent["name"][]>> = {
  SpecValidate: ["specPassed", "specFailed"],
  Reporting: ["reportClosed"],
  Failed: ["holdOpened"],
};

/** Names as a walk draws them: what ends a run seldom, or no walk would see much. */
const WALK_NAMES = EVENT_NAMES.flatMap((name) => Array<typeof name>(/^(cancel|release)/.test(name) ? 1 : 8).fill(name));

test("step keeps its promises on every walk: one result an attempt, one key a hold, a deadline while waiting, an end that stands", () => {
  const walks = { ended: 0, held: 0 };
  fc.assert(
    fc.property(anyPlan, fc.array(anyDraw, { minLength: 60, maxLength: 120, size: "max" }), (plan, draws) => {
      const seen: Seen = { attempts: new Set(), results: new Set(), keys: 0 };
      let run: Run = { ...REGISTERED, plan };
      for (const [count, draw] of draws.entries()) {
        const names = ownEvents[run.state] ?? WALK_NAMES;
        const event = eventOf(names[draw.name % names.length] ?? "queued", run, draw);
        const made = step(run, event, NOW + count, DEADLINES);
        if (made.kind !== "moved") {
          expect(BOX_OWNED.has(run.state)).toBe(false); // the box's own decision is never refused
          continue;
        }
        checkMove(run, event, made, seen);
        run = made.run;
        if (run.state === "FailedHolding") walks.held += 1;
      }
      if (TERMINAL.has(run.state)) walks.ended += 1;
    }),
    { numRuns: 300, seed: 20_261_121 },
  );
  expect(walks.ended).toBeGreaterThan(100); // the walks went somewhere
  expect(walks.held).toBeGreaterThan(100);
});

test("step takes every stage's first attempt from the plan", () => {
  const run = walk({ ...REGISTERED, plan: STAGE_STATES }, TO_STAGES).run;
  expect({ state: run.state, attempt: run.attempt, reason: run.attemptReason }).toEqual({
    ...{ state: "SMART", attempt: 1, reason: "first" },
  });
});
