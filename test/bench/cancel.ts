/**
 * `bun run bench cancel`: from the operator's cancel to the last process of a running stage gone, with a real box and a real agent on loopback. Over the
 * command stream, and with heartbeats alone.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineCommand } from "citty";
import { needPackages } from "../setup/packages.ts";
import { openBoxProcess } from "./box-alone.ts";
import { median, percentile, renderTable } from "./figures.ts";
import { openCgroupMount, removeCgroup, timeLoadEnd } from "./load.ts";

const say = (line: string): void => void process.stderr.write(`${line}\n`);

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
          const at = { dir: join(dir, `agent-${hasStream}-${i}`), cgroup, hasStream };
          const wait = () => Bun.sleep(waitMs);
          const { ms, pids } = await timeLoadEnd(box, at, wait, (runId) => box.operator.decide(runId, "cancel"));
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
