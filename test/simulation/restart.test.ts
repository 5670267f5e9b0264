/** A box that loses power at any state goes on where its record stands. */
import { expect, test } from "bun:test";
import type { RunState } from "../../agent/wire/names.ts";
import { type Journey, openJourney } from "./journey.ts";

/** A whole run, one step a line: what is done, and the state that it leads to. */
const STEPS: readonly (readonly [RunState, (j: Journey) => Promise<unknown>])[] = [
  ["Queued", (j) => j.start()],
  ["WaitingWoL", (j) => j.tick()],
  ["Booting", (j) => j.script()],
  ["InventoryCheck", (j) => j.claim()],
  ["FailedHolding", (j) => j.result("InventoryCheck", "bad")],
  ["InventoryCheck", async (j) => j.box.operators.retryRun(j.runId, "operator")],
  ["SMART", (j) => j.result("InventoryCheck", "good", 2)],
  ["Storage", (j) => j.result("SMART")],
  ["Network", (j) => j.result("Storage")],
  ["Completed", (j) => j.result("Network")],
];

test.each(STEPS.map(([state], i) => [state, i] as const))(
  "openOrchestrator goes on after a power cut in %s (step %d)",
  async (state, cutAt) => {
    await using journey = await openJourney();
    for (const [i, [expected, act]] of STEPS.entries()) {
      await act(journey);
      if (i === cutAt) {
        expect((await journey.run()).state).toBe(state);
        await journey.restartBox();
      }
      expect((await journey.run()).state).toBe(expected);
    }
    const { command, turn } = await journey.heartbeat();
    expect([command.cmd, turn.do]).toEqual(["shutdown", "off"]);
    await journey.heartbeat([command.id]);
    expect(await journey.box.agents.authorise(journey.runId, journey.token)).toMatchObject({ ok: false });
    expect((await journey.run()).verdict).toBe("pass");
  },
);

test("openOrchestrator carries out the effects that a power cut interrupted", async () => {
  await using journey = await openJourney();
  journey.failing = true;
  await journey.toHold();
  expect((await journey.run()).hold).toBeNull();
  journey.failing = false;
  await journey.restartBox();
  await journey.tick();
  expect((await journey.run()).hold).toMatchObject({ keyShown: false, installed: false });
  expect(await journey.box.reads.reportPath(journey.runId, "html")).toBe(`${journey.runId}.html`);
});
