/** Hosts' BMCs in the database, and what was done about hosts' power. */
import { and, desc, eq, isNull } from "drizzle-orm";
import type { LossDiagnosis } from "../core/power-loss.ts";
import type { BmcView, PowerAct, PowerDeed } from "../core/power-port.ts";
import type { RunRow } from "../core/record.ts";
import type { Db, Unit } from "./open.ts";
import { runs } from "./schema.ts";
import { bmcs, powerActs } from "./schema-power.ts";

/** A BMC as it is stored. */
export type BmcRow = typeof bmcs.$inferSelect;

/** How many acts of one run are shown. */
const SHOWN_ACTS = 200;

/** A host's BMC; null when none is set. */
export const loadBmc = async (db: Db, hostId: string): Promise<BmcRow | null> =>
  (await db.select().from(bmcs).where(eq(bmcs.hostId, hostId)))[0] ?? null;

/** A host's BMC as it is shown: what it is sealed with is not even read. */
export const loadBmcView = async (db: Db, hostId: string): Promise<BmcView | null> => {
  const { kind, address, port, user, setMs, setBy, pin } = bmcs;
  const found = await db
    .select({ kind, address, port, user, setMs, setBy, pin })
    .from(bmcs)
    .where(eq(bmcs.hostId, hostId));
  return found[0] ?? null;
};

/** Sets a host's BMC, in place of one that was set before. */
export const saveBmc = ({ db, put, tell }: Unit, row: BmcRow): void => {
  const { hostId, ...fields } = row;
  put(db.insert(bmcs).values(row).onConflictDoUpdate({ target: bmcs.hostId, set: fields }));
  tell({ kind: "host", hostId, runId: null });
};

/** Forgets a host's BMC and its password. */
export const removeBmc = ({ db, put, tell }: Unit, hostId: string): void => {
  put(db.delete(bmcs).where(eq(bmcs.hostId, hostId)));
  tell({ kind: "host", hostId, runId: null });
};

/** Keeps the certificate of the first contact. */
export const saveBmcPin = ({ db, put, tell }: Unit, hostId: string, pin: string): void => {
  put(db.update(bmcs).set({ pin }).where(eq(bmcs.hostId, hostId)));
  tell({ kind: "host", hostId, runId: null });
};

const COLUMNS = {
  deed: powerActs.deed,
  by: powerActs.by,
  ok: powerActs.ok,
  detail: powerActs.detail,
  firstMs: powerActs.firstMs,
  lastMs: powerActs.lastMs,
  count: powerActs.count,
};

/** What was done about the power of a run's host, oldest first. */
export const loadPowerActs = async (db: Db, runId: string): Promise<PowerAct[]> =>
  (
    await db
      .select(COLUMNS)
      .from(powerActs)
      .where(eq(powerActs.runId, runId))
      .orderBy(desc(powerActs.id))
      .limit(SHOWN_ACTS)
  ).reverse();

/** One thing that was done just now. */
export interface NewPowerAct {
  readonly hostId: string;
  readonly runId: string | null;
  readonly deed: PowerDeed;
  readonly by: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly atMs: number;
}

/** Packets come between a BMC's answers: each of the two is counted by itself. */
const isPacket = (deed: PowerDeed): boolean => deed === "wake";

/**
 * Writes an act down. The same as the last one counts it up, so that an hour of waking is a handful of rows. `sinceMs` begins a new count: what was
 * done for an earlier wait of the run is another act.
 */
export const savePowerAct = async (unit: Unit, act: NewPowerAct, sinceMs: number): Promise<void> => {
  const { db, put, tell } = unit;
  const { atMs, ...fields } = act;
  const own = act.runId === null ? isNull(powerActs.runId) : eq(powerActs.runId, act.runId);
  const before = await db
    .select()
    .from(powerActs)
    .where(and(eq(powerActs.hostId, act.hostId), own))
    .orderBy(desc(powerActs.id))
    .limit(2);
  const last = before.find(({ deed }) => isPacket(deed) === isPacket(act.deed));
  const same =
    last !== undefined &&
    last.firstMs >= sinceMs &&
    last.deed === act.deed &&
    last.by === act.by &&
    last.ok === act.ok &&
    last.detail === act.detail;
  if (same)
    put(
      db
        .update(powerActs)
        .set({ lastMs: atMs, count: last.count + 1 })
        .where(eq(powerActs.id, last.id)),
    );
  else put(db.insert(powerActs).values({ ...fields, firstMs: atMs, lastMs: atMs, count: 1 }));
  tell({ kind: act.runId === null ? "host" : "run", hostId: act.hostId, runId: act.runId });
};

/** Adds what became of the host to the failure that the run stands in. */
export const saveDiagnosis = ({ db, put, tell }: Unit, run: RunRow, diagnosis: LossDiagnosis): void => {
  if (run.failure === null) return;
  put(
    db
      .update(runs)
      .set({ failure: { ...run.failure, diagnosis } })
      .where(eq(runs.id, run.id)),
  );
  tell({ kind: "run", hostId: run.hostId, runId: run.id });
};
