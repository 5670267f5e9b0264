/** The tables of power: each host's BMC, and what was done about its power. */
import { blob, index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { BmcKind, PowerDeed } from "../core/power-port.ts";
import { hosts } from "./schema-hosts.ts";

/** BMCs by their host. The row goes with its host's registration: a password outlives nothing that it is for. */
export const bmcs = sqliteTable("bmcs", {
  hostId: text("host_id")
    .primaryKey()
    .references(() => hosts.id),
  kind: text().$type<BmcKind>().notNull(),
  address: text().notNull(),
  port: integer().notNull(),
  user: text().notNull(),
  /** Readable with the box's own key alone, and for this place alone. */
  sealedPassword: blob("sealed_password", { mode: "buffer" }).notNull(),
  /** SHA-256 of the certificate, from the first contact on. */
  pin: text(),
  setMs: integer("set_ms").notNull(),
  setBy: text("set_by").notNull(),
});

/** What was done about hosts' power, by the box or a person. A repeat with the same end raises its count. */
export const powerActs = sqliteTable(
  "power_acts",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    hostId: text("host_id").notNull(),
    /** The run for which it was done, or that was not over then. */
    runId: text("run_id"),
    deed: text().$type<PowerDeed>().notNull(),
    by: text().notNull(),
    ok: integer({ mode: "boolean" }).notNull(),
    detail: text().notNull(),
    firstMs: integer("first_ms").notNull(),
    lastMs: integer("last_ms").notNull(),
    count: integer().notNull(),
  },
  (t) => [index("power_act_run").on(t.runId), index("power_act_host").on(t.hostId)],
);
