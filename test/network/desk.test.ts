/** What agents in Network are told: who measures, who waits, and against what. */
import { expect, test } from "bun:test";
import type { Turn } from "../../agent/wire/messages.ts";
import { type DeskBox, openDeskBox } from "./desk-box.ts";

const BEAT_MS = 10_000;

/** A turn in a few words: what to do, with whom, in which role. */
const words = (turn: Turn): string => {
  if (turn.do !== "run" || turn.grant?.kind !== "link") return turn.do;
  const { port, peer } = turn.grant;
  return peer === undefined ? `alone at ${port}` : `${peer.role} with ${peer.hostName} at ${port}`;
};

const serversOf = (box: DeskBox) => [...box.servers.keys()];

test("a measurement is given a server of its own, the same whenever it asks, and the next one waits for the link", async () => {
  await using box = await openDeskBox();
  const [one, two] = [await box.boot(1_000), await box.boot(1_000)];
  const first = await one.arrive();
  expect([words(first), words(await two.arrive())]).toEqual(["alone at 5201", "wait"]);
  expect(first).toMatchObject({ grant: { kind: "link", address: "10.77.0.1", port: 5201, boxMbps: 1_000 } });
  expect([words(await one.beat(true)), words(await two.beat())]).toEqual(["alone at 5201", "wait"]);
  expect(serversOf(box)).toEqual([`${one.runId} 1`]);
  await one.finish();
  await box.tick();
  expect(words(await two.beat())).toBe("alone at 5201");
  expect(serversOf(box)).toEqual([`${two.runId} 1`]);
});

test("a cancelled measurement has no server any more", async () => {
  await using box = await openDeskBox();
  const one = await box.boot(1_000);
  await one.arrive();
  expect(serversOf(box)).toEqual([`${one.runId} 1`]);
  await box.cancel(one.runId);
  await box.tick();
  expect(serversOf(box)).toEqual([]);
});

test("while every port is taken the agent waits", async () => {
  await using box = await openDeskBox(0);
  expect(words(await (await box.boot(1_000)).arrive())).toBe("wait");
});

test("two hosts with ports faster than the box's link are paired, with mirrored addresses and roles", async () => {
  await using box = await openDeskBox();
  const [one, two] = [await box.boot(25_000), await box.boot(25_000)];
  expect(words(await one.arrive())).toBe("wait");
  const told = await two.arrive();
  expect([words(told), words(await one.beat())]).toEqual(["listens with host-1 at 5201", "calls with host-2 at 5202"]);
  const peerOf = (turn: Turn) => (turn.do === "run" && turn.grant?.kind === "link" ? turn.grant.peer : undefined);
  const [a, b] = [peerOf(await one.beat()), peerOf(told)];
  expect(a?.links[0]).toMatchObject({ ownMac: "52:54:00:aa:01:01", mbps: 25_000 });
  expect(b?.links[0]).toMatchObject({ ownMac: "52:54:00:aa:02:01", mbps: 25_000 });
  expect(`${a?.links[0]?.address}/30`).toBe(b?.links[0]?.ownAddress ?? "");
  expect(`${b?.links[0]?.address}/30`).toBe(a?.links[0]?.ownAddress ?? "");
  expect([a?.port, b?.port]).toEqual([5201, 5201]);
  // Who listens may have to wait until the other one has measured two ports with the box, four times 305 s each.
  expect([a?.waitS, b?.waitS]).toEqual([60, 60 + Math.ceil(1.2 * 2 * 4 * 305)]);
});

test("who waits for a partner lets others boot, and measures alone when its time is over", async () => {
  await using box = await openDeskBox();
  const one = await box.boot(25_000);
  await one.arrive();
  const other = await box.start();
  expect([words(await one.beat()), await box.stateOf(other)]).toEqual(["wait", "WaitingWoL"]);
  await box.cancel(other);
  // Heartbeats for 890 s, and one more.
  for (let beats = 0; beats < 89; beats += 1) {
    box.time.ms += BEAT_MS;
    expect(words(await one.beat())).toBe("wait");
    await box.tick();
  }
  box.time.ms += BEAT_MS;
  expect(words(await one.beat())).toBe("alone at 5201");
  expect(await box.stateOf(one.runId)).toBe("Network");
});

test("a quick run looks for no partner", async () => {
  await using box = await openDeskBox();
  expect(words(await (await box.boot(25_000, "quick")).arrive())).toBe("alone at 5201");
});

test("a third one waits until the pair is done, and downloads with it", async () => {
  await using box = await openDeskBox();
  const [one, two, third] = [await box.boot(25_000), await box.boot(25_000), await box.boot(1_000)];
  for (const host of [one, two]) await host.arrive();
  expect([words(await one.beat()), words(await third.arrive())]).toEqual(["calls with host-2 at 5202", "wait"]);
  const queued = await box.start();
  expect(await box.stateOf(queued)).toBe("Queued");
  await one.finish();
  await box.tick();
  expect([words(await two.beat(true)), words(await third.beat())]).toEqual(["listens with host-1 at 5201", "wait"]);
  await two.finish();
  await box.tick();
  expect(words(await third.beat())).toBe("alone at 5201");
});

test("after a restart of the box who is at work goes on, and who waited seeks again", async () => {
  await using box = await openDeskBox();
  const [one, two, late] = [await box.boot(25_000), await box.boot(25_000), await box.boot(25_000)];
  for (const host of [one, two]) await host.arrive();
  await one.beat(true);
  await two.finish();
  expect(words(await late.arrive())).toBe("wait");
  await box.restart();
  // Nobody was heard yet: nobody is told anything, and nothing is paired anew.
  const queued = await box.start();
  expect(await box.stateOf(queued)).toBe("Queued");
  expect([words(await one.beat(true)), words(await late.beat())]).toEqual(["wait", "wait"]);
  // The agent at work keeps its turn whatever it hears; the box now knows that it is.
  expect([words(await one.beat(true)), words(await late.beat())]).toEqual(["alone at 5201", "wait"]);
});
