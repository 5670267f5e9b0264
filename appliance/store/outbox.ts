/** Effects that wait to be carried out. */
import { asc, eq } from "drizzle-orm";
import type { Db, Unit } from "./open.ts";
import { outbox } from "./schema.ts";

/** An effect as it is stored. */
export type OutboxRow = typeof outbox.$inferSelect;

/** Every waiting effect, oldest first. */
export const loadOutbox = (db: Db): Promise<OutboxRow[]> => db.select().from(outbox).orderBy(asc(outbox.id));

/** Asks for an effect without a transition of its run. */
export const saveEffect = ({ db, put }: Unit, effect: Omit<OutboxRow, "id">): void => {
  put(db.insert(outbox).values(effect));
};

/** Forgets an effect that is done. */
export const removeOutbox = ({ db, put }: Unit, id: number): void => {
  put(db.delete(outbox).where(eq(outbox.id, id)));
};
