import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RUN_STATES } from "../../agent/wire/names.ts";
import { anyDraw, anyRunIn, DEADLINES, eventOf, REGISTERED } from "../../test/setup/runs.ts";
import { advance } from "./advance.ts";
import { ANNOUNCEMENT_TYPES, type Announcement, announceMove } from "./announcement.ts";
import { EVENT_NAMES, type RunEvent } from "./events.ts";
import type { Run } from "./run.ts";

/** The announcements of one event and of all that follows from it. */
const told = (run: Run, event: RunEvent): readonly Announcement[] => {
  const made = advance(run, event, 1000, DEADLINES);
  return made.kind === "moved" ? made.moves.map(announceMove) : [];
};
const inStage: Run = { ...REGISTERED, state: "SMART", attempt: 1, bootId: "b" };

describe("announceMove", () => {
  test("tells a failed stage with its reason, then that the run is held", () => {
    const failure = { code: "stage-failed", message: "Disk S1 has 3 pending\u202e sectors." } as const;
    const events = told(inStage, { name: "resultPosted", stage: "SMART", attempt: 1, failure });
    expect(events.map(({ type, stage, severity, summary }) => [type, stage, severity, summary])).toEqual([
      ["stage.failed", "SMART", "critical", "Disk S1 has 3 pending\ufffd sectors."],
      ["run.held", null, "critical", "Held: you decide"],
    ]);
  });

  test("does not say that a stage passed: it is done", () => {
    const [done] = told(inStage, { name: "resultPosted", stage: "SMART", attempt: 1, failure: null });
    expect(done).toMatchObject({
      type: "stage.done",
      stage: "SMART",
      severity: "info",
      summary: "Checking disk health: done",
    });
  });

  test("tells a reboot within a stage as a warning", () => {
    const [again] = told(inStage, { name: "claimed", bootId: "c", agentStart: 1 });
    expect(again).toMatchObject({ type: "stage.restarted", severity: "warning", summary: "The server rebooted" });
  });

  test("tells an allowed wipe as a warning", () => {
    const failure = { state: "Storage", code: "unexpected-data", message: "Data." } as const;
    const held: Run = { ...inStage, state: "FailedHolding", failure };
    expect(told(held, { name: "wipeOverridden", overrideId: "o1" })).toMatchObject([
      { type: "wipe.allowed", severity: "warning", stage: "Storage", summary: "Testing disks" },
    ]);
  });

  test("has an announcement for every transition, critical where the run fails", () => {
    const seen = new Set<string>();
    const anyRun = fc.constantFrom(...RUN_STATES).chain(anyRunIn);
    fc.assert(
      fc.property(anyRun, fc.constantFrom(...EVENT_NAMES), anyDraw, (run, name, draw) => {
        const made = advance(run, eventOf(name, run, draw), 1000, DEADLINES);
        if (made.kind !== "moved") return;
        for (const move of made.moves) {
          const one = announceMove(move);
          seen.add(one.type);
          const fails = ["Failed", "FailedHolding"].includes(one.to) && one.type !== "agent.back";
          expect([one.severity === "critical", one.rev, one.to]).toEqual([fails, move.to.rev, move.to.state]);
          expect(one.summary).not.toBe("");
        }
      }),
      { seed: 7, numRuns: 5000 },
    );
    // The table asks for a refused wipe, which no random run has; the test above does.
    expect(ANNOUNCEMENT_TYPES.filter((type) => !seen.has(type))).toEqual(["wipe.allowed"]);
  });
});
