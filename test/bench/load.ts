/** A running stage to be killed: a real agent on loopback with a load of many processes in a cgroup, and how long until the last of them is gone. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoxProcess } from "./box-alone.ts";
import type { CancelAgentOrder } from "./cancel-agent.ts";

/** stress-ng starts as many again of another kind, and a parent for each of those. */
const WORKERS = 16;
const START_MS = 60_000;
const GONE_MS = 60_000;

/** A cgroup v2 of its own mount, so that it is found wherever this machine has its own. */
export const openCgroupMount = async (): Promise<{ readonly path: string } & AsyncDisposable> => {
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
export const timeUntil = async (what: string, holds: () => boolean, withinMs: number): Promise<number> => {
  const startMs = performance.now();
  while (!holds()) {
    if (performance.now() - startMs > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await Bun.sleep(1);
  }
  return performance.now() - startMs;
};

/** How a load ended. */
export interface LoadEnd {
  /** From the call of `end` to the last process gone. */
  readonly ms: number;
  /** How many there were to kill. */
  readonly pids: number;
}

/** Starts a run whose stage is a load, waits until it runs and for `prepare`, has it ended by `end`, and answers how long that took. */
export const timeLoadEnd = async (
  box: BoxProcess,
  at: { readonly dir: string; readonly cgroup: string; readonly hasStream: boolean },
  prepare: () => Promise<unknown>,
  end: (runId: string) => Promise<unknown>,
): Promise<LoadEnd> => {
  const { dir, cgroup, hasStream } = at;
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
    await prepare();
    const pids = loadPids(cgroup);
    const gone = timeUntil("all of it is gone", () => loadPids(cgroup) === 0, GONE_MS);
    await end(words.runId);
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
export const removeCgroup = async (cgroup: string): Promise<void> => {
  for (const name of readdirSync(cgroup, { withFileTypes: true }))
    if (name.isDirectory()) await removeCgroup(join(cgroup, name.name));
  await timeUntil(`${cgroup} is empty`, () => readFileSync(join(cgroup, "cgroup.procs"), "utf8") === "", GONE_MS);
  await rmdir(cgroup);
};
