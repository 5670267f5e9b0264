/** A real orchestrator with servers for measurements that are only written down, and hosts that come to Network by the agents' own calls. */
import { inventory } from "../../agent/stages/inventory/spec.ts";
import { network } from "../../agent/stages/network/spec.ts";
import type { StageSpec } from "../../agent/stages/stage.ts";
import { systemRandom } from "../../agent/system/random.ts";
import type { Turn } from "../../agent/wire/messages.ts";
import type { Profile, StageState } from "../../agent/wire/names.ts";
import type { LinkAttempt, LinkBook } from "../../appliance/core/link-port.ts";
import { fakeDesk, fakeLog } from "../../appliance/http/fake-desk.ts";
import { type Orchestrator, openOrchestrator } from "../../appliance/orchestrator.ts";
import { openStore } from "../../appliance/store/open.ts";
import { accepted } from "../edge/box.ts";
import { inventoryWith } from "../setup/inventory.ts";

const SPECS: Partial<Record<StageState, StageSpec>> = { InventoryCheck: inventory, Network: network };
const bootIdOf = (at: number): string => `0f3c1e52-7e0a-4c0e-9e7f-1b2c3d4e5f6${at}`;
const macOf = (at: number, port: number): string => `52:54:00:aa:0${at}:0${port}`;

/** A host of the box, as its agent calls. */
export interface DeskHost {
  readonly at: number;
  readonly runId: string;
  /** Its inventory's result, after which it is in Network; answers what it is told then. */
  arrive(): Promise<Turn>;
  beat(atWork?: boolean): Promise<Turn>;
  /** Its result of Network, whatever it is worth. */
  finish(): Promise<void>;
}

/** The box. */
export interface DeskBox extends AsyncDisposable {
  readonly time: { ms: number };
  /** The attempts that have a server, as the box keeps them. */
  readonly servers: ReadonlyMap<string, LinkAttempt>;
  /** Boots a new host with a port of this speed beside the one that boots, up to its inventory. */
  boot(mbps: number, profile?: Profile): Promise<DeskHost>;
  /** Starts a run that stays where it is. */
  start(): Promise<string>;
  tick(): Promise<void>;
  cancel(runId: string): Promise<void>;
  stateOf(runId: string): Promise<string | undefined>;
  /** A new process of the box on the same record. */
  restart(): Promise<void>;
}

const startOrchestrator = (store: Awaited<ReturnType<typeof openStore>>, time: { ms: number }, link: LinkBook) => {
  const clock = { wallMs: () => time.ms, monoMs: () => time.ms, sleep: () => Promise.resolve() };
  const nothing = async () => {};
  return openOrchestrator({
    ...{ store, clock, random: systemRandom, boxKey: new Uint8Array(32).fill(7), imageId: null, link, places: 8 },
    artifactDir: "/nonexistent",
    box: { name: "vetbox", version: "0", address: "10.77.0.1", dnsmasq: () => "off" },
    log: fakeLog().log,
    openPower: () => fakeDesk("power", {}),
    stages: { order: ["InventoryCheck", "Network"], specOf: (stage) => SPECS[stage] },
    effects: {
      ...{ wake: nothing, escalateWake: nothing, diagnoseLoss: nothing },
      ...{ issueHoldKey: nothing, revokeHoldKey: nothing, identifyHost: nothing, renderReport: nothing },
    },
  });
};

const createServers = (portCount: number) => {
  const servers = new Map<string, LinkAttempt & { readonly port: number }>();
  const keyOf = ({ runId, attempt }: LinkAttempt) => `${runId} ${attempt}`;
  const link: LinkBook = {
    boxMbps: () => 1_000,
    open: (one) => {
      const known = servers.get(keyOf(one));
      const taken = [...servers.values()].map(({ port }) => port);
      const port = known?.port ?? Array.from({ length: portCount }, (_, i) => 5201 + i).find((p) => !taken.includes(p));
      if (port === undefined) return null;
      servers.set(keyOf(one), { ...one, port });
      return { address: "10.77.0.1", port };
    },
    keepOnly: (attempts) => {
      const kept = new Set(attempts.map(keyOf));
      for (const key of servers.keys()) if (!kept.has(key)) servers.delete(key);
    },
  };
  return { servers, link };
};

/** A host with the port that boots, and one of another speed. */
const inventoryOf = (at: number, mbps: number) =>
  inventoryWith({
    nics: [
      { name: "eno1", mac: macOf(at, 0), boot: true, linkUp: true, speedMbps: 1_000 },
      { name: "ens1", mac: macOf(at, 1), boot: false, linkUp: true, speedMbps: mbps },
    ],
  });

/** Opens the box with so many ports for measurements. */
export const openDeskBox = async (portCount = 8): Promise<DeskBox> => {
  const store = await openStore({ path: ":memory:" });
  const time = { ms: Date.UTC(2026, 10, 20, 10) };
  const { servers, link } = createServers(portCount);
  let box: Orchestrator = startOrchestrator(store, time, link);
  let count = 0;
  const start = async (at: number, profile: Profile): Promise<string> => {
    const host = accepted(await box.operators.addHost({ name: `host-${at}`, mac: macOf(at, 0) }, "test"));
    const run = accepted(await box.operators.startRun(host.id, { profile, destructive: false }, "test"));
    await box.tick();
    return run.id;
  };
  const post = async (at: number, runId: string, stage: StageState, facts: unknown): Promise<Turn> => {
    const body = {
      bootId: bootIdOf(at),
      stage,
      attempt: 1,
      outcome: "measured",
      startedMs: 1,
      durationMs: 2,
      facts,
    } as const;
    return accepted(await box.agents.result(runId, body)).turn;
  };
  const boot = async (mbps: number, profile: Profile = "standard"): Promise<DeskHost> => {
    count += 1;
    const at = count;
    const runId = await start(at, profile);
    const decision = await box.boots.decide(macOf(at, 0));
    if (decision.kind !== "boot") throw new Error(`boots ${decision.kind}`);
    const claim = {
      protocol: 1,
      bootId: bootIdOf(at),
      mac: macOf(at, 0),
      claimKey: "c".repeat(32),
      agentStart: 1,
    } as const;
    accepted(await box.agents.claim(runId, decision.enrolCode, claim));
    const beat = async (atWork = false): Promise<Turn> => {
      const work = atWork ? { stage: "Network" as const, attempt: 1, progress: 0.5 } : {};
      return accepted(await box.agents.heartbeat(runId, { bootId: bootIdOf(at), acks: [], ...work })).turn;
    };
    const facts = { loadS: 1, rounds: 1, pairWaitS: 0, box: null, peer: null, ports: [] };
    const arrive = () => post(at, runId, "InventoryCheck", inventoryOf(at, mbps));
    return { at, runId, arrive, beat, finish: async () => void (await post(at, runId, "Network", facts)) };
  };
  return {
    time,
    servers,
    boot,
    start: () => {
      count += 1;
      return start(count, "standard");
    },
    tick: () => box.tick(),
    cancel: async (runId) => void accepted(await box.operators.cancelRun(runId, "test")),
    stateOf: async (runId) => (await box.reads.run(runId))?.state,
    restart: async () => {
      await box[Symbol.asyncDispose]();
      servers.clear();
      box = startOrchestrator(store, time, link);
    },
    [Symbol.asyncDispose]: async () => {
      await box[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
};
