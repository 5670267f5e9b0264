import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFakeBox, FAKE, type FakeBox } from "./fakes/box.ts";
import { settle } from "./fakes/clock.ts";
import { fakeSystem, tableFiles } from "./fakes/system.ts";
import { type AgentEnd, type AgentOptions, runAgent } from "./loop.ts";
import type { RunnersByState } from "./stage-attempt.ts";
import type { StageContext } from "./stages/runner.ts";
import { thisSystem } from "./system/system.ts";
import type { Turn } from "./wire/messages.ts";

const RUN = { do: "run", stage: "CPUStress", attempt: 1, limitMs: 60_000 } as const satisfies Turn;
const OFF: Turn = { do: "off" };
const HOLD: Turn = { do: "hold" };

let dir: string;
let stops: AbortController[];
let ends: Promise<AgentEnd>[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-loop-"));
  [stops, ends] = [[], []];
});
afterEach(async () => {
  for (const stop of stops) stop.abort();
  await Promise.all(ends);
  rmSync(dir, { recursive: true, force: true });
});

/** Starts an agent against a box. Its directories are the test's, so a second start is the next process of the same boot. */
const start = (box: FakeBox, runners: RunnersByState, system: AgentOptions["system"] = fakeSystem()) => {
  const stop = new AbortController();
  const agent = { poweredOff: 0, printed: [] as string[], stop };
  const end = runAgent({
    identity: FAKE,
    system,
    stateDir: join(dir, "state"),
    rootDir: join(dir, "root"),
    powerOff: async () => {
      agent.poweredOff += 1;
    },
    signal: stop.signal,
    print: (_, text) => agent.printed.push(text),
    fetch: box.fetch,
    runners,
  });
  stops.push(stop);
  ends.push(end);
  return Object.assign(agent, { end });
};

/** A stage that ends when the test says so, or when it is cancelled. */
const steered = () => {
  const contexts: StageContext[] = [];
  const waiting: PromiseWithResolvers<unknown>[] = [];
  const runner = (context: StageContext): Promise<unknown> => {
    const gate = Promise.withResolvers<unknown>();
    context.signal.addEventListener("abort", () => gate.reject(new Error("cancelled")));
    contexts.push(context);
    waiting.push(gate);
    return gate.promise;
  };
  return { runner, contexts, waiting };
};

const keys = () => join(dir, "root/root/.ssh/authorized_keys");

describe("runAgent, the plain course", () => {
  test("says hello, claims, runs the stage it is told, posts its files before its result, and powers off", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", OFF);
    const system = fakeSystem({ files: tableFiles({ "/proc/uptime": "12.50 3.0\n" }) });
    const agent = start(
      box,
      {
        CPUStress: async (context) => {
          context.log("info", "stressing");
          context.artifact("stress.txt", "ok");
          return { rounds: 3 };
        },
      },
      system,
    );
    await system.clock.until(() => agent.poweredOff === 1);
    expect(await agent.end).toBe("off");
    expect(
      box.seen.map((seen) => seen.call).filter((call) => !["heartbeat", "commands", "log"].includes(call)),
    ).toEqual(["hello", "claim", "artifact", "result"]);
    expect(box.seen[0]?.body).toMatchObject({ uptimeMs: 12_500, mac: FAKE.mac, bootId: FAKE.bootId });
    expect(box.results.get("CPUStress 1")).toMatchObject({ outcome: "measured", facts: { rounds: 3 } });
    expect(box.artifacts).toEqual(new Map([["CPUStress 1 stress.txt", "ok"]]));
    const lines = [...box.logs.values()];
    expect(lines.map((line) => line.seq)).toEqual(lines.map((_, i) => i + 1));
    expect(lines.find((line) => line.text === "stressing")?.stage).toBe("CPUStress");
    expect(lines.at(-1)?.text).toBe("power off");
    expect(box.surprises).toEqual([]);
  });

  test("keeps its session to root alone, with the token and the start count", async () => {
    const box = createFakeBox({ do: "wait" });
    const system = fakeSystem();
    start(box, {}, system);
    await system.clock.until(() => box.count("heartbeat") > 0);
    const path = join(dir, "state/session.json");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ sessionToken: FAKE.token, agentStart: 1 });
  });

  test("a stage that throws posts an error with its reason, and the agent goes on", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", HOLD);
    const system = fakeSystem();
    start(box, { CPUStress: () => Promise.reject(new Error("no\nsensors")) }, system);
    await system.clock.until(() => existsSync(keys()));
    expect(box.results.get("CPUStress 1")).toMatchObject({ outcome: "error", reason: "Error: no·sensors" });
    expect(box.results.get("CPUStress 1")).not.toHaveProperty("facts");
  });

  test("a stage without a runner posts an error", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", { do: "wait" });
    const system = fakeSystem();
    start(box, {}, system);
    await system.clock.until(() => box.results.size === 1);
    expect(box.results.get("CPUStress 1")).toMatchObject({ outcome: "error" });
  });

  test("facts that do not fit the stage's schema are an error, not a result", async () => {
    const box = createFakeBox({ ...RUN, stage: "InventoryCheck" });
    box.afterResult.set("InventoryCheck 1", { do: "wait" });
    const system = fakeSystem();
    start(box, { InventoryCheck: async () => ({ board: {} }) }, system);
    await system.clock.until(() => box.results.size === 1);
    expect(box.results.get("InventoryCheck 1")).toMatchObject({ outcome: "error" });
  });

  test("a cancelled stage that does not let go is left behind", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", OFF);
    const system = fakeSystem();
    const agent = start(box, { CPUStress: () => new Promise(() => undefined) }, system);
    await system.clock.until(() => box.openStreams === 1);
    box.send({ id: 2, cmd: "cancel_stage" });
    await system.clock.until(() => agent.poweredOff === 1, 20_000);
    expect(box.results.get("CPUStress 1")?.outcome).toBe("cancelled");
  });

  test("ends without a result and without power off when it is stopped", async () => {
    const box = createFakeBox(RUN);
    const stage = steered();
    const system = fakeSystem();
    const agent = start(box, { CPUStress: stage.runner }, system);
    await system.clock.until(() => stage.contexts.length === 1);
    agent.stop.abort();
    await system.clock.until(() => stage.contexts[0]?.signal.aborted === true);
    await system.clock.pass(20_000);
    expect(await agent.end).toBe("stopped");
    expect([box.results.size, agent.poweredOff]).toEqual([0, 0]);
  });
});

describe("runAgent, heartbeats", () => {
  test("go on during a long stage, and say what it does", async () => {
    const box = createFakeBox(RUN);
    const stage = steered();
    const system = fakeSystem();
    start(box, { CPUStress: stage.runner }, system);
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
    start(box, {}, system);
    await system.clock.until(() => existsSync(keys()));
    const before = box.count("heartbeat");
    await system.clock.pass(600_000);
    expect(box.count("heartbeat") - before).toBeGreaterThanOrEqual(60);
    expect(box.count("hold")).toBe(1);
  });

  test("take up again when the box was away, without hurrying it", async () => {
    const box = createFakeBox({ do: "wait" });
    const system = fakeSystem();
    start(box, {}, system);
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
    const box = createFakeBox({ do: "wait" });
    const system = fakeSystem();
    const agent = start(box, {}, system);
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

describe("runAgent, turns that change", () => {
  test("a stage whose turn is over is cancelled, and the hold begins", async () => {
    const box = createFakeBox(RUN);
    const stage = steered();
    box.afterResult.set("CPUStress 1", HOLD);
    const system = fakeSystem();
    start(box, { CPUStress: stage.runner }, system);
    await system.clock.until(() => stage.contexts.length === 1);
    box.turn = HOLD;
    await system.clock.until(() => existsSync(keys()));
    expect(stage.contexts[0]?.signal.aborted).toBe(true);
    expect(box.results.get("CPUStress 1")?.outcome).toBe("cancelled");
  });

  test("the key of a hold is one line, for root alone, and gone when the hold is over", async () => {
    const box = createFakeBox(HOLD);
    const system = fakeSystem();
    const agent = start(box, {}, system);
    await system.clock.until(() => existsSync(keys()));
    expect(readFileSync(keys(), "utf8")).toBe(`${FAKE.holdKey}\n`);
    expect(statSync(keys()).mode & 0o777).toBe(0o600);
    box.send({ id: 4, cmd: "abort" });
    await system.clock.until(() => agent.poweredOff === 1);
    expect(readdirSync(join(dir, "root/root/.ssh"))).toEqual([]);
  });

  test("a key that is not ready is asked for again", async () => {
    const box = createFakeBox(HOLD);
    let left = 3;
    box.refuse = (seen) => (seen.call === "hold" && left-- > 0 ? { status: 503, code: "not-ready" } : null);
    const system = fakeSystem();
    start(box, {}, system);
    await system.clock.until(() => existsSync(keys()), 30_000);
    expect(box.count("hold")).toBe(4);
  });

  test("a hold is retried: the stage runs again under the command's attempt, once, and the key is gone", async () => {
    const box = createFakeBox(HOLD);
    const stage = steered();
    const system = fakeSystem();
    start(box, { CPUStress: stage.runner }, system);
    await system.clock.until(() => existsSync(keys()));
    box.turn = { ...RUN, attempt: 2 };
    box.command = { id: 9, cmd: "retry_stage", stage: "CPUStress", attempt: 2 };
    box.send(box.command);
    box.send(box.command);
    await system.clock.until(() => box.command === null);
    await system.clock.pass(60_000);
    expect(existsSync(keys())).toBe(false);
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
    const agent = start(box, { CPUStress: one.runner }, first);
    await first.clock.until(() => one.contexts.length === 1);
    agent.stop.abort();
    await first.clock.pass(20_000);
    await agent.end;
    const before = box.seen.length;
    box.turn = { ...RUN, attempt: 2 };
    const second = fakeSystem({ seed: 2 });
    start(box, { CPUStress: two.runner }, second);
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
    const agent = start(box, { CPUStress: stage.runner }, first);
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
    start(box, { Memory: memory.runner }, second);
    await second.clock.until(() => memory.contexts.length === 1);
    const order = box.seen.slice(before).map((seen) => seen.call);
    expect(order.indexOf("result")).toBeLessThan(order.indexOf("claim"));
    expect(box.results.get("CPUStress 1")).toMatchObject({ facts: { rounds: 50 } });
  });

  test("a claim whose answer is lost is made again with the same key", async () => {
    const box = createFakeBox({ do: "wait" });
    let lost = 0;
    box.fate = (seen) => (seen.call === "claim" && ++lost <= 2 ? "lose answer" : "deliver");
    const system = fakeSystem();
    start(box, {}, system);
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
    const agent = start(box, { CPUStress: async () => ++runs }, system);
    await system.clock.until(() => agent.poweredOff === 1);
    expect([runs, box.count("result")]).toEqual([1, 4]);
  });

  test("a box that is away for a day gets the result when it is back", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", OFF);
    const stage = steered();
    const system = fakeSystem();
    const agent = start(box, { CPUStress: stage.runner }, system);
    await system.clock.until(() => stage.contexts.length === 1);
    box.isAway = true;
    stage.waiting[0]?.resolve(1);
    await system.clock.pass(24 * 3_600_000);
    expect([box.results.size, agent.poweredOff]).toEqual([0, 0]);
    box.isAway = false;
    await system.clock.until(() => agent.poweredOff === 1, 60_000);
    expect(box.results.size).toBe(1);
  });

  test("a result that the box never accepts does not stop the turns after it", async () => {
    const box = createFakeBox(RUN);
    box.refuse = (seen) => (seen.call === "result" ? { status: 422, code: "invalid" } : null);
    const system = fakeSystem();
    const agent = start(box, { CPUStress: async () => 1 }, system);
    await system.clock.until(() => box.count("result") === 1);
    box.turn = OFF;
    await system.clock.until(() => agent.poweredOff === 1);
    expect(box.count("result")).toBe(1);
    expect(agent.printed.some((line) => line.includes("set aside"))).toBe(true);
    expect(readdirSync(join(dir, "state/spool/parcels/refused"))).toEqual(["CPUStress-1.json"]);
  });
});

describe("runAgent, commands", () => {
  for (const cmd of ["shutdown", "abort", "cancel_stage"] as const) {
    test(`${cmd} by heartbeat alone is carried out, acknowledged, and ends in power off`, async () => {
      const box = createFakeBox({ do: "wait" });
      box.refuse = (seen) => (seen.call === "commands" ? { status: 503, code: "too-many-streams" } : null);
      const system = fakeSystem();
      const agent = start(box, {}, system);
      await system.clock.until(() => box.count("heartbeat") > 0);
      box.command = { id: 5, cmd };
      await system.clock.until(() => agent.poweredOff === 1, 15_000);
      expect(box.command).toBeNull();
      expect(await agent.end).toBe("off");
    });
  }

  test("the stream is opened again after the last event that came", async () => {
    const box = createFakeBox({ do: "wait" });
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
    start(watched, {}, system);
    await system.clock.until(() => box.openStreams === 1);
    box.send({ id: 0, cmd: "continue" }, 77);
    await settle();
    box.hangUp();
    await system.clock.until(() => box.openStreams === 1);
    expect(opened).toEqual([undefined, "77"]);
  });

  test("a stream that falls silent is opened again", async () => {
    const box = createFakeBox({ do: "wait" });
    const system = fakeSystem();
    start(box, {}, system);
    await system.clock.until(() => box.openStreams === 1);
    const before = box.count("commands");
    await system.clock.until(() => box.count("commands") > before, 60_000);
    expect(box.openStreams).toBe(1);
  });

  test("undelivered messages hold up a power off for half a minute and no longer", async () => {
    const box = createFakeBox({ do: "wait" });
    const system = fakeSystem();
    const agent = start(box, {}, system);
    await system.clock.until(() => box.openStreams === 1);
    box.refuse = (seen) => (seen.call === "log" ? { status: 503, code: "disk-full" } : null);
    box.send({ id: 3, cmd: "shutdown" });
    await settle();
    const startMs = system.clock.monoMs();
    await system.clock.until(() => agent.poweredOff === 1, 40_000);
    expect(system.clock.monoMs() - startMs).toBeGreaterThanOrEqual(30_000);
  });
});

describe("runAgent, real processes", () => {
  test("cancel_stage kills the stage's child and its grandchild within a second, posts cancelled, then powers off", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", OFF);
    const begun = Promise.withResolvers<void>();
    const pidFile = join(dir, "pids");
    // The test's own fixture, run as a program with arguments: a parent that starts a child, and both would sleep for an hour.
    const script = `const c = Bun.spawn(["sleep", "3600"]); await Bun.write(${JSON.stringify(pidFile)}, process.pid + " " + c.pid); await c.exited;`;
    const runner = async (context: StageContext) => {
      const running = context.system.exec({ argv: [process.execPath, "-e", script], timeoutMs: 60_000 });
      begun.resolve();
      return (await running).end;
    };
    const agent = start(
      box,
      { CPUStress: runner },
      { ...fakeSystem(), exec: thisSystem.exec, clock: thisSystem.clock },
    );
    await begun.promise;
    while (!existsSync(pidFile) || box.openStreams === 0) await settle();
    const pids = readFileSync(pidFile, "utf8").split(" ").map(Number);
    const startMs = performance.now();
    box.send({ id: 2, cmd: "cancel_stage" });
    expect(await agent.end).toBe("off");
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect(box.results.get("CPUStress 1")?.outcome).toBe("cancelled");
    // A killed process may stay a zombie until its new parent reaps it; it runs no more.
    for (const pid of pids) {
      const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : ") Z";
      expect(stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3)).toBe("Z");
    }
    expect(agent.poweredOff).toBe(1);
  });
});
