/** Leaves to wipe (D3). */
import { and, eq } from "drizzle-orm";
import type { Db, Unit } from "./open.ts";
import { overrides } from "./schema.ts";

/** A leave to wipe as it is stored. */
export type OverrideRow = typeof overrides.$inferSelect;

const keyed = (runId: string, attempt: number) => and(eq(overrides.runId, runId), eq(overrides.attempt, attempt));

/** The leave that was given for this attempt of Storage. */
export const loadOverride = async (db: Db, runId: string, attempt: number): Promise<OverrideRow | null> =>
  (await db.select().from(overrides).where(keyed(runId, attempt)))[0] ?? null;

/** All leaves of a run, oldest first. */
export const loadOverrides = (db: Db, runId: string): Promise<OverrideRow[]> =>
  db.select().from(overrides).where(eq(overrides.runId, runId)).orderBy(overrides.attempt);

/** Stores a leave. */
export const saveOverride = ({ db, put }: Unit, override: OverrideRow): void => {
  put(db.insert(overrides).values(override));
};

/** Its attempt has given its result: the leave is used. */
export const saveOverrideUsed = ({ db, put }: Unit, runId: string, attempt: number, usedMs: number): void => {
  put(db.update(overrides).set({ usedMs }).where(keyed(runId, attempt)));
};
