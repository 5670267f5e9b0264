/** The tables of what is registered: hosts, and the classes of their specs. */
import { sql } from "drizzle-orm";
import { integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** Registered hosts. A removed one stays for its past runs and frees its name and MAC. */
export const hosts = sqliteTable(
  "hosts",
  {
    id: text().primaryKey(),
    name: text().notNull(),
    mac: text().notNull(),
    specYaml: text("spec_yaml"),
    addedMs: integer("added_ms").notNull(),
    removedMs: integer("removed_ms"),
  },
  (t) => [
    uniqueIndex("host_name").on(t.name).where(sql`removed_ms is null`),
    uniqueIndex("host_mac").on(t.mac).where(sql`removed_ms is null`),
  ],
);

/** Classes of specs by their names: what several hosts have in common (`core/spec/classes.ts`). */
export const specClasses = sqliteTable("spec_classes", {
  name: text().primaryKey(),
  yaml: text().notNull(),
  changedMs: integer("changed_ms").notNull(),
});
