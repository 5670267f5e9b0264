/** Who gets in: enrol codes, session tokens, boots that replace each other. */
import { expect, test } from "bun:test";
import { ENROL_TTL_MS } from "../../appliance/desks/boots.ts";
import { loadActs } from "../../appliance/store/audit.ts";
import { FAREWELL_MS } from "../../appliance/ticker.ts";
import { accepted, bootIdOf, type Journey, MAC, openJourney, refusalOf } from "./journey.ts";

const booted = async (): Promise<Journey> => {
  const journey = await openJourney();
  await journey.start();
  await journey.tick();
  await journey.script();
  return journey;
};

const claimAs = (j: Journey, changes: object, bearer = j.enrolCode) =>
  j.box.agents.claim(j.runId, bearer, { ...j.claimBody(), ...changes });

test("claim refuses a used enrol code to everybody but the claim that used it, and writes it down", async () => {
  await using journey = await booted();
  const { sessionToken } = await journey.claim();
  expect(refusalOf(await claimAs(journey, { claimKey: "cd".repeat(16) }))).toBe("enrol-used");
  expect(refusalOf(await claimAs(journey, { bootId: bootIdOf(2) }))).toBe("enrol-used");
  expect(accepted(await claimAs(journey, {})).sessionToken).toBe(sessionToken);
  expect(refusalOf(await journey.box.agents.authorise(journey.runId, sessionToken))).toBeNull();
  const acts = await journey.store.turn(({ db }) => loadActs(db));
  expect(acts.filter((a) => a.what === "claim-refused")).toHaveLength(2);
  expect(JSON.stringify(acts)).not.toContain(journey.enrolCode);
});

test.each([
  ["another MAC", { mac: "52:54:00:00:00:99" }, 0, "mac-mismatch"],
  ["a code past its 10 minutes", {}, ENROL_TTL_MS, "enrol-expired"],
] as const)("claim refuses %s", async (_, changes, waitMs, code) => {
  await using journey = await booted();
  journey.clock.advance(waitMs);
  expect(refusalOf(await claimAs(journey, changes))).toBe(code);
  expect((await journey.run()).state).toBe("Booting");
});

test("claim refuses a code of another run, a random one, and none", async () => {
  await using journey = await booted();
  for (const bearer of ["00".repeat(16), "", journey.runId])
    expect(refusalOf(await claimAs(journey, {}, bearer))).toBe("token-invalid");
  expect(refusalOf(await journey.box.agents.claim("nosuchrun", journey.enrolCode, journey.claimBody()))).toBe(
    "not-found",
  );
});

test("decide keeps the newest two unused codes", async () => {
  await using journey = await booted();
  const codes = [journey.enrolCode];
  for (let i = 0; i < 2; i++) {
    journey.clock.advance(1000);
    await journey.script();
    codes.push(journey.enrolCode);
  }
  expect(refusalOf(await claimAs(journey, {}, codes[0]))).toBe("token-invalid");
  expect(refusalOf(await claimAs(journey, {}, codes[1]))).toBeNull();
});

test("claim of a new boot ends the session of the old one and begins the stage again", async () => {
  await using journey = await booted();
  const old = (await journey.claim()).sessionToken;
  journey.boot = 2;
  await journey.script();
  expect(await journey.claim()).toMatchObject({ state: "InventoryCheck", turn: { do: "run", attempt: 2 } });
  expect(refusalOf(await journey.box.agents.authorise(journey.runId, old))).toBe("token-invalid");
  const late = { ...journey.resultBody("InventoryCheck"), bootId: bootIdOf(1) };
  expect(accepted(await journey.box.agents.result(journey.runId, late)).turn).toMatchObject({ attempt: 2 });
  expect((await journey.run()).state).toBe("InventoryCheck");
  expect(refusalOf(await journey.box.agents.heartbeat(journey.runId, { bootId: bootIdOf(1), acks: [] }))).toBe(
    "out-of-turn",
  );
});

test("claim of a restarted agent keeps its token, by the token or by the code that it used", async () => {
  await using journey = await booted();
  const { sessionToken } = await journey.claim();
  const byToken = accepted(await claimAs(journey, { agentStart: 2 }, sessionToken));
  expect(byToken).toMatchObject({ sessionToken, turn: { attempt: 2 } });
  const byCode = accepted(await claimAs(journey, { agentStart: 3 }));
  expect(byCode).toMatchObject({ sessionToken, turn: { attempt: 3 } });
});

test("claim while the run is held stays in the hold, also after a reboot", async () => {
  await using journey = await openJourney();
  await journey.toHold();
  journey.boot = 2;
  await journey.script();
  expect(await journey.claim()).toMatchObject({ state: "FailedHolding", turn: { do: "hold" } });
  expect((await journey.run()).failure).toMatchObject({ code: "spec-mismatch" });
});

test("authorise closes a session with the last acknowledgement, or a day after the end without it", async () => {
  for (const acknowledges of [true, false]) {
    await using journey = await openJourney();
    await journey.toFirstStage();
    accepted(await journey.box.operators.cancelRun(journey.runId, "operator"));
    expect(refusalOf(await journey.box.agents.authorise(journey.runId, journey.token))).toBeNull();
    const late = await journey.result("InventoryCheck");
    expect(late).toEqual({ next_state: "Cancelled", turn: { do: "off" } });
    const { command } = await journey.heartbeat();
    expect(command.cmd).toBe("cancel_stage");
    if (acknowledges) await journey.heartbeat([command.id]);
    else {
      journey.clock.advance(FAREWELL_MS - 1);
      await journey.tick();
      expect(refusalOf(await journey.box.agents.authorise(journey.runId, journey.token))).toBeNull();
      journey.clock.advance(1);
      await journey.tick();
    }
    expect(refusalOf(await journey.box.agents.authorise(journey.runId, journey.token))).toBe("token-invalid");
    expect(await journey.box.reads.facts(journey.runId, "InventoryCheck")).toBeDefined();
  }
});

test("hello tells the address, and burns no code", async () => {
  await using journey = await booted();
  const body = {
    protocol: 1,
    bootId: bootIdOf(1),
    agentVersion: "1",
    mac: MAC,
    address: "10.0.0.9",
    uptimeMs: 1,
    clockMs: 1,
  } as const;
  const hello = () => journey.box.agents.hello(journey.runId, journey.enrolCode, body);
  expect(accepted(await hello()).serverTimeMs).toBe(journey.clock.wallMs());
  await journey.claim();
  expect(refusalOf(await hello())).toBeNull();
  expect(refusalOf(await journey.box.agents.hello(journey.runId, "00".repeat(16), body))).toBe("token-invalid");
  expect((await journey.run()).address).toBe("10.0.0.9");
});
