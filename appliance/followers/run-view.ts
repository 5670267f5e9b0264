/** The one read model: from what is recorded to what every surface shows. Pure; nobody else decides how a run looks. */
import type { RunState, StageState } from "../../agent/wire/names.ts";
import type { BootEvent, BootTimeline } from "../core/boot.ts";
import { diagnoseBoot } from "../core/boot-doctor.ts";
import { restOfRun } from "../core/eta.ts";
import { planOf, type SpecOf } from "../core/orders.ts";
import type { BmcView } from "../core/power-port.ts";
import type { HostRow, Presence, RunRecord, RunRow } from "../core/record.ts";
import { isWipeRefused, refusedDisks } from "../core/refused-disks.ts";
import { BOOTABLE, isStage, TERMINAL } from "../core/states.ts";
import { verdictOf } from "../core/verdict.ts";
import type { HoldView, HostView, RunSummary, RunView, StageStatus, StageView, TransitionView } from "../core/views.ts";
import { renderChanges } from "./run-changes.ts";

/** Renders a run as lists show it. */
export const renderSummary = (row: RunRow, host: HostRow, presence: Presence | null): RunSummary => ({
  id: row.id,
  hostId: row.hostId,
  hostName: host.name,
  mac: host.mac,
  state: row.state,
  verdict: verdictOf(row, row.marks),
  profile: row.profile,
  destructive: row.destructive,
  repaired: row.repaired,
  createdMs: row.createdMs,
  enteredMs: row.enteredMs,
  deadlineMs: row.deadlineMs,
  endedMs: row.endedMs,
  lastSeenMs: presence === null ? row.lastSeenMs : Math.max(presence.lastSeenMs, row.lastSeenMs ?? 0),
  progress: isStage(row.state) ? (presence?.progress ?? null) : null,
  note: isStage(row.state) ? (presence?.note ?? null) : null,
  failure: row.failure,
});

/** Renders a host. `runs` are its newest ones, newest first. */
export const renderHost = (host: HostRow, runs: readonly RunSummary[], bmc: BmcView | null): HostView => ({
  id: host.id,
  name: host.name,
  mac: host.mac,
  addedMs: host.addedMs,
  hasSpec: host.specYaml !== null,
  bmc,
  activeRun: runs.find((r) => r.endedMs === null) ?? null,
  lastRun: runs[0] ?? null,
});

/** Renders the boot of a host with the boot doctor's word on it. `run` is the one that the boot is for, if any. */
export const renderTimeline = (
  events: readonly BootEvent[],
  run: { readonly row: RunRow; readonly transitions: readonly TransitionView[] } | null,
  nowMs: number,
): BootTimeline => {
  if (run === null) return diagnoseBoot(events, { nowMs, bootable: false });
  const sinceMs = run.transitions.findLast(({ to }) => to === "WaitingWoL")?.atMs;
  return diagnoseBoot(events, {
    nowMs,
    bootable: BOOTABLE.has(run.row.state),
    gaveUp: run.row.failure?.code === "boot-timeout" || run.row.failure?.code === "host-not-seen",
    ...(sinceMs === undefined ? {} : { bootableSinceMs: sinceMs }),
  });
};

/** How a stage stands that has no result of its current attempt. */
const statusWithoutResult = (row: RunRow, state: StageState | "SpecValidate", begun: boolean): StageStatus => {
  if (row.failure?.state === state) return "error"; // its deadline passed, or its agent fell silent
  if (row.state === "Cancelled" && begun) return "cancelled";
  if (!TERMINAL.has(row.state)) return "waiting";
  return begun ? "error" : "skipped";
};

const renderStage = (record: RunRecord, state: StageState, title: string): StageView => {
  const { row } = record;
  const own = record.results.filter((r) => r.stage === state);
  const attempts = record.attempts.filter((a) => a.stage === state);
  const last = own.at(-1);
  // A mark stands for the attempt that gave it; while a newer one is under way or was lost, it says nothing.
  const answered = last !== undefined && last.attempt === attempts.at(-1)?.attempt && last.counted;
  const status = answered ? row.marks[state] : undefined;
  return {
    state,
    title,
    status: row.state === state ? "running" : (status ?? statusWithoutResult(row, state, attempts.length > 0)),
    attempts: attempts.map(({ attempt, reason, startedMs, endedMs }) => ({
      ...{ attempt, reason, startedMs, endedMs },
      outcome: own.find((r) => r.attempt === attempt)?.outcome ?? null,
    })),
    checks: last?.checks ?? [],
    summary: last?.summary ?? last?.reason ?? null,
  };
};

const renderSpecStage = (record: RunRecord): StageView => {
  const { row, differences } = record;
  const compared = row.marks.SpecValidate;
  const again = row.state === "InventoryCheck"; // the old comparison says nothing about the inventory to come
  return {
    state: "SpecValidate",
    title: "Expected spec",
    status: compared === undefined || again ? statusWithoutResult(row, "SpecValidate", false) : compared,
    attempts: [],
    checks: [],
    summary: compared === undefined || again ? null : summaryOfDifferences(differences.length),
  };
};

const summaryOfDifferences = (count: number): string => {
  if (count === 0) return "As expected";
  return count === 1 ? "1 difference" : `${count} differences`;
};

/** Seconds in each state, in order of entry; the last one goes on until the run's end or now. States that pass at once are left out. */
const renderPhases = (row: RunRow, transitions: readonly TransitionView[], nowMs: number): RunView["phases"] =>
  transitions
    .map(({ to, atMs }, i) => ({
      state: to,
      seconds: Math.max(0, ((transitions[i + 1]?.atMs ?? row.endedMs ?? nowMs) - atMs) / 1000),
    }))
    .filter(({ state, seconds }, i) => seconds > 0 || i === transitions.length - 1 || isLasting(state));

const isLasting = (state: RunState): boolean => isStage(state) || state === "WaitingWoL" || state === "Booting";

const renderHold = (record: RunRecord): HoldView | null => {
  const { hold, row } = record;
  if (hold === null) return null;
  const { fingerprint, keyShown, installed } = hold;
  return { fingerprint, keyShown, installed, login: row.address === null ? null : `root@${row.address}` };
};

/** Renders a run with everything that is shown of it. */
export const renderRun = (record: RunRecord, presence: Presence | null, specOf: SpecOf, nowMs: number): RunView => {
  const { row, host, transitions } = record;
  const stages = row.plan.flatMap((state) => {
    const stage = renderStage(record, state, specOf(state)?.title ?? state);
    return state === "InventoryCheck" ? [stage, renderSpecStage(record)] : [stage];
  });
  return {
    ...renderSummary(row, host, presence),
    stages,
    differences: record.differences,
    inventory: record.inventory,
    changes: renderChanges(record),
    timeline: renderTimeline(record.bootEvents, record, nowMs),
    transitions,
    power: record.power,
    artifacts: record.artifacts,
    series: record.series,
    hold: renderHold(record),
    phases: renderPhases(row, transitions, nowMs),
    imageId: row.imageId,
    address: row.address,
    plan: planOf(row.orders, row.plan, specOf),
    refusedDisks: isWipeRefused(row) ? refusedDisks(stages.find(({ state }) => state === "Storage")?.checks ?? []) : [],
    restMs: restOfRun(row, presence?.progress ?? null, nowMs),
  };
};
