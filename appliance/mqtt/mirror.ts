/** Keeps what is wanted on the broker equal to the read model: which part of it a change concerns, and what that part looks like. */
import * as v from "valibot";
import { BoardFacts } from "../../agent/wire/hardware/board.ts";
import { birthTopic, deviceId, discoveryTopic, type Tree, type TreeRoot, treeOf } from "../core/mqtt-tree.ts";
import type { ReadModel } from "../core/ports.ts";
import type { BoxView, HostView, RunSummary } from "../core/views.ts";
import type { Filter } from "./broker.ts";
import { type HostIdentity, renderBoxDiscovery, renderHostDiscovery } from "./discovery.ts";
import { type BoxMoment, renderBoxState, renderHostState, renderRunResult } from "./render.ts";
import type { Retained, Wanted, WantedTopics } from "./retained.ts";

/** How long a result is kept by the broker. */
export const RESULT_MS = 30 * 24 * 3_600_000;
/** Results of one host that are kept. */
const RESULTS_PER_HOST = 50;
/** Runs that are looked through for what a host is made of. */
const LOOKED_BACK_RUNS = 3;

/** What has changed since somebody looked. */
export class Dirt {
  #all = true;
  #box = true;
  #hosts = new Set<string>();

  /** Everything may have changed. */
  all(): void {
    this.#all = true;
  }

  /** The box itself has. */
  box(): void {
    this.#box = true;
  }

  /** A host has, and with it the counts of the box. */
  host(id: string): void {
    this.#hosts.add(id);
    this.#box = true;
  }

  /** What there is, which is clean from now on. */
  take(): { readonly all: boolean; readonly box: boolean; readonly hosts: readonly string[] } {
    const taken = { all: this.#all, box: this.#box, hosts: [...this.#hosts] };
    this.#all = false;
    this.#box = false;
    this.#hosts = new Set();
    return taken;
  }
}

/** What is asked of the record only when a host's last run has moved on. */
interface Slow {
  /** The run and the state that it was asked for. */
  readonly key: string;
  readonly identity: HostIdentity;
  readonly results: WantedTopics;
}

/** What the mirror works with. */
export interface MirrorParts {
  readonly root: TreeRoot;
  /** Null without discovery. */
  readonly discoveryPrefix: string | null;
  readonly reads: Pick<ReadModel, "box" | "hosts" | "host" | "hostRuns" | "facts">;
  readonly retained: Retained;
  /** How often the box's state is sent though nothing has changed. */
  readonly stateMs: number;
  readonly moment: () => BoxMoment;
}

/** The part of an inventory that is looked at. Facts are kept as they were posted. */
const BoardOfFacts = v.object({ hardware: v.object({ board: BoardFacts }) });

const json = (value: unknown): Wanted => ({ payload: JSON.stringify(value) });
const groupOf = (hostId: string): string => `host:${hostId}`;

/** The mirror of one box. */
export class Mirror {
  readonly #parts: MirrorParts;
  readonly #tree: Tree;
  readonly #slow = new Map<string, Slow>();
  readonly #hosts = new Map<string, HostView>();

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    this.#tree = treeOf(parts.root);
  }

  /** The hosts as they were seen last. */
  hosts(): readonly HostView[] {
    return [...this.#hosts.values()];
  }

  /** Looks at what has changed and says what is wanted of it. */
  async refresh(dirt: ReturnType<Dirt["take"]>): Promise<void> {
    const { reads } = this.#parts;
    const box = await reads.box();
    if (dirt.all) {
      const hosts = await reads.hosts();
      const ids = new Set(hosts.map(({ id }) => id));
      for (const id of this.#hosts.keys()) if (!ids.has(id)) this.#forget(id);
      for (const host of hosts) await this.#wantHost(host, box);
    } else
      for (const id of dirt.hosts) {
        const host = await reads.host(id);
        if (host === null) this.#forget(id);
        else await this.#wantHost(host, box);
      }
    this.#wantBox(box);
  }

  #forget(hostId: string): void {
    this.#parts.retained.want(groupOf(hostId), new Map());
    this.#hosts.delete(hostId);
    this.#slow.delete(hostId);
  }

  #wantBox(box: BoxView): void {
    const { root, discoveryPrefix, retained, stateMs, moment } = this.#parts;
    const now = moment();
    const state = renderBoxState(box, this.#hosts.size, now);
    const { uptime_s: _uptime, ts: _ts, disk_free_ratio: _free, ...news } = state;
    const same = JSON.stringify([news, Math.floor(now.uptimeMs / stateMs)]);
    const wanted = new Map([[this.#tree.state, { ...json(state), same }]]);
    retained.want("box", wanted);
    if (discoveryPrefix === null) return;
    const topic = discoveryTopic(discoveryPrefix, deviceId(root));
    retained.want("box-discovery", new Map([[topic, json(renderBoxDiscovery(root, box))]]));
  }

  async #wantHost(host: HostView, box: BoxView): Promise<void> {
    const { root, discoveryPrefix, retained } = this.#parts;
    const tree = this.#tree;
    this.#hosts.set(host.id, host);
    const { identity, results } = await this.#slowOf(host);
    const wanted = new Map<string, Wanted>([
      [tree.hostAvail(host.mac), { payload: "online" }],
      [tree.hostState(host.mac), json(renderHostState(host))],
      ...results,
    ]);
    if (discoveryPrefix !== null)
      wanted.set(
        discoveryTopic(discoveryPrefix, deviceId(root, host.mac)),
        json(renderHostDiscovery(root, host, identity, box.version)),
      );
    retained.want(groupOf(host.id), wanted);
  }

  async #slowOf(host: HostView): Promise<Slow> {
    const run = host.activeRun ?? host.lastRun;
    const key = run === null ? "" : `${run.id} ${run.state}`;
    const known = this.#slow.get(host.id);
    if (known?.key === key) return known;
    const runs = await this.#parts.reads.hostRuns(host.id);
    const identity = (await this.#identityOf(runs)) ?? known?.identity ?? {};
    const slow = { key, identity, results: this.#resultsOf(runs) };
    this.#slow.set(host.id, slow);
    return slow;
  }

  #resultsOf(runs: readonly RunSummary[]): WantedTopics {
    const sinceMs = this.#parts.moment().nowMs - RESULT_MS;
    const ended = runs.filter(({ endedMs }) => endedMs !== null && endedMs > sinceMs).slice(0, RESULTS_PER_HOST);
    return new Map(
      ended.flatMap((run): [string, Wanted][] => {
        const result = renderRunResult(run);
        if (result === null || run.endedMs === null) return [];
        return [[this.#tree.runResult(run.id), { ...json(result), expiresMs: run.endedMs + RESULT_MS }]];
      }),
    );
  }

  /** What the newest inventory says; null while there is none. */
  async #identityOf(runs: readonly RunSummary[]): Promise<HostIdentity | null> {
    for (const { id } of runs.slice(0, LOOKED_BACK_RUNS)) {
      const facts = v.safeParse(BoardOfFacts, await this.#parts.reads.facts(id, "InventoryCheck"));
      if (facts.success) return facts.output.hardware.board;
    }
    return null;
  }
}

/** The topics that the box listens to. */
export const heardTopics = (tree: Tree, discoveryPrefix: string | null, commands: boolean): readonly Filter[] => [
  { filter: tree.status, retainAsPublished: false },
  ...(discoveryPrefix === null ? [] : [{ filter: birthTopic(discoveryPrefix), retainAsPublished: false }]),
  ...(commands ? [{ filter: tree.commands, retainAsPublished: true }] : []),
];
