/** The box, put together: record, orchestrator, agent API, boot edge, pages. Each part knows the desks alone; what joins them stands here. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { type System, thisSystem } from "../agent/system/system.ts";
import manifest from "../package.json" with { type: "json" };
import { createWebApp } from "../web/app.tsx";
import { type BootEdge, openBootEdge } from "./boot-edge.ts";
import { openBoxKey } from "./box-key.ts";
import { openBoxPanel, openPanelBoard, startScreen } from "./box-panel.ts";
import { openCertificate } from "./certificate.ts";
import type { Config } from "./config.ts";
import type { PanelPort } from "./core/panel-port.ts";
import type { BootDesk, OperatorDesk, ReadModel } from "./core/ports.ts";
import { openHoldKeyEffects } from "./hold-key.ts";
import { createAgentApp } from "./http/agent-app.ts";
import { createBootApp } from "./http/boot-app.ts";
import { type EdgeEnv, serveAgentApi, serveApp } from "./http/edge.ts";
import { isOwnHost } from "./http/guard.ts";
import { createOperatorApp } from "./http/operator-app.ts";
import { operatorAt } from "./http/operator-parts.ts";
import { openUploadDir } from "./http/upload.ts";
import { openIdentifyEffect } from "./identify-effect.ts";
import { openImage } from "./images/live-image.ts";
import { iperfCommand, type LinkServers, openLinkServers } from "./link/servers.ts";
import { DEFAULT_DEADLINES, type Orchestrator, openOrchestrator } from "./orchestrator.ts";
import { openBmcs } from "./power/bmc.ts";
import { lookAtHost } from "./power/look.ts";
import { wakeHost } from "./power/wake.ts";
import { openPowerEffects } from "./power-effects.ts";
import { writeReport } from "./report-effect.ts";
import { openSiteBroker, type SiteBroker } from "./site-broker.ts";
import { openStore, type Store } from "./store/open.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Runs among which those of other servers are looked for when one falls silent: more than go at once. */
const LOOKED_AT_RUNS = 200;
/** Deadlines are minutes long; a second's delay in noticing one is nothing. */
const TICK_MS = 1_000;

/** What stands in for a part of the world; the real one otherwise. */
export interface AppliancePorts {
  readonly system?: System;
  /** Powers a host on. */
  readonly wake?: (mac: string) => Promise<void>;
}

/** A running box. */
export interface Appliance extends AsyncDisposable {
  /** `http://127.0.0.1:8088`, or `unix:/path`. */
  readonly pageUrl: string;
  /** Where boot scripts are. */
  readonly scriptOrigin: string;
  readonly operators: OperatorDesk;
  readonly boots: BootDesk;
  readonly reads: ReadModel;
  /** Null where the config wants none. */
  readonly panel: PanelPort | null;
}

const wakeByPacket =
  ({ network }: Config, { clock }: System, log: Logger) =>
  async (mac: string): Promise<void> => {
    const { address, broadcast } = network.address;
    await wakeHost({ mac, interface: network.interface, address, broadcast }, clock, log);
  };

interface Folders {
  readonly artifacts: string;
  readonly uploads: string;
  readonly reports: string;
  readonly keys: string;
}

const makeFolders = async ({ stateDir, runDir }: Config): Promise<Folders> => {
  const folders = {
    artifacts: join(stateDir, "artifacts"),
    uploads: join(stateDir, "uploads"),
    reports: join(stateDir, "reports"),
    keys: join(runDir, "keys"),
  };
  await mkdir(runDir, { recursive: true, mode: 0o755 }); // dnsmasq, which runs as another user, has its files below
  for (const path of [stateDir, folders.artifacts, folders.reports, folders.keys])
    await mkdir(path, { recursive: true, mode: 0o700 });
  await openUploadDir(folders.uploads);
  return folders;
};

/** What the orchestrator needs beside its config. */
interface Minds {
  readonly config: Config;
  readonly log: Logger;
  readonly system: System;
  readonly store: Store;
  readonly folders: Folders;
  readonly imageId: string | null;
  readonly wake: (mac: string) => Promise<void>;
  readonly edge: () => BootEdge | null;
  readonly siteBroker: () => SiteBroker | null;
  readonly link: LinkServers;
}

const startOrchestrator = (minds: Minds): Orchestrator => {
  const { config, log, system, store, folders, imageId, wake } = minds;
  const { clock, random, exec } = system;
  const { runs } = config;
  const boxKey = openBoxKey(config.stateDir, random);
  const openPower = openBmcs({ exec, scratchDir: folders.keys });
  const orchestrator: Orchestrator = openOrchestrator({
    ...{ store, clock, random, log, imageId, boxKey, openPower, link: minds.link },
    artifactDir: folders.artifacts,
    places: runs.places,
    announces: config.mqtt.url !== null,
    graceMs: runs.silentMinutes * MINUTE_MS,
    deadlines: {
      ...DEFAULT_DEADLINES,
      queuedMs: runs.queuedDays * DAY_MS,
      wakeMs: runs.wakeMinutes * MINUTE_MS,
      bootMs: runs.bootMinutes * MINUTE_MS,
      holdMs: runs.holdDays * DAY_MS,
    },
    box: {
      name: config.name,
      version: manifest.version,
      address: config.network.address.address,
      dnsmasq: () => minds.edge()?.dnsmasq ?? "starting",
      otherDhcp: () => minds.edge()?.otherDhcp ?? [],
      mqtt: () => minds.siteBroker()?.view() ?? null,
    },
    effects: {
      ...openHoldKeyEffects({ store, clock, exec, scratchDir: folders.keys }),
      ...openPowerEffects({
        ...{ store, boxKey, openPower, log, wake },
        nowMs: () => orchestrator.nowMs(),
        look: (at, mac, signal) =>
          lookAtHost(exec, { interfaceName: config.network.interface, address: at, mac }, signal),
        runs: () => orchestrator.reads.runs(LOOKED_AT_RUNS),
      }),
      identifyHost: openIdentifyEffect({ store, boxKey, openPower, log, nowMs: () => orchestrator.nowMs() }),
      renderReport: (runId) => writeReport(runId, { store, reads: orchestrator.reads, dir: folders.reports }),
    },
  });
  return orchestrator;
};

/** The servers of network measurements, on the servers' network alone. */
const startLink = ({ network, ports, runDir }: Config, { files, clock }: System, log: Logger): Promise<LinkServers> =>
  openLinkServers({
    ...{ interface: network.interface, address: network.address.address, ports: ports.measure },
    ...{ runDir, files, clock, log, command: iperfCommand(process.getuid?.() === 0) },
  });

/** Calls `tick` for ever, one at a time, until disposed. */
const startTicking = ({ tick }: Orchestrator, { clock }: System, log: Logger): AsyncDisposable => {
  const ending = new AbortController();
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await tick().catch((err: unknown) => log.error({ err }, "a tick failed; the next one tries again"));
      await clock.sleep(TICK_MS, ending.signal);
    }
  };
  const running = run();
  return {
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await running;
    },
  };
};

/** Opens the pages and the operator API behind one listener. */
const servePages = (
  config: Config,
  { operators, reads }: Orchestrator,
  panel: PanelPort | null,
  { clock }: System,
  log: Logger,
) => {
  const pages = createWebApp<EdgeEnv>({
    reads,
    operators,
    by: (c) => operatorAt(c.env),
    ownHost: (host) => isOwnHost(host, []),
    now: () => clock.wallMs(),
    ...(panel === null ? {} : { panel }),
  });
  const parts = { desk: operators, reads, log, pages, ...(panel === null ? {} : { panel }) };
  return serveApp(createOperatorApp(parts), config.web.listen);
};

/** Opens the box. It answers when every part serves; a part that cannot is a fault that names it. */
export const openAppliance = async (config: Config, log: Logger, ports: AppliancePorts = {}): Promise<Appliance> => {
  const { system = thisSystem, wake = wakeByPacket(config, system, log) } = ports;
  const { clock } = system;
  const { address } = config.network.address;
  await using undo = new AsyncDisposableStack();
  const board = undo.use(await openPanelBoard(config, system, log));
  const screen = startScreen(board, manifest.version);
  const folders = await makeFolders(config);
  const image = openImage(config.imageDir);
  const store = undo.use(await screen.during("Record", () => openStore({ path: join(config.stateDir, "vetbox.db") })));
  const certificate = await openCertificate(config.stateDir, { address, name: config.name });
  const link = undo.use(await screen.during("Measuring", () => startLink(config, system, log)));
  let edge: BootEdge | null = null;
  let siteBroker: SiteBroker | null = null;
  const orchestrator = undo.use(
    startOrchestrator({
      ...{ config, log, system, store, folders, wake, link },
      imageId: image.id,
      edge: () => edge,
      siteBroker: () => siteBroker,
    }),
  );
  const { agents, boots, reads } = orchestrator;
  const nowMs = () => clock.wallMs();
  const agentApp = createAgentApp({ agents, uploadDir: folders.uploads, log, monoMs: () => clock.monoMs() });
  const agentApi = undo.use(
    await screen.during("Agents", () =>
      serveAgentApi({ app: agentApp, hostname: address, port: config.ports.agent, ...certificate }),
    ),
  );
  const script = createBootApp({
    bootScript: (mac, loader) => edge?.script(mac, loader) ?? Promise.resolve(null),
    boots,
    log,
    nowMs,
  });
  const scripts = undo.use(await serveApp(script, { hostname: address, port: config.ports.script }));
  edge = undo.use(
    await screen.during("DHCP and boot", () =>
      openBootEdge({
        ...{ config, boots, reads, image, random: system.random, clock, log },
        scriptPort: scripts.port,
        agentOrigin: agentApi.url,
        pin: certificate.fingerprintSha256,
      }),
    ),
  );
  let pageUrl: string | null = null;
  const panel =
    board && undo.use(await openBoxPanel({ board, config, system, log, orchestrator, pageUrl: () => pageUrl }));
  const pages = undo.use(await servePages(config, orchestrator, panel?.port ?? null, system, log));
  pageUrl = board?.hold === null ? null : pages.url; // others than this machine do not reach it yet
  siteBroker = undo.use(openSiteBroker({ config, store, orchestrator, system, log }));
  undo.use(startTicking(orchestrator, system, log));
  const kept = undo.move();
  return {
    pageUrl: pages.url,
    scriptOrigin: scripts.url,
    operators: orchestrator.operators,
    boots,
    reads,
    panel: panel?.port ?? null,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
};
