import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { type AgentBench, HOLD, OFF, openBench, RUN, steered, WAIT } from "./fakes/agent.ts";
import { createFakeBox, type FakeBox } from "./fakes/box.ts";
import { settle } from "./fakes/clock.ts";
import { fakeSystem } from "./fakes/system.ts";

let bench: AgentBench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

describe("runAgent, heartbeats", () => {
  test("go on during a long stage, and say what it does", async () => {
    const box = createFakeBox(RUN);
    const stage = steered();
    const system = fakeSystem();
    bench.start(box, { CPUStress: stage.runner }, system);
    await system.clock.until(() => stage.contexts.length === 1);
    stage.contexts[0]?.progress(0.25, "round 1 of 4");
    const before = box.count("heartbeat");
    await system.clock.pass(3_600_000);
    const beats = box.count("heartbeat") - before;
    // Every 7 to 10 s.
    expect(beats).toBeGreaterThanOrEqual(360);
    expect(beats).toBeLessThanOrEqual(515);
    const last = box.seen.filter((seen) => seen.call === "heartbeat").at(-1);
    expect(last?.body).toMatchObject({ stage: "CPUStress", attempt: 1, progress: 0.25, note: "round 1 of 4" });
    expect(stage.contexts[0]?.signal.aborted).toBe(false);
  });

  test("go on during a hold", async () => {
    const box = createFakeBox(HOLD);
    const system = fakeSystem();
    bench.start(box, {}, system);
    await system.clock.until(() => existsSync(bench.keys));
    const before = box.count("heartbeat");
    await system.clock.pass(600_000);
    expect(box.count("heartbeat") - before).toBeGreaterThanOrEqual(60);
    expect(box.count("hold")).toBe(1);
  });

  test("take up again when the box was away, without hurrying it", async () => {
    const box = createFakeBox(WAIT);
    const system = fakeSystem();
    bench.start(box, {}, system);
    await system.clock.until(() => box.count("heartbeat") > 0);
    let tries = 0;
    box.fate = (seen) => {
      if (seen.call === "heartbeat") tries += 1;
      return "lose request";
    };
    await system.clock.pass(3_600_000);
    expect(tries).toBeGreaterThan(300);
    expect(tries).toBeLessThan(600);
    box.fate = () => "deliver";
    const before = box.count("heartbeat");
    await system.clock.until(() => box.count("heartbeat") > before, 20_000);
  });

  test("a token that is not valid any more is tried slowly and powers nothing off", async () => {
    const box = createFakeBox(WAIT);
    const system = fakeSystem();
    const agent = bench.start(box, {}, system);
    await system.clock.until(() => box.count("heartbeat") > 0);
    box.refuse = () => ({ status: 401, code: "token-invalid" });
    await settle();
    const before = box.seen.length;
    await system.clock.pass(3_600_000);
    // Four tasks (heartbeat, stream, log; no sensors here), each at most every 30 s.
    expect(box.seen.length - before).toBeLessThanOrEqual(4 * 125);
    expect(agent.poweredOff).toBe(0);
    box.refuse = () => null;
    box.turn = OFF;
    await system.clock.until(() => agent.poweredOff === 1, 90_000);
  });
});

describe("runAgent, commands", () => {
  for (const cmd of ["shutdown", "abort", "cancel_stage"] as const) {
    test(`${cmd} by heartbeat alone is carried out, acknowledged, and ends in power off`, async () => {
      const box = createFakeBox(WAIT);
      box.refuse = (seen) => (seen.call === "commands" ? { status: 503, code: "too-many-streams" } : null);
      const system = fakeSystem();
      const agent = bench.start(box, {}, system);
      await system.clock.until(() => box.count("heartbeat") > 0);
      box.command = { id: 5, cmd };
      await system.clock.until(() => agent.poweredOff === 1, 15_000);
      expect(box.command).toBeNull();
      expect(await agent.end).toBe("off");
    });
  }

  test("the stream is opened again after the last event that came", async () => {
    const box = createFakeBox(WAIT);
    const system = fakeSystem();
    const opened: (string | undefined)[] = [];
    const { fetch } = box;
    const watched = {
      ...box,
      fetch: ((url, init) => {
        if (url.endsWith("/commands")) opened.push(init.headers["last-event-id"]);
        return fetch(url, init);
      }) as FakeBox["fetch"],
    };
    bench.start(watched, {}, system);
    await system.clock.until(() => box.openStreams === 1);
    box.send({ id: 0, cmd: "continue" }, 77);
    await settle();
    box.hangUp();
    await system.clock.until(() => box.openStreams === 1);
    expect(opened).toEqual([undefined, "77"]);
  });

  test("a stream that falls silent is opened again", async () => {
    const box = createFakeBox(WAIT);
    const system = fakeSystem();
    bench.start(box, {}, system);
    await system.clock.until(() => box.openStreams === 1);
    const before = box.count("commands");
    await system.clock.until(() => box.count("commands") > before, 60_000);
    expect(box.openStreams).toBe(1);
  });

  test("everything is delivered before the end is acknowledged, since the box takes nothing after that", async () => {
    const box = createFakeBox(WAIT);
    const system = fakeSystem();
    const agent = bench.start(box, {}, system);
    await system.clock.until(() => box.openStreams === 1);
    const acknowledged = () =>
      box.seen.some(({ call, body }) => call === "heartbeat" && (body as { acks: number[] }).acks.includes(3));
    box.refuse = () => (acknowledged() ? { status: 401, code: "token-invalid" } : null);
    box.send({ id: 3, cmd: "shutdown" });
    const startMs = system.clock.monoMs();
    await system.clock.until(() => agent.poweredOff === 1, 40_000);
    expect(acknowledged()).toBe(true);
    expect(system.clock.monoMs() - startMs).toBeLessThan(5_000);
    const told = box.seen.flatMap(({ call, body }) => (call === "log" ? JSON.stringify(body) : []));
    expect(told.join()).toContain("power off");
  });

  test("undelivered messages hold up a power off for half a minute and no longer", async () => {
    const box = createFakeBox(WAIT);
    const system = fakeSystem();
    const agent = bench.start(box, {}, system);
    await system.clock.until(() => box.openStreams === 1);
    box.refuse = (seen) => (seen.call === "log" ? { status: 503, code: "disk-full" } : null);
    box.send({ id: 3, cmd: "shutdown" });
    await settle();
    const startMs = system.clock.monoMs();
    await system.clock.until(() => agent.poweredOff === 1, 40_000);
    expect(system.clock.monoMs() - startMs).toBeGreaterThanOrEqual(30_000);
  });
});
