/** What surfaces read (`core/ports.ts`): rows from the store, shown by the one read model. */
import { join } from "node:path";
import * as v from "valibot";
import { Inventory } from "../../agent/wire/inventory.ts";
import type { BootTimeline } from "../core/boot.ts";
import type { ReadModel } from "../core/ports.ts";
import type { HostRow, PastInventory, RunRecord, RunRow } from "../core/record.ts";
import { learnSpec } from "../core/spec-learn.ts";
import type { BoxView, HostView, MqttView, RunSummary } from "../core/views.ts";
import { renderHost, renderRun, renderSummary, renderTimeline } from "../followers/run-view.ts";
import { loadAnnouncementMarks } from "../store/announcements.ts";
import { loadMacBoot, loadRunBoot, loadSightings } from "../store/boots.ts";
import { loadArtifact, loadArtifacts, loadReport } from "../store/files.ts";
import { loadHold } from "../store/holds.ts";
import { findHost, loadHost, loadHosts } from "../store/hosts.ts";
import { loadLogs } from "../store/logs.ts";
import type { Db } from "../store/open.ts";
import { loadBmcView, loadPowerActs } from "../store/power.ts";
import { loadDifferences, loadFacts, loadResults } from "../store/results.ts";
import {
  findRun,
  loadActiveRunOf,
  loadActiveRuns,
  loadAttempts,
  loadNewestRuns,
  loadRunsBefore,
  loadTransitions,
} from "../store/runs.ts";
import { loadSeries } from "../store/samples.ts";
import { loadSpecClass } from "../store/spec-classes.ts";
import { nowOf, type Office } from "./office.ts";
import { planRun, rejudgeRun } from "./plans.ts";
import { listClasses } from "./spec-classes.ts";

/** What the box tells of itself beside its record. */
export interface BoxFacts {
  readonly name: string;
  readonly version: string;
  readonly address: string;
  /** How the DHCP and TFTP child stands, asked at each look. */
  dnsmasq(): BoxView["dnsmasq"];
  /** Other DHCP servers, asked at each look; absent where nobody looks for them. */
  readonly otherDhcp?: () => BoxView["otherDhcp"];
  /** How the connection to the site's broker stands; absent, or null, without one. */
  readonly mqtt?: () => Omit<MqttView, "waiting" | "dropped"> | null;
}

/** How many earlier runs are looked through for a good inventory. */
const LOOKED_BACK_RUNS = 20;

/** How many runs of one host are listed. */
const HOST_RUNS = 200;

/** How far back a host's boot is looked at when it has no run to begin at. */
const BOOT_LOOKBACK_MS = 24 * 3_600_000;

/** Runs with the names of their hosts, each host loaded once. */
const summarise = async (office: Office, db: Db, runs: readonly RunRow[]): Promise<readonly RunSummary[]> => {
  const known = new Map<string, HostRow | null>();
  for (const { hostId } of runs) if (!known.has(hostId)) known.set(hostId, await loadHost(db, hostId));
  return runs.flatMap((run) => {
    const host = known.get(run.hostId) ?? null;
    return host === null ? [] : [renderSummary(run, host, office.presence.get(run.id) ?? null)];
  });
};

const showHost = async (office: Office, db: Db, host: HostRow): Promise<HostView> =>
  renderHost(host, await summarise(office, db, await loadNewestRuns(db, 1, host.id)), await loadBmcView(db, host.id));

/** Facts are kept as posted, also when they were invalid or of another version; what does not fit is not shown as an inventory. */
const inventoryOf = async (db: Db, runId: string): Promise<Inventory | null> => {
  const inventory = v.safeParse(Inventory, await loadFacts(db, runId, "InventoryCheck"));
  return inventory.success ? inventory.output : null;
};

/** The first good inventory of these runs. */
const goodInventoryOf = async (db: Db, runs: readonly RunRow[]): Promise<PastInventory | null> => {
  for (const { id: runId, createdMs, marks } of runs) {
    if (marks.InventoryCheck !== "passed" && marks.InventoryCheck !== "warned") continue;
    const inventory = await inventoryOf(db, runId);
    if (inventory !== null) return { runId, createdMs, inventory };
  }
  return null;
};

/** Everything that is recorded of a run, within one turn: a page never shows half of a transition. */
const loadRecord = async (db: Db, row: RunRow): Promise<RunRecord | null> => {
  const host = await loadHost(db, row.hostId);
  if (host === null) return null;
  const inventory = await inventoryOf(db, row.id);
  return {
    row,
    host,
    attempts: await loadAttempts(db, row.id),
    results: await loadResults(db, row.id),
    inventory,
    // Newest first: what the host was before this run.
    previous: inventory === null ? null : await goodInventoryOf(db, await loadRunsBefore(db, row, LOOKED_BACK_RUNS)),
    differences: await loadDifferences(db, row.id),
    transitions: await loadTransitions(db, row.id),
    artifacts: await loadArtifacts(db, row.id),
    series: await loadSeries(db, row.id),
    hold: await loadHold(db, row.id),
    bootEvents: await loadRunBoot(db, row.id),
    power: await loadPowerActs(db, row.id),
  };
};

const timelineOf = async (db: Db, host: HostRow, nowMs: number): Promise<BootTimeline> => {
  const row = await loadActiveRunOf(db, host.id);
  // The boot belongs to the run that is not over; without one, the last day is what a person asks about.
  const events = await loadMacBoot(db, host.mac, row?.createdMs ?? nowMs - BOOT_LOOKBACK_MS);
  return renderTimeline(events, row === null ? null : { row, transitions: await loadTransitions(db, row.id) }, nowMs);
};

/** Reads about hosts. */
const openHostReads = (
  office: Office,
): Pick<
  ReadModel,
  "hosts" | "host" | "hostRuns" | "spec" | "specClasses" | "specClass" | "learnedSpec" | "plan" | "timeline"
> => ({
  hosts: () =>
    office.store.turn(async ({ db }) => {
      const shown: HostView[] = [];
      for (const host of await loadHosts(db)) shown.push(await showHost(office, db, host));
      return shown;
    }),
  host: (ref) =>
    office.store.turn(async ({ db }) => {
      const host = await findHost(db, ref);
      return host === null ? null : showHost(office, db, host);
    }),
  hostRuns: (hostId) =>
    office.store.turn(async ({ db }) => summarise(office, db, await loadNewestRuns(db, HOST_RUNS, hostId))),
  spec: (hostId) => office.store.turn(async ({ db }) => (await loadHost(db, hostId))?.specYaml ?? null),
  specClasses: () => office.store.turn(({ db }) => listClasses(db)),
  specClass: (name) => office.store.turn(async ({ db }) => (await loadSpecClass(db, name))?.yaml ?? null),
  learnedSpec: (hostId, serials) =>
    office.store.turn(async ({ db }) => {
      const host = await loadHost(db, hostId);
      const past = host && (await goodInventoryOf(db, await loadNewestRuns(db, LOOKED_BACK_RUNS, hostId)));
      if (host === null || past === null) return null;
      const { inventory, runId, createdMs: atMs } = past;
      return learnSpec(inventory, { serials, from: { hostName: host.name, runId, atMs } });
    }),
  plan: (hostId, input) =>
    office.store.turn(async ({ db }) => {
      const host = await loadHost(db, hostId);
      if (host === null) return null;
      const past = await goodInventoryOf(db, await loadNewestRuns(db, LOOKED_BACK_RUNS, hostId));
      return planRun(office, db, host, input, past);
    }),
  timeline: (hostId) =>
    office.store.turn(async ({ db }) => {
      const host = await loadHost(db, hostId);
      return host === null ? renderTimeline([], null, nowOf(office)) : timelineOf(db, host, nowOf(office));
    }),
});

/** Opens the read model. */
export const openReadModel = (office: Office, box: BoxFacts): ReadModel => {
  return {
    ...openHostReads(office),
    box: () =>
      office.store.turn(async ({ db }) => {
        const active = await loadActiveRuns(db);
        const queuedRuns = active.filter((r) => r.state === "Queued").length;
        const { name, version, address } = box;
        const { imageId } = office;
        const counts = { activeRuns: active.length, queuedRuns };
        const dhcp = { dnsmasq: box.dnsmasq(), otherDhcp: box.otherDhcp?.() ?? [] };
        const link = box.mqtt?.() ?? null;
        const { waiting, dropped } = await loadAnnouncementMarks(db);
        const mqtt = link === null ? null : { ...link, waiting, dropped };
        return { name, version, address, imageId, ...dhcp, ...counts, mqtt };
      }),
    runs: (limit) => office.store.turn(async ({ db }) => summarise(office, db, await loadNewestRuns(db, limit))),
    run: (ref) =>
      office.store.turn(async ({ db }) => {
        const row = await findRun(db, ref);
        const record = row === null ? null : await loadRecord(db, row);
        if (record === null) return null;
        return renderRun(record, office.presence.get(record.row.id) ?? null, office.stages.specOf, nowOf(office));
      }),
    logs: (runId, options) => office.store.turn(({ db }) => loadLogs(db, runId, options)),
    rejudge: (runId) => office.store.turn(({ db }) => rejudgeRun(office, db, runId)),
    facts: (runId, stage) => office.store.turn(({ db }) => loadFacts(db, runId, stage)),
    artifactPath: (runId, artifactId) =>
      office.store.turn(async ({ db }) => {
        const found = await loadArtifact(db, runId, artifactId);
        return found === null ? null : join(office.artifactDir, found.path);
      }),
    reportPath: (runId, form) =>
      office.store.turn(async ({ db }) => {
        const report = await loadReport(db, runId);
        if (report === null) return null;
        return form === "html" ? report.htmlPath : report.jsonPath;
      }),
    sightings: () => office.store.turn(({ db }) => loadSightings(db)),
    changes: (afterSeq, signal) => office.store.feed.read(afterSeq, signal),
  };
};
