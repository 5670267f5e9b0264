import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type AgentBench, HOLD, OFF, openBench, RUN, steered, WAIT } from "./fakes/agent.ts";
import { createFakeBox, FAKE } from "./fakes/box.ts";
import { fakeSystem } from "./fakes/system.ts";

let bench: AgentBench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

describe("runAgent, turns that change", () => {
  test("a stage whose turn is over is cancelled, and the hold begins", async () => {
    const box = createFakeBox(RUN);
    const stage = steered();
    box.afterResult.set("CPUStress 1", HOLD);
    const system = fakeSystem();
    bench.start(box, { CPUStress: stage.runner }, system);
    await system.clock.until(() => stage.contexts.length === 1);
    box.turn = HOLD;
    await system.clock.until(() => existsSync(bench.keys));
    expect(stage.contexts[0]?.signal.aborted).toBe(true);
    expect(box.results.get("CPUStress 1")?.outcome).toBe("cancelled");
  });

  test("the key of a hold is one line, for root alone, and gone when the hold is over", async () => {
    const box = createFakeBox(HOLD);
    const system = fakeSystem();
    const agent = bench.start(box, {}, system);
    await system.clock.until(() => existsSync(bench.keys));
    expect(readFileSync(bench.keys, "utf8")).toBe(`${FAKE.holdKey}\n`);
    expect(statSync(bench.keys).mode & 0o777).toBe(0o600);
    box.send({ id: 4, cmd: "abort" });
    await system.clock.until(() => agent.poweredOff === 1);
    expect(readdirSync(join(bench.dir, "root/root/.ssh"))).toEqual([]);
  });

  test("a key that is not ready is asked for again", async () => {
    const box = createFakeBox(HOLD);
    let left = 3;
    box.refuse = (seen) => (seen.call === "hold" && left-- > 0 ? { status: 503, code: "not-ready" } : null);
    const system = fakeSystem();
    bench.start(box, {}, system);
    await system.clock.until(() => existsSync(bench.keys), 30_000);
    expect(box.count("hold")).toBe(4);
  });

  test("a hold is retried: the stage runs again under the command's attempt, once, and the key is gone", async () => {
    const box = createFakeBox(HOLD);
    const stage = steered();
    const system = fakeSystem();
    bench.start(box, { CPUStress: stage.runner }, system);
    await system.clock.until(() => existsSync(bench.keys));
    box.turn = { ...RUN, attempt: 2 };
    box.command = { id: 9, cmd: "retry_stage", stage: "CPUStress", attempt: 2 };
    box.send(box.command);
    box.send(box.command);
    await system.clock.until(() => box.command === null);
    await system.clock.pass(60_000);
    expect(existsSync(bench.keys)).toBe(false);
    expect(stage.contexts).toHaveLength(1);
    const acks = box.seen.flatMap(({ call, body }) => (call === "heartbeat" ? (body as { acks: number[] }).acks : []));
    // Each delivery is acknowledged; the first one carried it out.
    expect(new Set(acks)).toEqual(new Set([9]));
  });
});

describe("runAgent, restart and loss", () => {
  test("a second agent of the boot resumes with the session token and the next start count", async () => {
    const box = createFakeBox(RUN);
    const [one, two] = [steered(), steered()];
    const first = fakeSystem();
    const agent = bench.start(box, { CPUStress: one.runner }, first);
    await first.clock.until(() => one.contexts.length === 1);
    agent.stop.abort();
    await first.clock.pass(20_000);
    await agent.end;
    const before = box.seen.length;
    box.turn = { ...RUN, attempt: 2 };
    const second = fakeSystem({ seed: 2 });
    bench.start(box, { CPUStress: two.runner }, second);
    await second.clock.until(() => two.contexts.length === 1);
    const claims = box.seen.filter((seen) => seen.call === "claim");
    expect(claims.map((seen) => seen.bearer)).toEqual([FAKE.enrolCode, FAKE.token]);
    expect(claims.map((seen) => (seen.body as { agentStart: number }).agentStart)).toEqual([1, 2]);
    expect(new Set(claims.map((seen) => (seen.body as { claimKey: string }).claimKey)).size).toBe(1);
    expect(box.seen.slice(before).every((seen) => seen.bearer === FAKE.token)).toBe(true);
    // Log numbers go on where the first agent stopped.
    await second.clock.pass(10_000);
    expect([...box.logs.keys()].sort((a, b) => a - b)).toEqual(Array.from(box.logs.keys(), (_, i) => i + 1));
  });

  test("what the first agent measured is delivered before the second one claims", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", { ...RUN, stage: "Memory" });
    const stage = steered();
    const first = fakeSystem();
    const agent = bench.start(box, { CPUStress: stage.runner }, first);
    await first.clock.until(() => stage.contexts.length === 1);
    box.isAway = true;
    stage.waiting[0]?.resolve({ rounds: 50 });
    await first.clock.pass(30_000);
    agent.stop.abort();
    await first.clock.pass(20_000);
    await agent.end;
    box.isAway = false;
    const before = box.seen.length;
    const second = fakeSystem();
    const memory = steered();
    bench.start(box, { Memory: memory.runner }, second);
    await second.clock.until(() => memory.contexts.length === 1);
    const order = box.seen.slice(before).map((seen) => seen.call);
    expect(order.indexOf("result")).toBeLessThan(order.indexOf("claim"));
    expect(box.results.get("CPUStress 1")).toMatchObject({ facts: { rounds: 50 } });
  });

  test("a claim whose answer is lost is made again with the same key", async () => {
    const box = createFakeBox(WAIT);
    let lost = 0;
    box.fate = (seen) => (seen.call === "claim" && ++lost <= 2 ? "lose answer" : "deliver");
    const system = fakeSystem();
    bench.start(box, {}, system);
    await system.clock.until(() => box.count("heartbeat") > 0);
    const claimKeys = box.seen.filter((s) => s.call === "claim").map((s) => (s.body as { claimKey: string }).claimKey);
    expect(claimKeys).toHaveLength(3);
    expect(new Set(claimKeys).size).toBe(1);
  });

  test("a result whose answer is lost is sent again, and the stage is not run again", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", OFF);
    let runs = 0;
    let lost = 0;
    box.fate = (seen) => (seen.call === "result" && ++lost <= 3 ? "lose answer" : "deliver");
    const system = fakeSystem();
    const agent = bench.start(box, { CPUStress: async () => ++runs }, system);
    await system.clock.until(() => agent.poweredOff === 1);
    expect([runs, box.count("result")]).toEqual([1, 4]);
  });

  test("a box that is away for hours gets the result when it is back", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", OFF);
    const stage = steered();
    const system = fakeSystem();
    const agent = bench.start(box, { CPUStress: stage.runner }, system);
    await system.clock.until(() => stage.contexts.length === 1);
    box.isAway = true;
    stage.waiting[0]?.resolve(1);
    await system.clock.pass(3 * 3_600_000);
    expect([box.results.size, agent.poweredOff]).toEqual([0, 0]);
    box.isAway = false;
    await system.clock.until(() => agent.poweredOff === 1, 60_000);
    expect(box.results.size).toBe(1);
  });

  test("a result that the box never accepts does not stop the turns after it", async () => {
    const box = createFakeBox(RUN);
    box.refuse = (seen) => (seen.call === "result" ? { status: 422, code: "invalid" } : null);
    const system = fakeSystem();
    const agent = bench.start(box, { CPUStress: async () => 1 }, system);
    await system.clock.until(() => box.count("result") === 1);
    box.turn = OFF;
    await system.clock.until(() => agent.poweredOff === 1);
    expect(box.count("result")).toBe(1);
    expect(agent.printed.some((line) => line.includes("set aside"))).toBe(true);
    expect(readdirSync(join(bench.dir, "state/spool/parcels/refused"))).toEqual(["CPUStress-1.json"]);
  });
});
