/**
 * `bun run demo`: the whole product on one machine. Builds agent and image, starts the box in a network of its own, cables virtual servers to it, and lets
 * them boot over the network and be judged.
 *
 * Exit code: 0 every run Completed, 1 a run did not, 2 a fault of ours.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineCommand, runMain } from "citty";
import type { RunView } from "../../appliance/core/views.ts";
import { prepareRack } from "../box/prepare.ts";
import { openBox } from "../box/process.ts";
import { virtualServer } from "../box/virtual-server.ts";
import { FIRMWARES, type Firmware } from "../rack/declaration.ts";
import { openRack } from "../rack/rack.ts";
import { openForward } from "./forward.ts";
import { followRuns, tellBad } from "./progress.ts";

const SERVERS_MAX = 8;
const PAGE_PORT = 8088;
/** Eight servers under emulation on two cores take about four minutes; ten times that is a fault. */
const RUN_LIMIT_MS = 40 * 60_000;

interface Options {
  readonly servers: number;
  readonly firmware: Firmware;
  readonly once: boolean;
  readonly json: boolean;
}

/** Progress goes to stderr, so that stdout holds the JSON alone. */
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs the servers through the box and answers with their runs; without `once`, stays until `stop`. */
const demonstrate = async (options: Options, dir: string, stop: Promise<void>): Promise<readonly RunView[]> => {
  await using rack = await openRack({ dir: join(dir, "rack") });
  const segment = await rack.segment();
  await using box = await openBox({ dir: join(dir, "box"), namespace: segment.box });
  await using page = await openForward(box.socketPath, PAGE_PORT);
  tell(`\nThe box is up. Its page: ${page.url}\n`);
  await rack.powerByWake();
  const runs: string[] = [];
  for (let number = 1; number <= options.servers; number++) {
    const server = virtualServer(number, options.firmware);
    await rack.create(server.declaration);
    const { id } = await box.api.addHost({
      name: server.declaration.name,
      mac: server.mac,
      specYaml: server.specYaml,
    });
    runs.push((await box.api.startRun(id)).id);
  }
  const followed = followRuns(box.api, runs, tell, RUN_LIMIT_MS);
  const ended = await Promise.race([followed, stop.then(() => null)]);
  if (ended === null) {
    followed.catch(() => {}); // it ends with the box
    return [];
  }
  for (const run of ended) {
    tell(`\n${run.hostName}: ${run.state}, ${run.verdict}. Report: ${page.url}/runs/${run.id}/report`);
    tellBad(run, tell);
  }
  if (options.json) {
    const reports = await Promise.all(runs.map(async (id) => JSON.parse(await box.api.report(id, "json")) as unknown));
    process.stdout.write(`${JSON.stringify(options.servers === 1 ? reports[0] : reports, null, 2)}\n`);
  }
  if (!options.once) {
    tell("\nThe box stays up. Ctrl-C ends it and leaves nothing behind.");
    await stop;
  }
  return ended;
};

const runDemo = async (options: Options): Promise<number> => {
  const stop = Promise.withResolvers<void>();
  let stopped = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (!stopped) tell("\nTidying up …");
      stopped = true;
      stop.resolve();
    });
  const dir = await mkdtemp(join(tmpdir(), "vetbox-demo-"));
  await chmod(dir, 0o755); // dnsmasq runs as another user and has its files below
  try {
    await prepareRack();
    const runs = stopped ? [] : await demonstrate(options, dir, stop.promise);
    if (stopped && options.once) return 2;
    return runs.every((run) => run.state === "Completed") ? 0 : 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

const main = defineCommand({
  meta: {
    name: "demo",
    description: "The whole product on this machine: virtual servers boot from the box and are judged.",
  },
  args: {
    servers: { type: "string", default: "1", description: `how many virtual servers, 1 to ${SERVERS_MAX}` },
    firmware: { type: "string", default: "bios", description: FIRMWARES.join(" or ") },
    once: { type: "boolean", default: false, description: "end when the runs have ended" },
    json: { type: "boolean", default: false, description: "the runs as JSON on stdout when they have ended" },
  },
  run: async ({ args }) => {
    const servers = Number(args.servers);
    const firmware = FIRMWARES.find((one) => one === args.firmware);
    if (!Number.isInteger(servers) || servers < 1 || servers > SERVERS_MAX || firmware === undefined) {
      tell(`--servers is 1 to ${SERVERS_MAX}, --firmware is ${FIRMWARES.join(" or ")}`);
      process.exit(2);
    }
    try {
      process.exit(await runDemo({ servers, firmware, once: args.once, json: args.json }));
    } catch (cause) {
      tell(`demo: ${cause instanceof Error ? cause.message : String(cause)}`);
      process.exit(2);
    }
  },
});

await runMain(main);
