/** Effects: in their order, until they succeed, none held up by another. */
import { expect, test } from "bun:test";
import type { EffectKind } from "../../appliance/core/step.ts";
import { openOrchestrator } from "../../appliance/orchestrator.ts";
import { openStore } from "../../appliance/store/open.ts";
import { outbox } from "../../appliance/store/schema.ts";
import { BOX_KEY } from "./box.ts";
import { openDice, openFakeClock } from "./seeded.ts";
import { SIMULATED_BOOK } from "./stages.ts";

/** A box whose executors do what the test says, and tell what they were asked. */
const openBench = async (behaviour: (kind: EffectKind, signal: AbortSignal) => Promise<void>) => {
  const store = await openStore({ path: ":memory:" });
  const clock = openFakeClock();
  const asked: string[] = [];
  const on = (kind: EffectKind) => (_: string, signal: AbortSignal) => {
    asked.push(kind);
    return behaviour(kind, signal);
  };
  const warned: object[] = [];
  const box = openOrchestrator({
    ...{ store, clock, random: openDice(1), boxKey: BOX_KEY, imageId: null, artifactDir: "/nonexistent" },
    effects: {
      wake: on("wake"),
      escalateWake: on("escalateWake"),
      diagnoseLoss: on("diagnoseLoss"),
      issueHoldKey: on("issueHoldKey"),
      revokeHoldKey: on("revokeHoldKey"),
      identifyHost: on("identifyHost"),
      renderReport: on("renderReport"),
    },
    openPower: () => {
      throw new Error("no host here has a BMC");
    },
    log: { info: () => {}, warn: (fields) => void warned.push(fields), error: () => {} },
    box: { name: "box", version: "0", address: "10.0.0.1", dnsmasq: () => "off" },
    stages: SIMULATED_BOOK,
  });
  const host = await box.operators.addHost({ name: "r1", mac: "52:54:00:00:00:01" }, "operator");
  if (!host.ok) throw new Error(host.refusal.detail);
  const start = () => box.operators.startRun(host.value.id, { profile: "quick", destructive: false }, "operator");
  const waiting = () => store.turn(async ({ db }) => (await db.select().from(outbox)).map((row) => row.kind));
  const close = async () => {
    await box[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  };
  return { box, clock, asked, warned, start, waiting, [Symbol.asyncDispose]: close };
};

test("Outbox repeats an effect that fails, less and less often, and logs each failure", async () => {
  let left = 3;
  await using bench = await openBench(async (kind) => {
    if (kind === "renderReport" && left-- > 0) throw new Error("disk full");
  });
  const run = await bench.start();
  if (run.ok) await bench.box.operators.cancelRun(run.value.id, "operator");
  await bench.box.settled();
  const triedAtS: number[] = [];
  for (let s = 0; s <= 10; s++) {
    const before = bench.asked.length;
    await bench.box.tick();
    await bench.box.settled();
    if (bench.asked.slice(before).includes("renderReport")) triedAtS.push(s);
    bench.clock.advance(1000);
  }
  expect(triedAtS).toEqual([1, 3, 7]);
  expect(bench.asked.filter((kind) => kind === "renderReport")).toHaveLength(4);
  expect(bench.warned).toMatchObject([{ tries: 1 }, { tries: 2 }, { tries: 3 }]);
  expect(await bench.waiting()).toEqual([]);
});

test("Outbox gives up on an effect that hangs and carries out the others meanwhile", async () => {
  let hangs = true;
  await using bench = await openBench((kind) =>
    kind === "renderReport" && hangs ? new Promise(() => {}) : Promise.resolve(),
  );
  const run = await bench.start();
  if (run.ok) await bench.box.operators.cancelRun(run.value.id, "operator");
  while ((await bench.waiting()).length > 1) await bench.box.tick();
  expect(await bench.waiting()).toEqual(["renderReport"]);
  hangs = false;
  bench.clock.advance(60_000);
  await bench.box.tick();
  await bench.box.settled();
  bench.clock.advance(1_000);
  await bench.box.tick();
  await bench.box.settled();
  expect(await bench.waiting()).toEqual([]);
});

test("Outbox leaves what is under way in the record when the box is closed", async () => {
  let aborted = false;
  const bench = await openBench((kind, signal) => {
    if (kind !== "wake") return Promise.resolve();
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        aborted = true;
        reject(signal.reason);
      });
    });
  });
  await bench.start();
  await bench.box.tick();
  while (!bench.asked.includes("wake")) await bench.waiting();
  await bench.box[Symbol.asyncDispose]();
  expect(aborted).toBe(true);
  expect(await bench.waiting()).toEqual(["wake", "escalateWake"]);
});
