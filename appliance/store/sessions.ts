/** Enrol codes and agent sessions in the database: their SHA-256 only. */
import { and, desc, eq, inArray, isNull, lt } from "drizzle-orm";
import type { Db, Unit } from "./open.ts";
import { enrolments, sessions } from "./schema.ts";

/** An enrol code as it is stored. */
export type EnrolmentRow = typeof enrolments.$inferSelect;
/** A session as it is stored. */
export type SessionRow = typeof sessions.$inferSelect;

/** The run's enrol codes, newest first. */
export const loadEnrolments = (db: Db, runId: string): Promise<EnrolmentRow[]> =>
  db.select().from(enrolments).where(eq(enrolments.runId, runId)).orderBy(desc(enrolments.createdMs));

/** The run's sessions that were not revoked. */
export const loadSessions = (db: Db, runId: string): Promise<SessionRow[]> =>
  db
    .select()
    .from(sessions)
    .where(and(eq(sessions.runId, runId), isNull(sessions.revokedMs)));

/** Adds a code. */
export const saveEnrolment = ({ db, put }: Unit, row: EnrolmentRow): void => {
  put(db.insert(enrolments).values(row));
};

/** Forgets codes: those given, and everything that expired before `beforeMs`. Used ones stay, to be told from stolen ones. */
export const removeEnrolments = ({ db, put }: Unit, hashes: readonly string[], beforeMs: number): void => {
  if (hashes.length > 0) put(db.delete(enrolments).where(inArray(enrolments.codeHash, [...hashes])));
  put(db.delete(enrolments).where(and(isNull(enrolments.usedMs), lt(enrolments.expiresMs, beforeMs))));
};

/** Burns a code and opens its session; every other session of the run ends. */
export const saveClaim = (
  { db, put }: Unit,
  claim: {
    readonly codeHash: string;
    readonly claimKeyHash: string;
    readonly tokenHash: string;
    readonly runId: string;
    readonly bootId: string;
    readonly atMs: number;
  },
): void => {
  const { codeHash, claimKeyHash, tokenHash, runId, bootId, atMs } = claim;
  put(
    db.update(enrolments).set({ usedMs: atMs, claimKeyHash, bootId }).where(eq(enrolments.codeHash, codeHash)),
    db
      .update(sessions)
      .set({ revokedMs: atMs })
      .where(and(eq(sessions.runId, runId), isNull(sessions.revokedMs))),
    db.insert(sessions).values({ tokenHash, runId, bootId, createdMs: atMs }),
  );
};

/** Ends every session of a run, and every code that was not used. */
export const revokeSessions = ({ db, put }: Unit, runId: string, atMs: number): void => {
  put(
    db
      .update(sessions)
      .set({ revokedMs: atMs })
      .where(and(eq(sessions.runId, runId), isNull(sessions.revokedMs))),
    db.delete(enrolments).where(and(eq(enrolments.runId, runId), isNull(enrolments.usedMs))),
  );
};
