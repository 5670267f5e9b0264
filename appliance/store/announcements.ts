/** Announcements in the database: the outbox of the site's broker. Bounded; what is dropped is counted. */
import { asc, count, eq, gt, lte, type SQL, sql } from "drizzle-orm";
import type { Announcement, NumberedAnnouncement } from "../core/announcement.ts";
import type { Db, Unit } from "./open.ts";
import { hosts } from "./schema-hosts.ts";
import { announcements, mqttMarks } from "./schema-mqtt.ts";

/** How many announcements wait for a broker that is away. */
export const ANNOUNCEMENTS = 10_000;
/** How long they wait. */
export const ANNOUNCEMENTS_MS = 7 * 24 * 3_600_000;
/**
 * Acknowledged announcements that are kept and sent again after a lost connection. A broker that is killed forgets what it has acknowledged and not yet written
 * down (mosquitto.conf(5), autosave_interval); who reads drops repeats by their numbers.
 */
export const REPEATED_ANNOUNCEMENTS = 64;

/** How far the broker has been told. */
export interface AnnouncementMarks {
  readonly ackedSeq: number;
  /** How many wait. */
  readonly waiting: number;
  /** How many were dropped unsent, ever. */
  readonly dropped: number;
}

const MARKS = eq(mqttMarks.id, 1);

/** Writes announcements down, and drops the oldest over the bound. The statements run after those of the transition, in its transaction. */
export const saveAnnouncements = (
  { db, put }: Unit,
  announced: readonly Announcement[],
  nowMs: number,
  bound = { count: ANNOUNCEMENTS, ageMs: ANNOUNCEMENTS_MS },
): void => {
  if (announced.length === 0) return;
  const newest = sql`(select max(seq) from announcements)`;
  const aged = sql`(select max(seq) from announcements where at_ms < ${nowMs - bound.ageMs})`;
  const cut: SQL = sql`max(${newest} - ${bound.count}, ifnull(${aged}, 0))`;
  const lost = sql`(select count(*) from announcements where seq > mqtt_marks.acked_seq and seq <= ${cut})`;
  put(
    db.insert(announcements).values([...announced]),
    db.insert(mqttMarks).values({ id: 1 }).onConflictDoNothing(),
    db
      .update(mqttMarks)
      .set({ dropped: sql`dropped + ${lost}` })
      .where(MARKS),
    db.delete(announcements).where(lte(announcements.seq, cut)),
  );
};

/** Announcements after a number, oldest first, with their hosts. */
export const loadAnnouncements = (db: Db, afterSeq: number, limit: number): Promise<NumberedAnnouncement[]> =>
  db
    .select({
      seq: announcements.seq,
      runId: announcements.runId,
      hostId: announcements.hostId,
      rev: announcements.rev,
      type: announcements.type,
      from: announcements.from,
      to: announcements.to,
      stage: announcements.stage,
      severity: announcements.severity,
      summary: announcements.summary,
      atMs: announcements.atMs,
      hostName: hosts.name,
      mac: hosts.mac,
    })
    .from(announcements)
    .innerJoin(hosts, eq(hosts.id, announcements.hostId))
    .where(gt(announcements.seq, afterSeq))
    .orderBy(asc(announcements.seq))
    .limit(limit);

/** How far the broker has been told. */
export const loadAnnouncementMarks = async (db: Db): Promise<AnnouncementMarks> => {
  const row = (await db.select().from(mqttMarks).where(MARKS))[0];
  const ackedSeq = row?.ackedSeq ?? 0;
  const [waits] = await db.select({ waiting: count() }).from(announcements).where(gt(announcements.seq, ackedSeq));
  return { ackedSeq, waiting: waits?.waiting ?? 0, dropped: row?.dropped ?? 0 };
};

/** The broker has acknowledged everything up to a number. */
export const saveAnnounced = ({ db, put }: Unit, seq: number): void => {
  put(
    db
      .update(mqttMarks)
      .set({ ackedSeq: sql`max(acked_seq, ${seq})` })
      .where(MARKS),
    db.delete(announcements).where(lte(announcements.seq, seq - REPEATED_ANNOUNCEMENTS)),
  );
};
