/** The tables of what the site is told over MQTT: announcements that wait for the broker, and topics that the broker may hold. */
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { RunState, Severity } from "../../agent/wire/names.ts";
import type { Announcement, AnnouncementType } from "../core/announcement.ts";

/**
 * One row for each transition since MQTT was configured. `seq` has no gaps: SQLite takes a number back with the transaction that took it, and AUTOINCREMENT gives
 * none twice, also after the newest rows are gone (sqlite.org/autoinc.html).
 */
export const announcements = sqliteTable(
  "announcements",
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    runId: text("run_id").notNull(),
    hostId: text("host_id").notNull(),
    rev: integer().notNull(),
    type: text().$type<AnnouncementType>().notNull(),
    from: text().$type<RunState>().notNull(),
    to: text().$type<RunState>().notNull(),
    stage: text().$type<NonNullable<Announcement["stage"]>>(),
    severity: text().$type<Severity>().notNull(),
    summary: text().notNull(),
    atMs: integer("at_ms").notNull(),
  },
  (t) => [index("announcement_age").on(t.atMs)],
);

/** The one row of how far the broker has been told. */
export const mqttMarks = sqliteTable("mqtt_marks", {
  id: integer().primaryKey(),
  /** The last announcement that the broker has acknowledged. */
  ackedSeq: integer("acked_seq").notNull().default(0),
  /** How many were dropped unsent, because the bound was reached. */
  dropped: integer().notNull().default(0),
});

/** Every topic that the broker may hold a retained message of ours on: written down before it is published, removed after it was emptied. */
export const mqttTopics = sqliteTable("mqtt_topics", { topic: text().primaryKey() });
