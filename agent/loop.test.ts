import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type AgentBench, HOLD, OFF, openBench, RUN, steered, WAIT } from "./fakes/agent.ts";
import { createFakeBox, FAKE } from "./fakes/box.ts";
import { settle } from "./fakes/clock.ts";
import { exited, fakeSystem, tableFiles } from "./fakes/system.ts";
import type { StageContext } from "./stages/runner.ts";
import type { Exec } from "./system/exec.ts";
import { thisSystem } from "./system/system.ts";
import type { Watcher } from "./watch/watch.ts";

let bench: AgentBench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

describe("runAgent, the plain course", () => {
  test("says hello, claims, runs the stage it is told, posts its files before its result, and powers off", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", OFF);
    const system = fakeSystem({ files: tableFiles({ "/proc/uptime": "12.50 3.0\n" }) });
    const agent = bench.start(
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
    const box = createFakeBox(WAIT);
    const system = fakeSystem();
    bench.start(box, {}, system);
    await system.clock.until(() => box.count("heartbeat") > 0);
    const path = join(bench.dir, "state/session.json");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ sessionToken: FAKE.token, agentStart: 1 });
  });

  test("a stage that throws posts an error with its reason, and the agent goes on", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", HOLD);
    const system = fakeSystem();
    bench.start(box, { CPUStress: () => Promise.reject(new Error("no\nsensors")) }, system);
    await system.clock.until(() => existsSync(bench.keys));
    expect(box.results.get("CPUStress 1")).toMatchObject({ outcome: "error", reason: "Error: no·sensors" });
    expect(box.results.get("CPUStress 1")).not.toHaveProperty("facts");
  });

  test("a stage without a runner posts an error", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", WAIT);
    const system = fakeSystem();
    bench.start(box, {}, system);
    await system.clock.until(() => box.results.size === 1);
    expect(box.results.get("CPUStress 1")).toMatchObject({ outcome: "error" });
  });

  test("facts that do not fit the stage's schema are an error, not a result", async () => {
    const box = createFakeBox({ ...RUN, stage: "InventoryCheck" });
    box.afterResult.set("InventoryCheck 1", WAIT);
    const system = fakeSystem();
    bench.start(box, { InventoryCheck: async () => ({ board: {} }) }, system);
    await system.clock.until(() => box.results.size === 1);
    expect(box.results.get("InventoryCheck 1")).toMatchObject({ outcome: "error" });
  });

  test("a cancelled stage that does not let go is left behind", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", OFF);
    const system = fakeSystem();
    const agent = bench.start(box, { CPUStress: () => new Promise(() => undefined) }, system);
    await system.clock.until(() => box.openStreams === 1);
    box.send({ id: 2, cmd: "cancel_stage" });
    await system.clock.until(() => agent.poweredOff === 1, 20_000);
    expect(box.results.get("CPUStress 1")?.outcome).toBe("cancelled");
  });

  test("a cancelled stage has a last command, which the cancel does not stop", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", OFF);
    const asked: string[] = [];
    const exec: Exec = async ({ argv, timeoutMs }, signal) => {
      asked.push(`${argv.join(" ")} ${timeoutMs} ${signal?.aborted ?? false}`);
      return exited("");
    };
    const system = fakeSystem({ exec });
    const runner = ({ signal, farewell, system: own }: StageContext) =>
      new Promise<void>((resolve) => {
        signal.addEventListener("abort", async () => {
          await own.exec({ argv: ["work"], timeoutMs: 1_000 });
          await farewell({ argv: ["smartctl", "-X"], timeoutMs: 60_000 });
          resolve();
        });
      });
    const agent = bench.start(box, { CPUStress: runner }, system);
    await system.clock.until(() => box.openStreams === 1);
    box.send({ id: 2, cmd: "cancel_stage" });
    await system.clock.until(() => agent.poweredOff === 1, 20_000);
    expect(asked).toEqual(["work 1000 true", "smartctl -X 6000 false"]);
  });

  test("what surrounded a stage is posted with its result, also of one that could not run, and not of one that was cancelled", async () => {
    const watch = { durationMs: 1, figures: [], gone: [], temperatures: [], missing: [] };
    const kernel = {
      errors: [{ kind: "disk" as const, text: "I/O error, dev sda", count: 1 }],
      xids: [],
      isCut: false,
    };
    const steps: string[] = [];
    const watcher: Watcher = async () => {
      steps.push("watch begins");
      return {
        drop: () => steps.push("dropped"),
        end: async () => {
          steps.push("watch ends");
          return { watch: { ...watch, kernel }, newLines: "<3>[ 9.000000] I/O error, dev sda" };
        },
      };
    };
    for (const [runner, outcome, seen] of [
      [async () => ({}), "measured", true],
      [async () => Promise.reject(new Error("no sensors")), "error", true],
      [() => new Promise(() => undefined), "cancelled", false],
    ] as const) {
      const own = openBench();
      const box = createFakeBox(RUN);
      box.afterResult.set("CPUStress 1", OFF);
      const system = fakeSystem();
      const agent = own.start(box, { CPUStress: runner }, system, watcher);
      if (!seen) {
        await system.clock.until(() => box.openStreams === 1);
        box.send({ id: 2, cmd: "cancel_stage" });
      }
      await system.clock.until(() => agent.poweredOff === 1, 60_000);
      expect(box.results.get("CPUStress 1")).toMatchObject({
        outcome,
        ...(seen ? { watch: { ...watch, kernel } } : {}),
      });
      expect("watch" in (box.results.get("CPUStress 1") ?? {})).toBe(seen);
      await own[Symbol.asyncDispose]();
    }
    expect(steps).toEqual(["watch begins", "watch ends", "watch begins", "watch ends", "watch begins", "dropped"]);
  });

  test("a watch that does not fit its schema is left out, and the result still goes", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", OFF);
    const system = fakeSystem();
    const broken = { durationMs: -1, figures: [], gone: [], temperatures: [], missing: [] };
    const watcher: Watcher = async () => ({
      drop: () => undefined,
      end: async () => ({ watch: broken, newLines: "" }),
    });
    const agent = bench.start(box, { CPUStress: async () => ({}) }, system, watcher);
    await system.clock.until(() => agent.poweredOff === 1, 60_000);
    expect(box.results.get("CPUStress 1")?.outcome).toBe("measured");
    expect(box.results.get("CPUStress 1")).not.toHaveProperty("watch");
    expect(agent.printed.some((line) => line.includes("durationMs"))).toBe(true);
  });

  test("ends without a result and without power off when it is stopped", async () => {
    const box = createFakeBox(RUN);
    const stage = steered();
    const system = fakeSystem();
    const agent = bench.start(box, { CPUStress: stage.runner }, system);
    await system.clock.until(() => stage.contexts.length === 1);
    agent.stop.abort();
    await system.clock.until(() => stage.contexts[0]?.signal.aborted === true);
    await system.clock.pass(20_000);
    expect(await agent.end).toBe("stopped");
    expect([box.results.size, agent.poweredOff]).toEqual([0, 0]);
  });
});

describe("runAgent, real processes", () => {
  test("cancel_stage kills the stage's child and its grandchild within a second, posts cancelled, then powers off", async () => {
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", OFF);
    const begun = Promise.withResolvers<void>();
    const pidFile = join(bench.dir, "pids");
    // The test's own fixture, run as a program with arguments: a parent that starts a child, and both would sleep for an hour.
    const script = `const c = Bun.spawn(["sleep", "3600"]); await Bun.write(${JSON.stringify(pidFile)}, process.pid + " " + c.pid); await c.exited;`;
    const runner = async (context: StageContext) => {
      const running = context.system.exec({ argv: [process.execPath, "-e", script], timeoutMs: 60_000 });
      begun.resolve();
      return (await running).end;
    };
    const agent = bench.start(
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
