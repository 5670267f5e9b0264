/** Who did what, when and from where. */
import { and, asc, eq } from "drizzle-orm";
import type { Db, Unit } from "./open.ts";
import { audit } from "./schema.ts";

/** One act. `by` holds the who and the where. */
export interface Act {
  readonly atMs: number;
  readonly by: string;
  readonly what: string;
  readonly hostId?: string;
  readonly runId?: string;
  readonly detail?: string;
}

/** Writes an act down. */
export const saveAct = ({ db, put }: Unit, act: Act): void => {
  put(db.insert(audit).values({ detail: "", ...act }));
};

/** Writes down what somebody without a right tried; the same again is one act, or a stuck agent would fill the table. */
export const saveAttempt = async (
  unit: Unit,
  act: Act & { readonly runId: string; readonly detail: string },
): Promise<void> => {
  const same = and(eq(audit.runId, act.runId), eq(audit.what, act.what), eq(audit.detail, act.detail));
  const known = await unit.db.select({ id: audit.id }).from(audit).where(same).limit(1);
  if (known.length === 0) saveAct(unit, act);
};

/** Every act, oldest first. */
export const loadActs = (db: Db): Promise<(typeof audit.$inferSelect)[]> =>
  db.select().from(audit).orderBy(asc(audit.id));
