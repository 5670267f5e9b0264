/** The leave to wipe: who may give it, for what, how long, and how often it counts. */
import { describe, expect, test } from "bun:test";
import { OVERRIDE_TTL_MS } from "../../appliance/desks/wipe-override.ts";
import { loadActs } from "../../appliance/store/audit.ts";
import { loadOverrides } from "../../appliance/store/overrides.ts";
import { accepted, type Journey, openJourney, refusalOf } from "./journey.ts";

/** A journey that is held because of data on DISK1. */
const heldByData = async (): Promise<Journey> => {
  const journey = await openJourney();
  await journey.toFirstStage();
  await journey.result("InventoryCheck");
  await journey.result("SMART");
  await journey.result("Storage", "data");
  await journey.box.settled();
  return journey;
};

const allow = (journey: Journey, serials: readonly string[] = ["DISK1"], by = "anna at the rack") =>
  journey.box.operators.overrideWipe(journey.runId, serials, by);

/** The agent's turn as its next heartbeat is told it. */
const turnOf = async (journey: Journey) => (await journey.heartbeat()).turn;

const grantOf = async (journey: Journey) => {
  const turn = await turnOf(journey);
  return turn.do === "run" ? (turn.grant ?? null) : turn.do;
};

describe("armWipe", () => {
  test("writes down who lets the wipe be allowed at the panel, names the disks, and allows nothing", async () => {
    await using journey = await heldByData();
    const before = await journey.run();
    expect(accepted(await journey.box.operators.armWipe(journey.runId, "anna at a phone"))).toEqual(["DISK1"]);
    const { acts, leaves } = await journey.store.turn(async ({ db }) => ({
      acts: await loadActs(db),
      leaves: await loadOverrides(db, journey.runId),
    }));
    expect(acts.at(-1)).toMatchObject({ by: "anna at a phone", what: "wipe-armed", runId: journey.runId });
    expect(leaves).toEqual([]);
    expect(await journey.run()).toEqual(before);
  });

  test("is refused where no data holds the run", async () => {
    await using journey = await openJourney();
    await journey.toFirstStage();
    const { armWipe } = journey.box.operators;
    expect(refusalOf(await armWipe(journey.runId, "anna"))).toBe("out-of-turn");
    expect(refusalOf(await armWipe("none", "anna"))).toBe("not-found");
  });
});

describe("overrideWipe", () => {
  test("gives the next attempt leave for the disks named, tells the agent, and is written down with its author", async () => {
    await using journey = await heldByData();
    expect((await journey.run()).failure).toMatchObject({ state: "Storage", code: "unexpected-data" });
    expect(accepted(await allow(journey)).state).toBe("Storage");
    const { command, turn } = await journey.heartbeat();
    expect(command).toMatchObject({ cmd: "retry_stage", stage: "Storage", attempt: 2 });
    const [leave] = await journey.store.turn(({ db }) => loadOverrides(db, journey.runId));
    expect(leave).toMatchObject({ attempt: 2, serials: ["DISK1"], by: "anna at the rack", usedMs: null });
    expect(command.overrideId).toBeDefined();
    expect(turn).toMatchObject({
      ...{ do: "run", stage: "Storage", attempt: 2 },
      grant: { kind: "wipe", overrideId: leave?.id ?? "", serials: ["DISK1"], expiresInMs: OVERRIDE_TTL_MS },
    });
    expect(command.overrideId).toBe(leave?.id ?? "");
    const acts = await journey.store.turn(({ db }) => loadActs(db));
    expect(acts.at(-1)).toMatchObject({
      ...{ by: "anna at the rack", what: "wipe-overridden", runId: journey.runId },
      detail: "disks DISK1, attempt 2",
    });
  });

  test.each([
    ["another disk", ["DISK2"]],
    ["one disk too many", ["DISK1", "DISK2"]],
    ["none", []],
  ])("refuses %s by naming what holds data, and changes nothing", async (_what, serials) => {
    await using journey = await heldByData();
    const before = await journey.rows();
    expect(await allow(journey, serials)).toMatchObject({
      ok: false,
      refusal: { code: "invalid", path: "serials", detail: "Name exactly the disks that hold data: DISK1." },
    });
    expect(await journey.rows()).toBe(before);
  });

  test("is refused where nothing was refused: in a stage, in a hold for another reason, after the end", async () => {
    await using journey = await openJourney();
    await journey.toFirstStage();
    expect(refusalOf(await allow(journey))).toBe("out-of-turn");
    await journey.result("InventoryCheck");
    await journey.result("SMART", "bad");
    expect(refusalOf(await allow(journey))).toBe("out-of-turn");
    accepted(await journey.box.operators.releaseRun(journey.runId, "anna"));
    expect(refusalOf(await allow(journey))).toBe("out-of-turn");
    expect(refusalOf(await journey.box.operators.overrideWipe("nosuch", ["DISK1"], "anna"))).toBe("not-found");
  });

  test("counts once, however often and by however many it is asked for", async () => {
    await using journey = await heldByData();
    const answers = await Promise.all(Array.from({ length: 5 }, () => allow(journey)));
    expect(answers.map(refusalOf).sort()).toEqual([null, ...Array(4).fill("out-of-turn")].sort());
    expect(await journey.store.turn(({ db }) => loadOverrides(db, journey.runId))).toHaveLength(1);
  });

  test("is over after its time", async () => {
    await using journey = await heldByData();
    accepted(await allow(journey));
    journey.clock.advance(OVERRIDE_TTL_MS - 1);
    expect(await grantOf(journey)).toMatchObject({ expiresInMs: 1 });
    journey.clock.advance(1);
    expect(await grantOf(journey)).toBeNull();
  });

  test("does not outlive its attempt: an agent that restarts has no leave any more", async () => {
    await using journey = await heldByData();
    accepted(await allow(journey));
    expect(await grantOf(journey)).toMatchObject({ kind: "wipe" });
    await journey.claim(2);
    expect(await turnOf(journey)).toMatchObject({ stage: "Storage", attempt: 3 });
    expect(await grantOf(journey)).toBeNull();
  });

  test("is used by its attempt's result, and a second find holds again and needs a second leave", async () => {
    await using journey = await heldByData();
    accepted(await allow(journey));
    expect(await journey.result("Storage", "data", 2)).toMatchObject({ turn: { do: "hold" } });
    const [leave] = await journey.store.turn(({ db }) => loadOverrides(db, journey.runId));
    expect(leave?.usedMs).not.toBeNull();
    accepted(await journey.box.operators.retryRun(journey.runId, "anna"));
    expect(await turnOf(journey)).toMatchObject({ stage: "Storage", attempt: 3 });
    expect(await grantOf(journey)).toBeNull();
    await journey.result("Storage", "data", 3);
    accepted(await allow(journey));
    expect(await grantOf(journey)).toMatchObject({ kind: "wipe" });
    expect(await journey.result("Storage", "good", 4)).toMatchObject({ next_state: "Network" });
  });

  test("keeps its length when the box's clock is set by years", async () => {
    await using journey = await heldByData();
    accepted(await allow(journey));
    journey.clock.setWall(5 * 365 * 24 * 3_600_000);
    await journey.tick();
    expect(await grantOf(journey)).toMatchObject({ expiresInMs: OVERRIDE_TTL_MS });
  });
});
