/** The LED of a held server: it blinks while somebody has to walk there, and only then, whatever its BMC and the box go through. */
import { expect, test } from "bun:test";
import type { BmcAnswer, BmcKind, BmcTroubleCode } from "../../appliance/core/power-port.ts";
import { renderPowerAct } from "../../appliance/core/power-words.ts";
import { accepted, type Journey, openJourney } from "./journey.ts";

const DONE = { ok: true, value: true } as const;
const failed = (code: BmcTroubleCode): BmcAnswer<never> => ({
  ok: false,
  trouble: { code, message: `It is ${code}.` },
});

const unasked = (): never => {
  throw new Error("this test asks for the LED alone");
};

/** A host with a BMC that answers as the test says; `asked` is what it was asked: where, and whether on. */
const openBench = async (kind: BmcKind = "redfish") => {
  const journey = await openJourney();
  const asked: string[] = [];
  const bench = {
    journey,
    asked,
    answer: async (_on: boolean): Promise<BmcAnswer<true>> => DONE,
    setBmc: async (address: string, at: BmcKind = kind) =>
      accepted(
        await journey.box.operators.setBmc(
          journey.hostId,
          { kind: at, address, user: "vetbox", password: "simulated" },
          "operator",
        ),
      ),
    [Symbol.asyncDispose]: () => journey[Symbol.asyncDispose](),
  };
  journey.openPower = ({ address }) => ({
    ...{ state: unasked, on: unasked, off: unasked, cycle: unasked, bootOnce: unasked },
    identify: (on) => {
      asked.push(`${address} ${on ? "on" : "off"}`);
      return bench.answer(on);
    },
  });
  await bench.setBmc("10.0.1.1");
  return bench;
};

const told = async (journey: Journey): Promise<readonly string[]> =>
  (await journey.run()).power.filter(({ deed }) => deed.startsWith("identify")).map(renderPowerAct);

const passTime = async (journey: Journey, ms: number): Promise<void> => {
  journey.clock.advance(ms);
  await journey.tick();
};

const release = (journey: Journey) => journey.box.operators.releaseRun(journey.runId, "operator");
const identify = (journey: Journey, on: boolean) =>
  journey.box.operators.power(journey.hostId, { verb: on ? "identify-on" : "identify-off", force: false }, "operator");

test.each([
  ["redfish", 3_600_000],
  ["ipmi", 240_000],
] as const)(
  "identifyHost tells a %s BMC again after %i ms for as long as the hold lasts, and writes it down once",
  async (kind, againMs) => {
    await using bench = await openBench(kind);
    const { journey, asked } = bench;
    await journey.toHold();
    expect(asked).toEqual(["10.0.1.1 on"]);
    await passTime(journey, againMs - 1);
    expect(asked).toHaveLength(1);
    await passTime(journey, 1);
    await passTime(journey, againMs);
    expect(asked).toEqual(["10.0.1.1 on", "10.0.1.1 on", "10.0.1.1 on"]);
    await release(journey);
    await journey.box.settled();
    expect(asked.slice(3)).toEqual(["10.0.1.1 off"]);
    await passTime(journey, 2 * againMs);
    expect(asked).toHaveLength(4);
    expect(await told(journey)).toEqual(["Identify LED blinks", "Identify LED is off"]);
  },
);

test("identifyHost asks a BMC without an LED once a change, says so once, and the run goes on", async () => {
  await using bench = await openBench();
  const { journey, asked } = bench;
  bench.answer = async () => failed("unsupported");
  await journey.toHold();
  await passTime(journey, 3_600_000);
  await passTime(journey, 3_600_000);
  expect(asked).toEqual(["10.0.1.1 on"]);
  await journey.box.operators.retryRun(journey.runId, "operator");
  await journey.tick();
  expect(asked).toEqual(["10.0.1.1 on", "10.0.1.1 off"]);
  expect(await told(journey)).toEqual(["Identify LED blinks failed: It is unsupported."]);
  expect((await journey.run()).state).toBe("InventoryCheck");
});

test("identifyHost ends the LED of a BMC that was away when the hold ended, also after a restart of the box", async () => {
  await using bench = await openBench();
  const { journey, asked } = bench;
  await journey.toHold();
  bench.answer = async () => failed("unreachable");
  await release(journey);
  await journey.box.settled();
  for (const ms of [1_000, 2_000, 4_000]) await passTime(journey, ms);
  expect(asked.filter((what) => what.endsWith("off"))).toHaveLength(4);
  bench.answer = async () => DONE;
  await journey.restartBox();
  await journey.tick();
  expect(asked.at(-1)).toBe("10.0.1.1 off");
  const before = asked.length;
  await passTime(journey, 3_600_000);
  expect(asked).toHaveLength(before);
  expect(await told(journey)).toEqual([
    "Identify LED blinks",
    "Identify LED is off failed: It is unreachable.",
    "Identify LED is off",
  ]);
});

test("identifyHost lets the LED blink again when the box comes back to a hold", async () => {
  await using bench = await openBench();
  const { journey, asked } = bench;
  await journey.toHold();
  await journey.restartBox();
  await journey.tick();
  expect(asked).toEqual(["10.0.1.1 on", "10.0.1.1 on"]);
});

test("identifyHost gives a BMC up that stays away after the hold's end", async () => {
  await using bench = await openBench();
  const { journey, asked } = bench;
  bench.answer = async () => failed("unreachable");
  await journey.toHold();
  await release(journey);
  await journey.box.settled();
  for (let i = 0; i < 400; i++) await passTime(journey, 300_000);
  expect(asked.filter((what) => what.endsWith("off"))).toHaveLength(301);
});

test("identifyHost leaves the LED dark that a person has ended, until the next hold", async () => {
  await using bench = await openBench();
  const { journey, asked } = bench;
  await journey.toHold();
  expect(await identify(journey, false)).toEqual({ ok: true, value: { verb: "identify-off", state: null } });
  await passTime(journey, 3_600_000);
  await journey.restartBox();
  await journey.tick();
  expect(asked).toEqual(["10.0.1.1 on", "10.0.1.1 off"]);
  await journey.box.operators.retryRun(journey.runId, "operator");
  await journey.box.settled();
  await journey.result("InventoryCheck", "bad", 2);
  await journey.box.settled();
  expect(asked.slice(2)).toEqual(["10.0.1.1 off", "10.0.1.1 on"]);
});

test("setBmc and removeBmc end the LED of the BMC that they forget, and the new one of a held server blinks", async () => {
  await using bench = await openBench();
  const { journey, asked } = bench;
  await bench.setBmc("10.0.1.2"); // nobody is held
  await journey.toHold();
  await bench.setBmc("10.0.1.3", "ipmi");
  await journey.box.settled();
  expect(asked).toEqual(["10.0.1.2 on", "10.0.1.2 off", "10.0.1.3 on"]);
  await passTime(journey, 240_000);
  expect(asked.slice(3)).toEqual(["10.0.1.3 on"]); // and once: the first order is not repeated beside it
  await journey.box.operators.removeBmc(journey.hostId, "operator");
  await release(journey);
  await passTime(journey, 3_600_000);
  expect(asked.slice(4)).toEqual(["10.0.1.3 off"]);
});

test("identifyHost does not end the LED of the next run's hold when an earlier run's order to end it comes late", async () => {
  await using bench = await openBench();
  const { journey, asked } = bench;
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let blinks = false;
  bench.answer = async (on) => {
    if (!on) {
      begun.resolve();
      await goOn.promise;
    }
    blinks = on;
    return DONE;
  };
  await journey.toHold();
  await release(journey);
  await begun.promise;
  await journey.heartbeat([(await journey.heartbeat()).command.id]); // it has let the first run go
  journey.boot = 2;
  await journey.start();
  await journey.box.tick();
  await journey.script();
  await journey.claim();
  await journey.result("InventoryCheck", "bad");
  while (asked.length < 3) await journey.run();
  expect(asked).toEqual(["10.0.1.1 on", "10.0.1.1 off", "10.0.1.1 on"]);
  goOn.resolve();
  await journey.box.settled();
  expect(blinks).toBe(true);
});

test("power blinks the LED of a server without a run, and ends it", async () => {
  await using bench = await openBench();
  await identify(bench.journey, true);
  await passTime(bench.journey, 3_600_000);
  await identify(bench.journey, false);
  expect(bench.asked).toEqual(["10.0.1.1 on", "10.0.1.1 off"]);
});
