/** Classes of specs in the database. */
import { asc, eq } from "drizzle-orm";
import type { SpecClassRow } from "../core/record.ts";
import type { Classes } from "../core/spec/spec.ts";
import type { Db, Unit } from "./open.ts";
import { specClasses } from "./schema-hosts.ts";

/** All classes by name. */
export const loadSpecClasses = (db: Db): Promise<SpecClassRow[]> =>
  db.select().from(specClasses).orderBy(asc(specClasses.name));

/** Their texts by their names, as specs are read with them. */
export const loadClasses = async (db: Db): Promise<Classes> =>
  new Map((await loadSpecClasses(db)).map(({ name, yaml }) => [name, yaml]));

/** One class; null when there is none of this name. */
export const loadSpecClass = async (db: Db, name: string): Promise<SpecClassRow | null> =>
  (await db.select().from(specClasses).where(eq(specClasses.name, name)))[0] ?? null;

/** Adds a class or replaces its text. */
export const saveSpecClass = ({ db, put, tell }: Unit, row: SpecClassRow): void => {
  const { yaml, changedMs } = row;
  put(db.insert(specClasses).values(row).onConflictDoUpdate({ target: specClasses.name, set: { yaml, changedMs } }));
  tell({ kind: "box", hostId: null, runId: null });
};

/** Removes a class. */
export const removeSpecClass = ({ db, put, tell }: Unit, name: string): void => {
  put(db.delete(specClasses).where(eq(specClasses.name, name)));
  tell({ kind: "box", hostId: null, runId: null });
};
