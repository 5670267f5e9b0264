/** Tests of the table as a whole: what can be reached, where it ends, and that named sets and picks say what it says. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RUN_STATES, type RunState, STAGE_STATES, type StageState } from "../../agent/wire/names.ts";
import { anyDraw, anyRunIn, BOOTS, DEADLINES, eventOf, REGISTERED } from "../../test/setup/runs.ts";
import { EVENT_NAMES, type EventName, type RunEvent } from "./events.ts";
import type { Run } from "./run.ts";
import {
  AGENT_EXPECTED,
  BOX_OWNED,
  OPERATOR_MAY_CANCEL,
  OPERATOR_MAY_RELEASE,
  OPERATOR_MAY_RETRY,
  TERMINAL,
  WAITING,
} from "./states.ts";
import { step } from "./step.ts";
import { MAX_RESTARTS, type Outcome, TRANSITIONS, targetsOf } from "./transitions.ts";

const exitsOf = (state: RunState): readonly RunState[] =>
  EVENT_NAMES.flatMap((event) => targetsOf(TRANSITIONS[state][event]));

/** States in which this event leads to another. */
const movedBy = (event: EventName): ReadonlySet<RunState> =>
  new Set(RUN_STATES.filter((state) => targetsOf(TRANSITIONS[state][event]).some((to) => to !== state)));

/** Asks a cell, whatever its kind. */
const answerOf = (run: Run, event: RunEvent): Outcome => {
  const cell = TRANSITIONS[run.state][event.name];
  return typeof cell === "string" ? cell : cell.pick(run, event);
};

describe("TRANSITIONS", () => {
  test("every state is reached from Registered", () => {
    const reached = new Set<RunState>(["Registered"]);
    for (const state of reached) for (const next of exitsOf(state)) reached.add(next);
    expect(RUN_STATES.filter((state) => !reached.has(state))).toEqual([]);
  });

  test("an end is reached from every state", () => {
    const ending = new Set<RunState>(TERMINAL);
    for (const _ of RUN_STATES)
      for (const state of RUN_STATES) if (exitsOf(state).some((to) => ending.has(to))) ending.add(state);
    expect(RUN_STATES.filter((state) => !ending.has(state))).toEqual([]);
  });

  test("the ends are exactly the states without a way out", () => {
    expect(new Set(RUN_STATES.filter((state) => exitsOf(state).length === 0))).toEqual(new Set(TERMINAL));
  });

  test("the box's own states take only the box's own events", () => {
    const own: readonly EventName[] = ["specPassed", "specFailed", "reportClosed", "holdOpened"];
    for (const state of BOX_OWNED) {
      const taken = EVENT_NAMES.filter((event) => TRANSITIONS[state][event] !== "refuse");
      expect({ state, foreign: taken.filter((event) => !own.includes(event)) }).toEqual({ state, foreign: [] });
      expect(taken.length).toBeGreaterThan(0);
    }
    for (const event of own) expect([...movedBy(event)].filter((state) => !BOX_OWNED.has(state))).toEqual([]);
  });

  test("every waiting state, and no other, is ended by its deadline", () => {
    expect(movedBy("deadlinePassed")).toEqual(new Set(WAITING));
  });

  test("the named sets are what the table says", () => {
    expect(movedBy("cancelRequested")).toEqual(new Set(OPERATOR_MAY_CANCEL));
    expect(movedBy("releaseRequested")).toEqual(new Set(OPERATOR_MAY_RELEASE));
    expect(movedBy("retryRequested")).toEqual(new Set(OPERATOR_MAY_RETRY));
    expect(movedBy("agentLost")).toEqual(new Set(AGENT_EXPECTED));
  });

  test("a stage goes forward, to the box, or to an end: never back", () => {
    for (const stage of STAGE_STATES) {
      const later = STAGE_STATES.slice(STAGE_STATES.indexOf(stage) + 1);
      const allowed: readonly RunState[] = [stage, ...later, "SpecValidate", "Reporting", "Failed", "Cancelled"];
      expect(exitsOf(stage).filter((to) => !allowed.includes(to))).toEqual([]);
    }
  });
});

/** Plans with no, one and two stages after Inventory, and the whole: enough for every pick to show all its answers. */
const PLANS: readonly (readonly StageState[])[] = [
  ["InventoryCheck"],
  ...STAGE_STATES.slice(1).flatMap((one, index) => [
    ["InventoryCheck", one] as const,
    ...STAGE_STATES.slice(index + 2).map((two) => ["InventoryCheck", one, two] as const),
  ]),
  STAGE_STATES,
];

const claims: readonly RunEvent[] = BOOTS.flatMap((bootId) =>
  [1, 2].map((agentStart) => ({ name: "claimed" as const, bootId, agentStart })),
);

const results = (run: Run): readonly RunEvent[] =>
  [null, { code: "stage-failed" as const, message: "A check failed." }].flatMap((failure) =>
    [run.attempt, run.attempt + 1].flatMap((attempt) =>
      STAGE_STATES.map((stage) => ({ name: "resultPosted" as const, stage, attempt, failure })),
    ),
  );

const plain: readonly RunEvent[] = [
  { name: "specPassed" },
  { name: "wipeOverridden", overrideId: "o" },
  { name: "retryRequested" },
];

/** Events that carry nothing that a pick reads. */
const rest: readonly RunEvent[] = [
  { name: "queued" },
  { name: "dispatched" },
  { name: "hostSeen" },
  { name: "specFailed", message: "The disk S1 is missing." },
  { name: "reportClosed" },
  { name: "holdOpened" },
  { name: "releaseRequested" },
  { name: "cancelRequested" },
  { name: "agentLost", silentMs: 1 },
  { name: "deadlinePassed" },
];

const runsIn = (state: RunState): readonly Run[] =>
  PLANS.filter(
    (plan) => plan.includes(state as StageState) || !(STAGE_STATES as readonly RunState[]).includes(state),
  ).flatMap((plan) =>
    [0, MAX_RESTARTS].flatMap((restarts) =>
      (state === "FailedHolding" ? RUN_STATES : [null]).flatMap((failed) =>
        [null, BOOTS[0]].map((bootId) => ({
          ...REGISTERED,
          ...{ state, plan, attempt: restarts + 1, restarts, bootId, agentStart: 1 },
          failure:
            failed === null
              ? null
              : {
                  state: failed,
                  code: failed === "Storage" ? ("unexpected-data" as const) : ("stage-failed" as const),
                  message: "It failed.",
                },
        })),
      ),
    ),
  );

describe("the picks of TRANSITIONS", () => {
  test("answer only what their cell lists, whatever the run and the event", () => {
    for (const state of RUN_STATES)
      for (const name of EVENT_NAMES) {
        const cell = TRANSITIONS[state][name];
        if (typeof cell === "string") continue;
        const listed: readonly Outcome[] = [...cell.targets, "ignore", "refuse"];
        fc.assert(
          fc.property(anyRunIn(state), anyDraw, (run, draw) =>
            listed.includes(cell.pick(run, eventOf(name, run, draw))),
          ),
        );
      }
  });

  test("give every answer that their cell lists", () => {
    const missing = RUN_STATES.flatMap((state) => {
      const runs = runsIn(state);
      return EVENT_NAMES.flatMap((name) => {
        const cell = TRANSITIONS[state][name];
        if (typeof cell === "string") return [];
        const events = (run: Run) => [...claims, ...results(run), ...plain].filter((event) => event.name === name);
        const given = new Set(runs.flatMap((run) => events(run).map((event) => answerOf(run, event))));
        return cell.targets.filter((target) => !given.has(target)).map((target) => `${state} ${name} → ${target}`);
      });
    });
    expect(missing).toEqual([]);
  });

  test("send every run that starts over its plan through exactly its plan", () => {
    for (const plan of PLANS) {
      const passed: StageState[] = [];
      let state: RunState = "Booting";
      while (state !== "Completed") {
        const run: Run = { ...REGISTERED, plan, state, attempt: 1 };
        const stage = STAGE_STATES.find((one) => one === state);
        if (stage !== undefined) passed.push(stage);
        const next: RunEvent =
          state === "Booting"
            ? { name: "claimed", bootId: BOOTS[0], agentStart: 1 }
            : state === "SpecValidate"
              ? { name: "specPassed" }
              : state === "Reporting"
                ? { name: "reportClosed" }
                : { name: "resultPosted", stage: stage ?? "PSU", attempt: 1, failure: null };
        const answer = answerOf(run, next);
        if (answer === "ignore" || answer === "refuse") throw new Error(`stuck in ${state}`);
        state = answer;
      }
      expect(passed).toEqual([...plan]);
    }
  });
});

test("step gives a deadline in the waiting states and in no other", () => {
  const waits = new Map<RunState, Set<boolean>>();
  for (const run of RUN_STATES.flatMap(runsIn))
    for (const event of [...claims, ...results(run), ...plain, ...rest]) {
      const made = step(run, event, 50, DEADLINES);
      if (made.kind !== "moved" || made.run.state === run.state) continue;
      waits.set(made.run.state, (waits.get(made.run.state) ?? new Set()).add(made.run.deadlineMs !== null));
    }
  expect(waits).toEqual(new Map([...waits.keys()].map((state) => [state, new Set([WAITING.has(state)])])));
  expect(RUN_STATES.filter((state) => !waits.has(state))).toEqual(["Registered"]);
});
