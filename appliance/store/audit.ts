/** Who did what, when and from where. */
import { asc } from "drizzle-orm";
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

/** Every act, oldest first. */
export const loadActs = (db: Db): Promise<(typeof audit.$inferSelect)[]> =>
  db.select().from(audit).orderBy(asc(audit.id));
