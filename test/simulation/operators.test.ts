/** What people may ask, and what is written down of it. */
import { expect, test } from "bun:test";
import { loadActs } from "../../appliance/store/audit.ts";
import { accepted, MAC, openJourney, refusalOf } from "./journey.ts";

const QUICK = { profile: "quick", destructive: false } as const;

test("startRun asked 20 times at once begins one run", async () => {
  await using journey = await openJourney();
  const asked = Array.from({ length: 20 }, () => journey.box.operators.startRun(journey.hostId, QUICK, "operator"));
  const answers = (await Promise.all(asked)).map(refusalOf);
  expect(answers.filter((code) => code === null)).toHaveLength(1);
  expect(answers.filter((code) => code === "host-busy")).toHaveLength(19);
  expect(await journey.box.reads.hostRuns(journey.hostId)).toHaveLength(1);
});

test("startRun keeps what was repaired before, made safe, and refuses a note that is too long", async () => {
  await using journey = await openJourney();
  const start = (repaired: string) =>
    journey.box.operators.startRun(journey.hostId, { ...QUICK, repaired }, "operator");
  expect(await start("x".repeat(501))).toMatchObject({ refusal: { code: "invalid", path: "repaired" } });
  const { id, repaired } = accepted(await start(" \u001b[31mDIMM B2\u001b[0m\nreplaced "));
  expect([repaired, (await journey.box.reads.run(id))?.repaired]).toEqual(["DIMM B2 replaced", "DIMM B2 replaced"]);
  const acts = await journey.store.turn(({ db }) => loadActs(db));
  expect(acts.at(-1)).toMatchObject({ what: "run-started", detail: "quick, after: DIMM B2 replaced" });
});

test.each([
  ["a line break", "rack\n1", "name.4"],
  ["a line break at the end", "rack\n", "name.4"],
  ["a right-to-left mark", "rack\u202e1", "name.4"],
  ["nothing", "   ", "name"],
  ["65 characters", "x".repeat(65), "name"],
])("addHost refuses a name with %s", async (_, name, path) => {
  await using journey = await openJourney();
  const answer = await journey.box.operators.addHost({ name, mac: "52:54:00:00:00:02" }, "operator");
  expect(answer).toMatchObject({ ok: false, refusal: { code: "invalid", path } });
});

test("addHost takes any printable name and any usual form of a MAC, and no name or MAC twice", async () => {
  await using journey = await openJourney();
  const add = (name: string, mac: string) => journey.box.operators.addHost({ name, mac }, "operator");
  expect(accepted(await add(" ${x} “quoted” €;`id` ", "52-54-00-AA-BB-02"))).toMatchObject({
    name: "${x} “quoted” €;`id`",
    mac: "52:54:00:aa:bb:02",
    hasSpec: false,
    bmc: null,
  });
  expect(await add("r1", "52:54:00:00:00:09")).toMatchObject({ refusal: { code: "taken", path: "name" } });
  expect(await add("r9", MAC.toUpperCase())).toMatchObject({ refusal: { code: "taken", path: "mac" } });
  for (const mac of ["", "52:54:00:00:00", "01:00:5e:00:00:01", "00:00:00:00:00:00", "zz:54:00:00:00:01"])
    expect(await add("r9", mac)).toMatchObject({ refusal: { code: "invalid", path: "mac" } });
});

test("removeHost keeps past runs, frees name and MAC, and waits for the end of a run", async () => {
  await using journey = await openJourney();
  await journey.start();
  expect(refusalOf(await journey.box.operators.removeHost(journey.hostId, "operator"))).toBe("host-busy");
  accepted(await journey.box.operators.cancelRun(journey.runId, "operator"));
  accepted(await journey.box.operators.removeHost(journey.hostId, "operator"));
  expect(refusalOf(await journey.box.operators.startRun(journey.hostId, QUICK, "operator"))).toBe("not-found");
  expect(await journey.box.reads.host(journey.hostId)).toBeNull();
  expect((await journey.run()).hostName).toBe("r1");
  expect(await journey.box.boots.knownMacs()).toEqual([]);
  accepted(await journey.box.operators.addHost({ name: "r1", mac: MAC }, "operator"));
});

test("setSpec refuses what cannot be read, with its line and column, and keeps the old spec", async () => {
  await using journey = await openJourney();
  const before = await journey.box.reads.spec(journey.hostId);
  const answer = await journey.box.operators.setSpec(journey.hostId, "disks:\n  - seriall: X\n", "operator");
  expect(answer).toMatchObject({ ok: false, refusal: { code: "invalid", path: "2:5" } });
  expect(await journey.box.reads.spec(journey.hostId)).toBe(before);
  accepted(await journey.box.operators.setSpec(journey.hostId, null, "operator"));
  expect(await journey.box.reads.host("r1")).toMatchObject({ hasSpec: false });
});

test("releaseRun and retryRun are refused outside a hold and told why", async () => {
  await using journey = await openJourney();
  await journey.start();
  const { operators } = journey.box;
  expect(refusalOf(await operators.releaseRun(journey.runId, "operator"))).toBe("out-of-turn");
  expect(refusalOf(await operators.retryRun(journey.runId, "operator"))).toBe("out-of-turn");
  expect(refusalOf(await operators.cancelRun("nosuch", "operator"))).toBe("not-found");
});

test("revealHoldKey shows the key once, never in the read model, and not after the hold", async () => {
  await using journey = await openJourney();
  await journey.toHold();
  const { operators, agents, reads } = journey.box;
  const { privateKey, login } = accepted(await operators.revealHoldKey(journey.runId, "anna at the rack"));
  expect([privateKey.length, login]).toEqual([32, null]);
  expect(refusalOf(await operators.revealHoldKey(journey.runId, "anna"))).toBe("key-shown");
  expect(accepted(await agents.hold(journey.runId, journey.claimBody().bootId)).authorizedKey).toStartWith(
    "ssh-ed25519 ",
  );
  expect((await journey.run()).hold).toMatchObject({ keyShown: true, installed: true });
  expect(JSON.stringify(await reads.run(journey.runId))).not.toContain(privateKey);
  expect(await journey.rows()).not.toContain(privateKey);
  accepted(await operators.releaseRun(journey.runId, "anna"));
  await journey.box.settled();
  expect(refusalOf(await operators.revealHoldKey(journey.runId, "anna"))).toBe("out-of-turn");
  expect(refusalOf(await agents.hold(journey.runId, journey.claimBody().bootId))).toBe("out-of-turn");
  expect((await journey.run()).hold).toBeNull();
  const acts = await journey.store.turn(({ db }) => loadActs(db));
  expect(acts.map(({ by, what }) => `${by}: ${what}`)).toEqual([
    "operator: host-added",
    "operator: run-started",
    "anna at the rack: hold-key-shown",
    "anna: run-released",
  ]);
});

test("retryRun after a release of the old key issues another", async () => {
  await using journey = await openJourney();
  await journey.toHold();
  const first = accepted(await journey.box.operators.revealHoldKey(journey.runId, "operator"));
  accepted(await journey.box.operators.retryRun(journey.runId, "operator"));
  await journey.result("InventoryCheck", "bad", 2);
  await journey.box.settled();
  const second = accepted(await journey.box.operators.revealHoldKey(journey.runId, "operator"));
  expect(second.privateKey).not.toBe(first.privateKey);
});
