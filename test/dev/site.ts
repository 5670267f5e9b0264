/** A simulated site: a box with everything but hardware and root rights, and hosts that show what a technician meets. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Logger } from "pino";
import { loadRecording } from "../../agent/system/recording.ts";
import { type Appliance, openAppliance } from "../../appliance/appliance.ts";
import { parseConfig } from "../../appliance/config.ts";
import { type Behaviour, openSimulatedHost, type Power } from "./simulated-host.ts";
import { makeTinyImage } from "./tiny-image.ts";

const RECORDINGS = resolve(import.meta.dir, "../../agent/stages/inventory/fixtures");
const SPECS = join(import.meta.dir, "specs");

/** One host of the site. */
export interface Declared {
  readonly name: string;
  readonly mac: string;
  /** Name of the recorded server, and of its spec. */
  readonly server: string;
  readonly behaviour: Behaviour;
  /** Whether its run is started at once. */
  readonly runs: boolean;
}

/** The site's hosts: one that passes, one with a swapped disk, one with a hung probe, one whose boot stops, one that waits for you. */
export const SITE: readonly Declared[] = [
  { name: "r07-u12", mac: "24:6e:96:a1:5c:10", server: "dell-r640", behaviour: "healthy", runs: true },
  { name: "r07-u14", mac: "3c:ec:ef:21:8a:04", server: "supermicro-1014s", behaviour: "healthy", runs: true },
  { name: "r07-u16", mac: "00:1b:78:5d:c0:32", server: "hp-dl360-g5", behaviour: "healthy", runs: true },
  { name: "r07-u18", mac: "24:6e:96:a1:5c:20", server: "dell-r640", behaviour: "silent", runs: true },
  { name: "r07-u20", mac: "24:6e:96:a1:5c:40", server: "dell-r640", behaviour: "healthy", runs: false },
];

/** Where the site's box listens and keeps what it knows. */
export interface SiteOptions {
  readonly dir: string;
  /** `127.0.0.1:8088`; port 0 is any free one. */
  readonly listen: string;
  readonly log: Logger;
  /** Share of the recorded servers' own pace: 1 as they were, 0 at once. */
  readonly pace: number;
  /** The site's own hosts in place of `SITE`. */
  readonly hosts?: readonly Declared[];
  /** Keys of the box's config that are others here. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** The running site. */
export interface Site extends AsyncDisposable {
  readonly box: Appliance;
  /** Ids of the runs that were started, by host name. */
  readonly runs: ReadonlyMap<string, string>;
}

const configOf = ({ dir, listen, config }: SiteOptions) => {
  const answer = parseConfig(
    JSON.stringify({
      name: "vetbox-dev",
      ...{ stateDir: join(dir, "state"), runDir: join(dir, "run"), imageDir: join(dir, "image"), loaderDir: dir },
      network: { interface: "lo", address: "127.0.0.1/8", dhcp: { mode: "off" } },
      ports: { agent: 0, script: 0, files: 0, measure: { from: 0 } },
      web: { listen },
      panel: { mode: "simulated" },
      runs: { bootMinutes: 1, silentMinutes: 1 },
      ...config,
    }),
  );
  if (!answer.ok) throw new Error(`the site's config: ${JSON.stringify(answer.problems)}`);
  return answer.config;
};

const registerHost = async (box: Appliance, declared: Declared): Promise<string | null> => {
  const known = await box.reads.host(declared.mac);
  if (known !== null) return known.lastRun?.id ?? null; // the box was here before
  const specYaml = await readFile(join(SPECS, `${declared.server}.yaml`), "utf8");
  const added = await box.operators.addHost({ name: declared.name, mac: declared.mac, specYaml }, "dev");
  if (!added.ok) throw new Error(`${declared.name}: ${added.refusal.detail}`);
  if (!declared.runs) return null;
  const started = await box.operators.startRun(added.value.id, { profile: "quick", destructive: false }, "dev");
  if (!started.ok) throw new Error(`${declared.name}: ${started.refusal.detail}`);
  return started.value.id;
};

/** Opens the site: the box is up, the hosts are registered, and the first runs have begun. */
export const openSite = async (options: SiteOptions): Promise<Site> => {
  await using undo = new AsyncDisposableStack();
  await makeTinyImage(join(options.dir, "image"));
  const powers = new Map<string, Power>();
  const wake = async (mac: string): Promise<void> => powers.get(mac)?.on();
  const box = undo.use(await openAppliance(configOf(options), options.log, { wake }));
  const hosts = options.hosts ?? SITE;
  for (const { name, mac, server, behaviour } of hosts) {
    const recording = loadRecording(join(RECORDINGS, server));
    const onTrouble = (err: unknown): void => options.log.error({ err, host: name }, "a simulated host failed");
    powers.set(mac, undo.use(openSimulatedHost({ mac, recording, behaviour, pace: options.pace }, box, onTrouble)));
  }
  const runs = new Map<string, string>();
  for (const declared of hosts) {
    const runId = await registerHost(box, declared);
    if (runId !== null) runs.set(declared.name, runId);
  }
  const kept = undo.move();
  return { box, runs, [Symbol.asyncDispose]: () => kept.disposeAsync() };
};
