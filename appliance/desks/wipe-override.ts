/** An operator's leave to wipe what the wipe probe found (D3): for the disks named, for the next attempt of Storage, for ten minutes, once, and written down. */
import type { WipeGrant } from "../../agent/wire/order.ts";
import { accept, refuse } from "../core/answer.ts";
import type { Answer } from "../core/ports.ts";
import type { RunRow } from "../core/record.ts";
import { isWipeRefused, refusedDisks } from "../core/refused-disks.ts";
import type { RunSummary } from "../core/views.ts";
import { renderSummary } from "../followers/run-view.ts";
import { saveAct } from "../store/audit.ts";
import { loadHost } from "../store/hosts.ts";
import type { Db } from "../store/open.ts";
import { loadOverride, saveOverride } from "../store/overrides.ts";
import { loadResults } from "../store/results.ts";
import { loadRun } from "../store/runs.ts";
import { applyEvent, nowOf, type Office } from "./office.ts";
import { ordersOf } from "./run-orders.ts";

/** How long a leave is good: enough for a server that has to boot again, too short to be forgotten about. */
export const OVERRIDE_TTL_MS = 10 * 60_000;

/** The disks on which the newest probe found data. */
const refusedSerials = async (db: Db, run: RunRow): Promise<readonly string[]> => {
  const last = (await loadResults(db, run.id)).findLast(({ stage }) => stage === "Storage");
  return refusedDisks(last?.checks ?? []).map(({ serial }) => serial);
};

const namesOf = (serials: readonly string[]): string => [...serials].sort().join(", ");

const noRun = refuse("not-found", "There is no such run.");
const notRefused = refuse(
  "out-of-turn",
  "The run is not held because of data on its disks, so there is nothing to override.",
);

/** Writes down who lets the wipe be allowed at the panel. The leave itself is given there, or not. */
export const armWipe = (office: Office, runId: string, by: string): Promise<Answer<readonly string[]>> =>
  office.store.turn(async (unit) => {
    const run = await loadRun(unit.db, runId);
    if (run === null) return noRun;
    if (!isWipeRefused(run)) return notRefused;
    const serials = await refusedSerials(unit.db, run);
    const detail = `disks ${namesOf(serials)}`;
    saveAct(unit, { atMs: nowOf(office), by, what: "wipe-armed", hostId: run.hostId, runId, detail });
    return accept(serials);
  });

/** Allows the wipe. `serials` must be exactly the disks that were refused: who allows it has looked at each of them. */
export const overrideWipe = (
  office: Office,
  runId: string,
  serials: readonly string[],
  by: string,
): Promise<Answer<RunSummary>> =>
  office.store.turn(async (unit) => {
    const run = await loadRun(unit.db, runId);
    const host = run === null ? null : await loadHost(unit.db, run.hostId);
    if (run === null || host === null) return noRun;
    if (!isWipeRefused(run)) return notRefused;
    const refused = await refusedSerials(unit.db, run);
    if (namesOf(refused) !== namesOf([...new Set(serials)]))
      return refuse("invalid", `Name exactly the disks that hold data: ${namesOf(refused)}.`, "serials");
    const nowMs = nowOf(office);
    const override = {
      ...{ id: office.random.hex(10), runId, attempt: run.attempt + 1, serials: refused, by },
      ...{ createdMs: nowMs, expiresMs: nowMs + OVERRIDE_TTL_MS, usedMs: null },
    };
    const orders = await ordersOf(office, unit.db, run);
    const event = { name: "wipeOverridden", overrideId: override.id } as const;
    const { advance, row } = applyEvent(office, unit, run, event, by, { orders });
    if (advance.kind !== "moved") return refuse("out-of-turn", `The run is ${run.state}.`);
    saveOverride(unit, override);
    const detail = `disks ${namesOf(refused)}, attempt ${override.attempt}`;
    saveAct(unit, { atMs: nowMs, by, what: "wipe-overridden", hostId: host.id, runId, detail });
    return accept(renderSummary(row, host, office.presence.get(runId) ?? null));
  });

/** The leave that holds for the run's current attempt; null without one, or when its time is over. */
export const wipeGrantOf = async (office: Office, db: Db, run: RunRow): Promise<WipeGrant | null> => {
  if (run.state !== "Storage") return null;
  const override = await loadOverride(db, run.id, run.attempt);
  const expiresInMs = override === null ? 0 : override.expiresMs - nowOf(office);
  if (override === null || override.usedMs !== null || expiresInMs <= 0) return null;
  return { kind: "wipe", overrideId: override.id, serials: [...override.serials], expiresInMs };
};
