/** Results and what was found from them. */
import { and, asc, desc, eq, isNotNull, max } from "drizzle-orm";
import type { ResultRequest } from "../../agent/wire/messages.ts";
import type { StageState } from "../../agent/wire/names.ts";
import type { ResultRow } from "../core/record.ts";
import type { StoredFacts } from "../core/rejudge.ts";
import type { Difference } from "../core/views.ts";
import type { Db, Unit } from "./open.ts";
import { attempts, differences, results } from "./schema.ts";

/** A result as it is stored. */
export type StoredResult = typeof results.$inferSelect;

/** The key of a result. */
export type ResultKey = Pick<ResultRequest, "stage" | "attempt">;

const keyed = (runId: string, { stage, attempt }: ResultKey) =>
  and(eq(results.runId, runId), eq(results.stage, stage), eq(results.attempt, attempt));

/** The answer that was given to this result before, and at which revision of the run; null for a new one. */
export const loadAnswer = async (
  db: Db,
  runId: string,
  key: ResultKey,
): Promise<Pick<StoredResult, "answer" | "rev"> | null> =>
  (await db.select({ answer: results.answer, rev: results.rev }).from(results).where(keyed(runId, key)))[0] ?? null;

/** Whether the box ever asked for this attempt. */
export const wasAsked = async (db: Db, runId: string, { stage, attempt }: ResultKey): Promise<boolean> =>
  (
    await db
      .select({ attempt: attempts.attempt })
      .from(attempts)
      .where(and(eq(attempts.runId, runId), eq(attempts.stage, stage), eq(attempts.attempt, attempt)))
  ).length > 0;

/** The run's results in the order in which they came, without their facts. */
export const loadResults = (db: Db, runId: string): Promise<ResultRow[]> =>
  db
    .select({
      stage: results.stage,
      attempt: results.attempt,
      outcome: results.outcome,
      reason: results.reason,
      checks: results.checks,
      summary: results.summary,
      counted: results.counted,
    })
    .from(results)
    .where(eq(results.runId, runId))
    .orderBy(asc(results.receivedMs), asc(results.attempt));

/** The facts of the stage's newest attempt that has any; undefined without one. */
export const loadFacts = async (db: Db, runId: string, stage: StageState): Promise<unknown> =>
  (
    await db
      .select({ facts: results.facts })
      .from(results)
      .where(and(eq(results.runId, runId), eq(results.stage, stage), isNotNull(results.facts)))
      .orderBy(desc(results.attempt))
      .limit(1)
  )[0]?.facts;

/** The stage's newest result that has facts, as it was posted, with the checks that it was given; null without one. */
export const loadStoredFacts = async (db: Db, runId: string, stage: StageState): Promise<StoredFacts | null> => {
  const [row] = await db
    .select()
    .from(results)
    .where(and(eq(results.runId, runId), eq(results.stage, stage), isNotNull(results.facts)))
    .orderBy(desc(results.attempt))
    .limit(1);
  if (row === undefined) return null;
  const { bootId, attempt, outcome, startedMs, durationMs, facts, watch, reason, checks } = row;
  const told = { ...(watch === null ? {} : { watch }), ...(reason === null ? {} : { reason }) };
  return { request: { bootId, stage, attempt, outcome, startedMs, durationMs, facts, ...told }, checks };
};

/** What the newest inventory that moved the run differs in. One that found nothing takes the differences of those before it away. */
export const loadDifferences = async (db: Db, runId: string): Promise<Difference[]> => {
  const [newest] = await db
    .select({ attempt: max(results.attempt) })
    .from(results)
    .where(and(eq(results.runId, runId), eq(results.stage, "InventoryCheck"), eq(results.counted, true)));
  if (newest?.attempt == null) return [];
  const { severity, code, component, expected, found, message } = differences;
  return db
    .select({ severity, code, component, expected, found, message })
    .from(differences)
    .where(and(eq(differences.runId, runId), eq(differences.attempt, newest.attempt)))
    .orderBy(asc(differences.position));
};

/** Stores a result. */
export const saveResult = ({ db, put }: Unit, result: StoredResult): void => {
  put(db.insert(results).values(result));
};

/** Stores the differences that one attempt of Inventory led to. */
export const saveDifferences = (
  { db, put }: Unit,
  runId: string,
  attempt: number,
  found: readonly Difference[],
): void => {
  // One statement for each: SQLite bounds the variables of a statement, and a wrong spec can differ in everything.
  found.forEach((difference, position) => {
    put(db.insert(differences).values({ ...difference, runId, attempt, position }));
  });
};
