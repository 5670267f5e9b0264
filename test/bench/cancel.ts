/**
 * `bun run bench cancel`: from the operator's cancel to the last process of a running stage gone, with a real box and a real agent on loopback. Over the
 * command stream, and with heartbeats alone.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineCommand } from "citty";
import { needPackages } from "../setup/packages.ts";
import { type BoxProcess, openBoxProcess } from "./box-alone.ts";
import type { CancelAgentOrder } from "./cancel-agent.ts";
import { median, percentile, renderTable } from "./figures.ts";

/** stress-ng starts as many again of another kind, and a parent for each of those. */
const WORKERS = 16;
const START_MS = 60_000;
const GONE_MS = 60_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** A cgroup v2 of its own mount, so that it is found wherever this machine has its own. */
const openCgroupMount = async (): Promise<{ readonly path: string } & AsyncDisposable> => {
  const path = await mkdtemp(join(tmpdir(), "vetbox-cgroup2-"));
  const run = (...argv: string[]) => Bun.spawnSync(argv, { stderr: "inherit" }).exitCode;
  if (run("mount", "-t", "cgroup2", "none", path) !== 0) throw new Error("this bench needs root and cgroup v2");
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      run("umount", path);
      await rm(path, { recursive: true });
    },
  };
};

/** Processes of the load now. */
const loadPids = (cgroup: string): number => {
  if (!existsSync(cgroup)) return 0;
  const cells = readdirSync(cgroup).filter((name) => name.startsWith("load-"));
  return cells.reduce((sum, cell) => {
    const path = join(cgroup, cell, "cgroup.procs");
    return sum + (existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean).length : 0);
  }, 0);
};

/** Looks every millisecond until it holds; answers how long that took. */
const timeUntil = async (what: string, holds: () => boolean, withinMs: number): Promise<number> => {
  const startMs = performance.now();
  while (!holds()) {
    if (performance.now() - startMs > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await Bun.sleep(1);
  }
  return performance.now() - startMs;
};

/** One run from its start to its cancel; answers ms, and how many processes there were to kill. */
const timeCancel = async (box: BoxProcess, dir: string, cgroup: string, hasStream: boolean, waitMs: number) => {
  const words = await box.startRun({ stages: ["CPUStress"] });
  await mkdir(dir);
  const order: CancelAgentOrder = { ...words, mac: box.mac, dir, cgroup, workers: WORKERS, hasStream };
  const agent = Bun.spawn([process.execPath, join(import.meta.dir, "cancel-agent.ts"), JSON.stringify(order)], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  try {
    await timeUntil("the load runs", () => loadPids(cgroup) > 2 * WORKERS, START_MS);
    await Bun.sleep(waitMs);
    const pids = loadPids(cgroup);
    const gone = timeUntil("all of it is gone", () => loadPids(cgroup) === 0, GONE_MS);
    await box.operator.decide(words.runId, "cancel");
    const ms = await gone;
    await agent.exited;
    return { ms, pids };
  } finally {
    agent.kill("SIGKILL");
    await agent.exited;
    await writeFile(join(cgroup, "cgroup.kill"), "1");
  }
};

/** Removes what the agents left: empty cgroups, the deepest first. */
const removeCgroup = async (cgroup: string): Promise<void> => {
  for (const name of readdirSync(cgroup, { withFileTypes: true }))
    if (name.isDirectory()) await removeCgroup(join(cgroup, name.name));
  await timeUntil(`${cgroup} is empty`, () => readFileSync(join(cgroup, "cgroup.procs"), "utf8") === "", GONE_MS);
  await rmdir(cgroup);
};

/** The bench. */
export const cancel = defineCommand({
  meta: { name: "cancel", description: "From an operator's cancel to the last process of the stage gone" },
  args: {
    rounds: { type: "string", default: "100", description: "cancels over the command stream" },
    beats: { type: "string", default: "10", description: "cancels with heartbeats alone" },
    json: { type: "boolean", default: false, description: "figures as JSON on stdout" },
  },
  run: async ({ args }) => {
    const [rounds, beats] = [Number(args.rounds), Number(args.beats)];
    if (!(rounds >= 1) || !(beats >= 0)) throw new Error("--rounds takes numbers from 1 up, --beats from 0");
    await needPackages(["stress-ng"]);
    const dir = await mkdtemp(join(tmpdir(), "vetbox-bench-"));
    try {
      await using mount = await openCgroupMount();
      const cgroup = join(mount.path, `vetbox-bench-${process.pid}`);
      await writeFile(join(dir, "root"), "root");
      await using box = await openBoxProcess(join(dir, "box"), join(dir, "root"));
      const figures = [];
      for (const [title, hasStream, count] of [
        ["command stream", true, rounds],
        ["heartbeats alone", false, beats],
      ] as const) {
        const times: number[] = [];
        let most = 0;
        for (let i = 0; i < count; i += 1) {
          // The heartbeat's phase must not be always the same.
          const waitMs = hasStream ? 100 : Math.random() * 10_000;
          const { ms, pids } = await timeCancel(box, join(dir, `agent-${hasStream}-${i}`), cgroup, hasStream, waitMs);
          times.push(ms);
          most = Math.max(most, pids);
          say(`${title} ${i + 1} of ${count}: ${ms.toFixed(0)} ms for ${pids} processes`);
        }
        if (count > 0)
          figures.push({
            title,
            count,
            processes: most,
            p50Ms: median(times),
            p99Ms: percentile(times, 0.99),
            maxMs: percentile(times, 1),
          });
      }
      await removeCgroup(cgroup);
      const rows = figures.map(({ title, count, processes, p50Ms, p99Ms, maxMs }) => [
        title,
        String(count),
        String(processes),
        p50Ms,
        p99Ms,
        maxMs,
      ]);
      const head = ["cancel to the last process gone", "count", "processes", "p50 ms", "p99 ms", "max ms"];
      console.log(args.json ? JSON.stringify(figures, null, 2) : renderTable([head, ...rows]));
    } finally {
      await rm(dir, { recursive: true });
    }
  },
});
