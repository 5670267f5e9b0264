/** Runs and events for the tests of the table: one plain sample, and generators of every kind. */
import fc from "fast-check";
import { RUN_STATES, type RunState, STAGE_STATES, type StageState } from "../../agent/wire/names.ts";
import type { EventName, RunEvent } from "../../appliance/core/events.ts";
import { FAILURE_CODES, type Run } from "../../appliance/core/run.ts";
import type { Deadlines } from "../../appliance/core/step.ts";

/** Deadlines that tell by their figure where they come from. */
export const DEADLINES: Deadlines = {
  queuedMs: 1_000,
  wakeMs: 2_000,
  bootMs: 3_000,
  holdMs: 4_000,
  stageMs: (stage) => 100_000 + STAGE_STATES.indexOf(stage),
};

/** A run as it is registered: all stages planned, nothing done. */
export const REGISTERED: Run = {
  id: "run-1",
  hostId: "host-1",
  state: "Registered",
  rev: 0,
  profile: "quick",
  plan: STAGE_STATES,
  destructive: false,
  attempt: 0,
  restarts: 0,
  orders: {},
  attemptReason: "first",
  bootId: null,
  agentStart: 0,
  failure: null,
  command: null,
  createdMs: 10,
  enteredMs: 10,
  deadlineMs: null,
  lastSeenMs: null,
  endedMs: null,
};

/** The boot sessions that samples know. */
export const BOOTS = ["boot-a", "boot-b"] as const;

/** Inventory first, then any of the other stages in order. */
export const anyPlan: fc.Arbitrary<readonly StageState[]> = fc
  .subarray(STAGE_STATES.slice(1))
  .map((rest) => ["InventoryCheck", ...rest]);

/** A run in this state, with whatever a run may carry there. */
export const anyRunIn = (state: RunState): fc.Arbitrary<Run> =>
  fc
    .record({
      plan: anyPlan,
      attempt: fc.integer({ min: 0, max: 7 }),
      restarts: fc.integer({ min: 0, max: 7 }),
      bootId: fc.constantFrom(null, ...BOOTS),
      agentStart: fc.integer({ min: 0, max: 3 }),
      failed: fc.option(fc.constantFrom(...RUN_STATES)),
      code: fc.constantFrom(...FAILURE_CODES),
    })
    .map(({ failed, code, ...rest }) => ({
      ...REGISTERED,
      ...rest,
      state,
      failure: failed === null ? null : { state: failed, code, message: "It failed." },
    }));

/** What chance decides about one event, before it is known which event of which run it will be. */
export interface Draw {
  /** Picks one of the names that are possible. */
  readonly name: number;
  readonly bootId: (typeof BOOTS)[number];
  readonly agentStart: number;
  /** Null: the run's own. */
  readonly stage: StageState | null;
  /** Null: the run's own. */
  readonly attempt: number | null;
  readonly failure: Extract<RunEvent, { readonly name: "resultPosted" }>["failure"];
}

/** Most often null, which stands for what fits. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

/** Draws whose results most often fit the run's stage and attempt. */
export const anyDraw: fc.Arbitrary<Draw> = fc.record({
  name: fc.nat({ max: 10_000 }),
  bootId: fc.constantFrom(...BOOTS),
  agentStart: fc.integer({ min: 1, max: 3 }),
  stage: seldom(fc.constantFrom(...STAGE_STATES)),
  attempt: seldom(fc.integer({ min: 1, max: 7 })),
  failure: seldom(fc.record({ code: fc.constantFrom(...FAILURE_CODES), message: fc.constant("A check failed.") })),
});

/** The event of this name that a draw makes for a run. */
export const eventOf = (name: EventName, run: Run, draw: Draw): RunEvent => {
  const { bootId, agentStart, failure } = draw;
  switch (name) {
    case "claimed":
      return { name, bootId, agentStart };
    case "resultPosted": {
      const own = STAGE_STATES.find((stage) => stage === run.state) ?? "SMART";
      return { name, stage: draw.stage ?? own, attempt: draw.attempt ?? Math.max(1, run.attempt), failure };
    }
    case "specFailed":
      return { name, message: "The disk S1 is missing." };
    case "wipeOverridden":
      return { name, overrideId: "override-1" };
    case "agentLost":
      return { name, silentMs: 200_000 };
    default:
      return { name };
  }
};
