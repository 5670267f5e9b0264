/** The desk where operators ask (`core/ports.ts`). Everything that changes something is written down with its author. */
import { accept, refuse } from "../core/answer.ts";
import type { RunEvent } from "../core/events.ts";
import { renderId } from "../core/ids.ts";
import type { Answer, OperatorDesk } from "../core/ports.ts";
import type { HostRow, RunRow } from "../core/record.ts";
import { decodeMac, decodeName } from "../core/registration.ts";
import { decodeRepairNote } from "../core/repair-note.ts";
import { parseSpec } from "../core/spec/spec.ts";
import type { HostView, RunSummary } from "../core/views.ts";
import { renderSummary } from "../followers/run-view.ts";
import { saveAct } from "../store/audit.ts";
import { removeSighting } from "../store/boots.ts";
import { loadHold, saveHoldShown } from "../store/holds.ts";
import { loadHost, loadHostTaking, saveHostRemoved, saveHostSpec, saveNewHost } from "../store/hosts.ts";
import type { Unit } from "../store/open.ts";
import { removeBmc } from "../store/power.ts";
import { loadActiveRunOf, loadRun, saveNewRun } from "../store/runs.ts";
import { loadClasses } from "../store/spec-classes.ts";
import { powerHost, removeHostBmc, setHostBmc } from "./host-power.ts";
import { applyEvent, nowOf, type Office } from "./office.ts";
import { plannedStages } from "./plans.ts";
import { ordersOf } from "./run-orders.ts";
import { removeClass, setClass } from "./spec-classes.ts";
import { armWipe, overrideWipe } from "./wipe-override.ts";

const noHost = refuse("not-found", "There is no such host.");
const noRun = refuse("not-found", "There is no such run.");

/** A host that may be acted on; the removed ones are there for their past runs only. */
const registered = async ({ db }: Unit, hostId: string): Promise<HostRow | null> => {
  const host = await loadHost(db, hostId);
  return host === null || host.removedMs !== null ? null : host;
};

const addHost = (
  office: Office,
  input: { readonly name: string; readonly mac: string; readonly specYaml?: string },
  by: string,
): Promise<Answer<HostView>> =>
  office.store.turn(async (unit) => {
    const name = decodeName(input.name);
    if (!name.ok) return name;
    const mac = decodeMac(input.mac);
    if (!mac.ok) return mac;
    const spec = input.specYaml === undefined ? null : parseSpec(input.specYaml, await loadClasses(unit.db));
    if (spec !== null && !spec.ok) return spec;
    const other = await loadHostTaking(unit.db, name.value, mac.value);
    if (other !== null) {
      const field = other.mac === mac.value ? "mac" : "name";
      return refuse("taken", `The host “${other.name}” has this ${field} already.`, field);
    }
    const nowMs = nowOf(office);
    const id = renderId(office.random.hex(10));
    const host = { id, name: name.value, mac: mac.value, specYaml: input.specYaml ?? null, addedMs: nowMs };
    saveNewHost(unit, { ...host, removedMs: null });
    removeSighting(unit, host.mac); // it is a stranger no more
    saveAct(unit, { atMs: nowMs, by, what: "host-added", hostId: id, detail: `${host.name} ${host.mac}` });
    const { specYaml, ...shown } = host;
    return accept({ ...shown, hasSpec: specYaml !== null, bmc: null, activeRun: null, lastRun: null });
  });

const removeHost = (office: Office, hostId: string, by: string): Promise<Answer<true>> =>
  office.store.turn(async (unit) => {
    const host = await registered(unit, hostId);
    if (host === null) return noHost;
    if ((await loadActiveRunOf(unit.db, hostId)) !== null)
      return refuse("host-busy", "This host has a run that is not over. Cancel or release it first.");
    const atMs = nowOf(office);
    saveHostRemoved(unit, hostId, atMs);
    removeBmc(unit, hostId);
    saveAct(unit, { atMs, by, what: "host-removed", hostId, detail: `${host.name} ${host.mac}` });
    return accept(true);
  });

const setSpec = (office: Office, hostId: string, specYaml: string | null, by: string): Promise<Answer<true>> =>
  office.store.turn(async (unit) => {
    if ((await registered(unit, hostId)) === null) return noHost;
    const spec = specYaml === null ? null : parseSpec(specYaml, await loadClasses(unit.db));
    if (spec !== null && !spec.ok) return spec;
    saveHostSpec(unit, hostId, specYaml);
    const detail = specYaml === null ? "removed" : `${specYaml.length} characters`;
    saveAct(unit, { atMs: nowOf(office), by, what: "spec-set", hostId, detail });
    return accept(true);
  });

/** A run before its first event. It remembers its plan and its image: what the box learns later changes no run that began before. */
const newRun = (
  office: Office,
  hostId: string,
  input: Parameters<OperatorDesk["startRun"]>[1],
  repaired: string | null,
  nowMs: number,
): RunRow => ({
  ...{ id: renderId(office.random.hex(10)), hostId, state: "Registered", rev: 0 },
  ...{ profile: input.profile, plan: plannedStages(office, input.stages), destructive: input.destructive },
  ...{ attempt: 0, attemptReason: "first", bootId: null, agentStart: 0, failure: null, command: null },
  ...{ createdMs: nowMs, enteredMs: nowMs, deadlineMs: null, lastSeenMs: null, endedMs: null },
  ...{ restarts: 0, orders: {} },
  ...{ enteredSeq: 0, marks: {}, imageId: office.imageId, address: null, repaired },
});

const startRun = (
  office: Office,
  hostId: string,
  input: Parameters<OperatorDesk["startRun"]>[1],
  by: string,
): Promise<Answer<RunSummary>> =>
  office.store.turn(async (unit) => {
    const host = await registered(unit, hostId);
    if (host === null) return noHost;
    // Asked within the turn that adds the run: of many who start one at once, one finds the host free.
    const active = await loadActiveRunOf(unit.db, hostId);
    if (active !== null) return refuse("host-busy", `This host has the run ${active.id}, which is not over.`);
    const repaired = decodeRepairNote(input.repaired);
    if (!repaired.ok) return repaired;
    const nowMs = nowOf(office);
    const unordered = newRun(office, hostId, input, repaired.value, nowMs);
    const run = { ...unordered, orders: await ordersOf(office, unit.db, unordered) };
    saveNewRun(unit, run);
    const { row } = applyEvent(office, unit, run, { name: "queued" }, by);
    const detail = [input.profile, input.destructive && "destructive", run.repaired && `after: ${run.repaired}`]
      .filter(Boolean)
      .join(", ");
    saveAct(unit, { atMs: nowMs, by, what: "run-started", hostId, runId: run.id, detail });
    return accept(renderSummary(row, host, null));
  });

/** The decisions of an operator about a run: the act as it is written down, and the event that it is. */
const DECISIONS = {
  cancelRun: { what: "run-cancelled", event: { name: "cancelRequested" } },
  releaseRun: { what: "run-released", event: { name: "releaseRequested" } },
  retryRun: { what: "run-retried", event: { name: "retryRequested" } },
} as const satisfies Record<string, { readonly what: string; readonly event: RunEvent }>;

const decide = (
  office: Office,
  runId: string,
  decision: keyof typeof DECISIONS,
  by: string,
): Promise<Answer<RunSummary>> =>
  office.store.turn(async (unit) => {
    const run = await loadRun(unit.db, runId);
    const host = run === null ? null : await loadHost(unit.db, run.hostId);
    if (run === null || host === null) return noRun;
    const { what, event } = DECISIONS[decision];
    // A stage that is begun again is ordered by what is expected now: the spec may have been mended since.
    const findings = decision === "retryRun" ? { orders: await ordersOf(office, unit.db, run) } : {};
    const { advance, row } = applyEvent(office, unit, run, event, by, findings);
    if (advance.kind === "refused") return refuse("out-of-turn", `The run is ${run.state}: ${advance.reason}.`);
    // A button pressed twice is one act, written once, and answered well both times.
    if (advance.kind === "moved")
      saveAct(unit, { atMs: nowOf(office), by, what, hostId: host.id, runId, detail: `in ${run.state}` });
    return accept(renderSummary(row, host, office.presence.get(runId) ?? null));
  });

const revealHoldKey = (
  office: Office,
  runId: string,
  by: string,
): Promise<Answer<{ readonly privateKey: string; readonly login: string | null }>> =>
  office.store.turn(async (unit) => {
    const run = await loadRun(unit.db, runId);
    if (run === null) return noRun;
    if (run.state !== "FailedHolding") return refuse("out-of-turn", "The run is not held.");
    const hold = await loadHold(unit.db, runId);
    if (hold === null) return refuse("not-ready", "The key is being made. Ask again in a moment.");
    if (hold.privateKey === null)
      return refuse("key-shown", "The key was shown already and the box has forgotten it. Retry or release the run.");
    // Forgotten in the same transaction that answers: a power cut may lose the key, but never shows it twice.
    saveHoldShown(unit, runId);
    saveAct(unit, { atMs: nowOf(office), by, what: "hold-key-shown", hostId: run.hostId, runId });
    return accept({ privateKey: hold.privateKey, login: run.address === null ? null : `root@${run.address}` });
  });

/** Opens the operators' desk. */
export const openOperatorDesk = (office: Office): OperatorDesk => ({
  addHost: (input, by) => addHost(office, input, by),
  removeHost: (hostId, by) => removeHost(office, hostId, by),
  setSpec: (hostId, specYaml, by) => setSpec(office, hostId, specYaml, by),
  setSpecClass: (name, yaml, by) => setClass(office, name, yaml, by),
  removeSpecClass: (name, by) => removeClass(office, name, by),
  setBmc: (hostId, input, by) => setHostBmc(office, hostId, input, by),
  removeBmc: (hostId, by) => removeHostBmc(office, hostId, by),
  power: (hostId, input, by) => powerHost(office, hostId, input, by),
  startRun: (hostId, input, by) => startRun(office, hostId, input, by),
  cancelRun: (runId, by) => decide(office, runId, "cancelRun", by),
  releaseRun: (runId, by) => decide(office, runId, "releaseRun", by),
  retryRun: (runId, by) => decide(office, runId, "retryRun", by),
  overrideWipe: (runId, serials, by) => overrideWipe(office, runId, serials, by),
  armWipe: (runId, by) => armWipe(office, runId, by),
  revealHoldKey: (runId, by) => revealHoldKey(office, runId, by),
});
