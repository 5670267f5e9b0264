/**
 * `bun run bench serve`: how fast and how cheaply the box gives out boot files, and whether its agent API feels it.
 *
 * Everything runs on one machine in one run, and what counts are ratios: against nginx in alternating rounds, and against the same box when idle. The
 * clients use the same processors as the servers, so absolute figures say little.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineCommand } from "citty";
import { needPackages } from "../setup/packages.ts";
import { openBoxAlone } from "./box-alone.ts";
import { cpuSecondsOf, median, percentile, renderTable } from "./figures.ts";
import { draw, type FileServerProcess, openBoxServer, openNginx } from "./file-servers.ts";
import { openSlowFile, SLOW_MEDIUM_PACKAGES } from "./slow-medium.ts";

const MIB = 2 ** 20;
const CLIENTS = [1, 8] as const;
/** What a cheap SD card reads in order. */
const SLOW_BYTES_PER_SECOND = 16e6;
const SLOW_CLIENTS = 8;
/** Between two heartbeats: far more than any fleet sends, and far less than the API can take. */
const HEARTBEAT_EVERY_MS = 5;
const IDLE_MS = 15_000;

interface Throughput {
  readonly megabytesPerSecond: number;
  readonly cpuSecondsPerGigabyte: number;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const timeDraw = async (server: FileServerProcess, clients: number, sizeBytes: number): Promise<Throughput> => {
  const [startMs, cpuBefore] = [performance.now(), cpuSecondsOf(server.pid)];
  await draw(server.url, clients);
  const seconds = (performance.now() - startMs) / 1000;
  const bytes = clients * sizeBytes;
  return {
    megabytesPerSecond: bytes / 1e6 / seconds,
    cpuSecondsPerGigabyte: (cpuSecondsOf(server.pid) - cpuBefore) / (bytes / 1e9),
  };
};

const middle = (rounds: readonly Throughput[]): Throughput => ({
  megabytesPerSecond: median(rounds.map((one) => one.megabytesPerSecond)),
  cpuSecondsPerGigabyte: median(rounds.map((one) => one.cpuSecondsPerGigabyte)),
});

/** Both servers in turn, each first in every second round. */
const compareServers = async (box: FileServerProcess, nginx: FileServerProcess, sizeBytes: number, rounds: number) => {
  const results = [];
  for (const clients of CLIENTS) {
    const seen: Record<FileServerProcess["name"], Throughput[]> = { box: [], nginx: [] };
    for (let round = 0; round < rounds; round += 1)
      for (const server of round % 2 === 0 ? [box, nginx] : [nginx, box])
        seen[server.name].push(await timeDraw(server, clients, sizeBytes));
    const figures = { box: middle(seen.box), nginx: middle(seen.nginx) };
    results.push({
      clients,
      ...figures,
      throughputRatio: figures.box.megabytesPerSecond / figures.nginx.megabytesPerSecond,
      cpuRatio: figures.box.cpuSecondsPerGigabyte / figures.nginx.cpuSecondsPerGigabyte,
    });
  }
  return results;
};

/** Heartbeats one after another until `over`; answers their times in ms. */
const timeHeartbeats = async (heartbeat: () => Promise<number>, over: Promise<unknown>): Promise<readonly number[]> => {
  const times: number[] = [];
  let running = true;
  void over.finally(() => {
    running = false;
  });
  while (running) {
    times.push(await heartbeat());
    await Bun.sleep(HEARTBEAT_EVERY_MS);
  }
  await over;
  return times;
};

const spread = (times: readonly number[]) => ({
  count: times.length,
  p50Ms: median(times),
  p99Ms: percentile(times, 0.99),
  maxMs: percentile(times, 1),
});

/** The agent API of a box whose image lies on a slow medium: idle, then while hosts draw the image. */
const timeApi = async (dir: string, source: string, sizeBytes: number) => {
  await using slow = await openSlowFile(dir, source, SLOW_BYTES_PER_SECOND);
  await using box = await openBoxAlone(join(dir, "box"), slow.path);
  for (let warm = 0; warm < 200; warm += 1) await box.heartbeat();
  const idle = spread(await timeHeartbeats(box.heartbeat, Bun.sleep(IDLE_MS)));
  const startMs = performance.now();
  const busy = spread(await timeHeartbeats(box.heartbeat, draw(box.rootUrl, SLOW_CLIENTS)));
  const drawSeconds = (performance.now() - startMs) / 1000;
  // All clients together read the file once: the kernel keeps what the first of them has read.
  return { idle, busy, p99Ratio: busy.p99Ms / idle.p99Ms, drawSeconds, mediumMBps: sizeBytes / 1e6 / drawSeconds };
};

const writeSource = async (path: string, mib: number): Promise<void> => {
  const sink = Bun.file(path).writer();
  for (let i = 0; i < mib; i += 1) {
    sink.write(crypto.getRandomValues(new Uint8Array(65_536)).toHex().repeat(8));
    await sink.flush();
  }
  await sink.end();
};

const report = (
  servers: Awaited<ReturnType<typeof compareServers>>,
  api: Awaited<ReturnType<typeof timeApi>>,
): string =>
  [
    renderTable([
      ["boot files, medians", "box MB/s", "nginx MB/s", "box/nginx", "box CPU s/GB", "nginx CPU s/GB", "box/nginx"],
      ...servers.map(({ clients, box, nginx, throughputRatio, cpuRatio }) => [
        `${clients} ${clients === 1 ? "client" : "clients"}`,
        ...[box.megabytesPerSecond, nginx.megabytesPerSecond, throughputRatio],
        ...[box.cpuSecondsPerGigabyte, nginx.cpuSecondsPerGigabyte, cpuRatio],
      ]),
    ]),
    "",
    renderTable([
      ["agent API, heartbeats", "count", "p50 ms", "p99 ms", "max ms"],
      ...(["idle", "busy"] as const).map((state) => {
        const { count, p50Ms, p99Ms, maxMs } = api[state];
        const title = state === "idle" ? "idle" : `${SLOW_CLIENTS} clients draw at ${api.mediumMBps.toFixed(1)} MB/s`;
        return [title, String(count), p50Ms, p99Ms, maxMs];
      }),
      ["ratio", "", api.busy.p50Ms / api.idle.p50Ms, api.p99Ratio, api.busy.maxMs / api.idle.maxMs],
    ]),
  ].join("\n");

/** The bench. */
export const serve = defineCommand({
  meta: { name: "serve", description: "Boot files against nginx, and the agent API while the medium is slow" },
  args: {
    mib: { type: "string", default: "256", description: "size of the file that is drawn" },
    rounds: { type: "string", default: "5", description: "alternating rounds against nginx" },
    json: { type: "boolean", default: false, description: "figures as JSON on stdout" },
  },
  run: async ({ args }) => {
    const [mib, rounds] = [Number(args.mib), Number(args.rounds)];
    if (!(mib >= 1) || !(rounds >= 1)) throw new Error("--mib and --rounds take numbers from 1 up");
    await needPackages(["nginx-light", "curl", ...SLOW_MEDIUM_PACKAGES]);
    const dir = await mkdtemp(join(tmpdir(), "vetbox-bench-"));
    try {
      const source = join(dir, "root.cpio");
      await writeSource(source, mib);
      say(`boot files: ${mib} MiB, ${rounds} rounds against nginx …`);
      await using box = await openBoxServer(source);
      await using nginx = await openNginx(join(dir, "nginx"), source);
      const servers = await compareServers(box, nginx, mib * MIB, rounds);
      say(`agent API: idle for ${IDLE_MS / 1000} s, then while ${SLOW_CLIENTS} clients draw …`);
      const api = await timeApi(dir, source, mib * MIB);
      console.log(args.json ? JSON.stringify({ servers, api }, null, 2) : report(servers, api));
    } finally {
      await rm(dir, { recursive: true });
    }
  },
});
