/** Classes of specs on the box: what hosts inherit, and what may not be changed under them. */
import { expect, test } from "bun:test";
import { loadActs } from "../../appliance/store/audit.ts";
import { saveSpecClass } from "../../appliance/store/spec-classes.ts";
import { accepted, openJourney } from "./journey.ts";

/** The simulated host's own class, right for it, with a spec that takes all from it. */
const openClassed = async () => {
  const journey = await openJourney();
  const own = (await journey.box.reads.spec(journey.hostId)) ?? "";
  accepted(await journey.box.operators.setSpecClass("base", own, "anna"));
  accepted(await journey.box.operators.setSpec(journey.hostId, "inherits: [base]\n", "anna"));
  return journey;
};

const inventoryRun = async (journey: Awaited<ReturnType<typeof openJourney>>) => {
  await journey.toFirstStage();
  await journey.result("InventoryCheck");
  return (await journey.run()).differences;
};

test("a host's inventory is compared with what its spec inherits", async () => {
  await using journey = await openClassed();
  expect(await inventoryRun(journey)).toEqual([]);
});

test("a class that was changed is what the next inventory is compared with", async () => {
  await using journey = await openClassed();
  accepted(await journey.box.operators.setSpecClass("base", "board: { product: Another }\n", "anna"));
  expect((await inventoryRun(journey)).map(({ code, severity }) => `${severity} ${code}`)).toEqual([
    "critical board-product",
  ]);
});

test("setSpecClass refuses a wrong text with its place, a name that is none, and a circle", async () => {
  await using journey = await openClassed();
  const { setSpecClass } = journey.box.operators;
  expect(await setSpecClass("r640", "cpu:\n  sokets: 2\n", "anna")).toMatchObject({
    refusal: { code: "invalid", path: "2:3", detail: expect.stringContaining("did you mean sockets?") },
  });
  expect(await setSpecClass("../r640", "fans: { count: 2 }\n", "anna")).toMatchObject({
    refusal: { code: "invalid", path: "name" },
  });
  accepted(await setSpecClass("r640", "inherits: [base]\nfans: { count: 2 }\n", "anna"));
  expect(await setSpecClass("base", "inherits: [r640]\nfans: { count: 2 }\n", "anna")).toMatchObject({
    refusal: { code: "invalid", detail: expect.stringContaining("goes in a circle") },
  });
  expect(await journey.box.reads.specClass("base")).not.toContain("r640");
});

test("setSpecClass refuses what would make a host's spec or another class wrong, and names it", async () => {
  await using journey = await openClassed();
  const { setSpec, setSpecClass } = journey.box.operators;
  accepted(await setSpecClass("cpus", "cpu: { sockets: 2 }\n", "anna"));
  accepted(await setSpec(journey.hostId, "inherits: [cpus]\ncpu: { cores: 8 }\n", "anna"));
  expect(await setSpecClass("cpus", "cpu: { sockets: 16 }\n", "anna")).toMatchObject({
    refusal: {
      code: "in-use",
      detail:
        "With it the spec of the host r1 would be wrong: 2:15 cpu.cores: fewer cores than sockets; count those of all sockets together.",
    },
  });
  accepted(await setSpec(journey.hostId, null, "anna"));
  accepted(await setSpecClass("many", "inherits: [cpus]\ncpu: { cores: 8 }\n", "anna"));
  expect(await setSpecClass("cpus", "cpu: { sockets: 16 }\n", "anna")).toMatchObject({
    refusal: { code: "in-use", detail: expect.stringContaining("the spec of the class many would be wrong") },
  });
});

test("setSpecClass may mend a class whose heirs are wrong already, step by step", async () => {
  await using journey = await openClassed();
  const { setSpec, setSpecClass } = journey.box.operators;
  accepted(await setSpecClass("cpus", "cpu: { sockets: 2 }\n", "anna"));
  accepted(await setSpec(journey.hostId, "inherits: [cpus]\ncpu: { cores: 8 }\n", "anna"));
  // As after an update of the box that takes less than the one before.
  await journey.store.turn(async (unit) =>
    saveSpecClass(unit, { name: "cpus", yaml: "cpu: { sokets: 2 }\n", changedMs: 1 }),
  );
  accepted(await setSpecClass("cpus", "cpu: { sockets: 16 }\n", "anna"));
  expect(await setSpecClass("cpus", "cpu: { sockets: 4 }\n", "anna")).toEqual({ ok: true, value: true });
});

test("removeSpecClass waits until nobody inherits it, and specClasses names who does", async () => {
  await using journey = await openClassed();
  const { setSpec, setSpecClass, removeSpecClass } = journey.box.operators;
  accepted(await setSpecClass("rack", "inherits: [base]\n", "anna"));
  accepted(await setSpec(journey.hostId, "inherits: [rack]\n", "anna"));
  expect(
    (await journey.box.reads.specClasses()).map(({ name, inherits, hosts }) => ({ name, inherits, hosts })),
  ).toEqual([
    { name: "base", inherits: [], hosts: ["r1"] },
    { name: "rack", inherits: ["base"], hosts: ["r1"] },
  ]);
  expect(await removeSpecClass("base", "anna")).toMatchObject({
    refusal: { code: "in-use", detail: "It is inherited by host r1, class rack." },
  });
  expect(await removeSpecClass("nosuch", "anna")).toMatchObject({ refusal: { code: "not-found" } });
  accepted(await setSpec(journey.hostId, null, "anna"));
  accepted(await removeSpecClass("rack", "anna"));
  accepted(await removeSpecClass("base", "anna"));
  expect(await journey.box.reads.specClasses()).toEqual([]);
  const acts = await journey.store.turn(({ db }) => loadActs(db));
  expect(
    acts.filter(({ what }) => what.startsWith("spec-class-")).map(({ what, detail }) => `${what} ${detail}`),
  ).toEqual([
    expect.stringMatching(/^spec-class-set base, \d+ characters$/),
    "spec-class-set rack, 17 characters",
    "spec-class-removed rack",
    "spec-class-removed base",
  ]);
});

test("a class that a spec inherits is needed to set the spec, and a host may come with one", async () => {
  await using journey = await openClassed();
  const { setSpec, addHost } = journey.box.operators;
  expect(await setSpec(journey.hostId, "inherits: [nosuch]\n", "anna")).toMatchObject({
    refusal: { code: "invalid", path: "1:12", detail: expect.stringContaining("there are base") },
  });
  accepted(await addHost({ name: "r2", mac: "52:54:00:00:00:02", specYaml: "inherits: [base]\n" }, "anna"));
});
