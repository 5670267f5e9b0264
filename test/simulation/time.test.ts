/** What time alone does: deadlines, silence, places, repeated wakes, a clock that is set. */
import { expect, test } from "bun:test";
import { bootIdOf, type Journey, MAC, openJourney, refusalOf } from "./journey.ts";

const MINUTE_MS = 60_000;

const after = async (j: Journey, ms: number): Promise<string> => {
  j.clock.advance(ms);
  await j.tick();
  const run = await j.run();
  return run.failure === null ? run.state : `${run.state}: ${run.failure.code}`;
};

const seen = (j: Journey) =>
  j.box.boots.seen({ mac: MAC, step: "dhcp-discover", atMs: j.clock.wallMs(), detail: "", complete: true });

test("tick fails a server that is never seen, and one that never claims", async () => {
  await using journey = await openJourney();
  await journey.start();
  await journey.tick();
  expect(await after(journey, 15 * MINUTE_MS - 1)).toBe("WaitingWoL");
  expect(await after(journey, 1)).toBe("FailedHolding: host-not-seen");
  await journey.box.operators.retryRun(journey.runId, "operator");
  await seen(journey);
  expect(await after(journey, 15 * MINUTE_MS)).toBe("FailedHolding: boot-timeout");
  expect(await after(journey, 7 * 24 * 60 * MINUTE_MS)).toBe("Released: boot-timeout");
});

test("tick fails a stage without a result after twice its expected time and two minutes", async () => {
  await using journey = await openJourney();
  await journey.toFirstStage();
  for (let i = 0; i < 2; i++) {
    expect(await after(journey, 119_999)).toBe("InventoryCheck");
    await journey.heartbeat();
  }
  expect(await after(journey, 2)).toBe("FailedHolding: stage-timeout");
});

test("tick misses an agent after its grace, and gives a rebooting server the time of a boot", async () => {
  for (const reboots of [false, true]) {
    await using journey = await openJourney();
    await journey.toFirstStage();
    await journey.result("InventoryCheck");
    expect(await after(journey, 3 * MINUTE_MS - 1)).toBe("SMART");
    if (reboots) await seen(journey);
    expect(await after(journey, 1)).toBe(reboots ? "SMART" : "FailedHolding: agent-lost");
  }
});

test("a held server that was switched off is woken by its retry until it is seen, and not missed before it may have booted", async () => {
  await using journey = await openJourney();
  await journey.toHold();
  await after(journey, 10 * MINUTE_MS); // somebody pulled the plug
  const before = journey.woken.length;
  await journey.box.operators.retryRun(journey.runId, "operator");
  for (let second = 0; second < 60; second += 20) expect(await after(journey, 20_000)).toBe("InventoryCheck");
  expect(journey.woken.length - before).toBe(3);
  expect(await after(journey, 13 * MINUTE_MS)).toBe("InventoryCheck");
  await seen(journey);
  await after(journey, 0);
  const whenSeen = journey.woken.length;
  expect(await after(journey, 4 * MINUTE_MS)).toBe("InventoryCheck");
  expect(journey.woken.length).toBe(whenSeen);
  journey.boot = 2;
  await journey.script();
  await journey.claim();
  expect((await journey.result("InventoryCheck", "good", 3)).next_state).toBe("SMART");
});

test("a held server that is not there any more fails its retried stage after the time of a wake-up call", async () => {
  await using journey = await openJourney();
  await journey.toHold();
  await after(journey, 10 * MINUTE_MS);
  await journey.box.operators.retryRun(journey.runId, "operator");
  expect(await after(journey, 15 * MINUTE_MS - 1)).toBe("InventoryCheck");
  expect(await after(journey, 1)).toBe("FailedHolding: agent-lost");
});

test("tick blames no agent and no server for the time in which the box was off", async () => {
  await using journey = await openJourney();
  await journey.toFirstStage();
  await journey.box.settled();
  journey.clock.advance(60 * MINUTE_MS);
  await journey.restartBox();
  expect(await after(journey, 3 * MINUTE_MS - 1)).toBe("InventoryCheck");
  expect((await journey.result("InventoryCheck")).next_state).toBe("SMART");
});

test.each([365 * 24 * 60, -365 * 24 * 60])(
  "tick moves what is under way when the clock is set by %d minutes",
  async (minutes) => {
    await using journey = await openJourney();
    await journey.toFirstStage();
    journey.clock.setWall(minutes * MINUTE_MS);
    expect(await after(journey, 2 * MINUTE_MS)).toBe("InventoryCheck");
    expect(await after(journey, MINUTE_MS)).toBe("FailedHolding: agent-lost");
  },
);

test("tick wakes a server every 20 s until it is seen, also when waking fails", async () => {
  await using journey = await openJourney();
  await journey.start();
  await journey.tick();
  for (let s = 0; s < 60; s += 5) await after(journey, 5_000);
  expect(journey.woken).toHaveLength(4);
  journey.failing = true;
  await after(journey, 20_000);
  journey.failing = false;
  await after(journey, 1_000);
  expect(journey.woken).toHaveLength(5);
  await seen(journey);
  for (let s = 0; s < 60; s += 5) await after(journey, 5_000);
  expect(journey.woken).toHaveLength(5);
});

test("tick gives out places oldest first, and the next one when one is free", async () => {
  await using journey = await openJourney();
  const { operators, reads } = journey.box;
  const ids = [journey.hostId];
  for (const i of [2, 3]) {
    const added = await operators.addHost({ name: `r${i}`, mac: `52:54:00:00:00:0${i}` }, "operator");
    if (added.ok) ids.push(added.value.id);
  }
  for (const id of ids) {
    expect(refusalOf(await operators.startRun(id, { profile: "quick", destructive: false }, "operator"))).toBeNull();
    journey.clock.advance(1);
  }
  await journey.tick();
  const states = async () => (await reads.runs(9)).map((r) => `${r.hostName} ${r.state}`).sort();
  expect(await states()).toEqual(["r1 WaitingWoL", "r2 WaitingWoL", "r3 Queued"]);
  const [oldest] = await reads.hostRuns(ids[0] ?? "");
  await operators.cancelRun(oldest?.id ?? "", "operator");
  await journey.tick();
  expect(await states()).toEqual(["r1 Cancelled", "r2 WaitingWoL", "r3 WaitingWoL"]);
});

test("heartbeat writes an agent's presence twice a minute at most, and tells its progress at once", async () => {
  await using journey = await openJourney();
  await journey.toFirstStage();
  const before = journey.store.feed.seq;
  for (let i = 1; i <= 12; i++) {
    journey.clock.advance(10_000);
    const beat = { bootId: bootIdOf(1), acks: [], progress: i / 12, note: `part ${i}` };
    await journey.box.agents.heartbeat(journey.runId, { ...beat, stage: "InventoryCheck", attempt: 1 });
    expect(await journey.run()).toMatchObject({
      progress: i / 12,
      note: `part ${i}`,
      lastSeenMs: journey.clock.wallMs(),
    });
  }
  expect(journey.store.feed.seq - before).toBe(4);
});
