/** Runs in the database: their rows, their history, their attempts, and the effects that their transitions ask for. */
import { and, asc, desc, eq, isNotNull, isNull, like, lt, or } from "drizzle-orm";
import type { Move } from "../core/advance.ts";
import type { AttemptRow, RunRow } from "../core/record.ts";
import { isStage } from "../core/states.ts";
import type { EffectKind } from "../core/step.ts";
import type { TransitionView } from "../core/views.ts";
import type { Db, Unit } from "./open.ts";
import { attempts, outbox, runs, transitions } from "./schema.ts";

/** A run by its id. */
export const loadRun = async (db: Db, id: string): Promise<RunRow | null> =>
  (await db.select().from(runs).where(eq(runs.id, id)))[0] ?? null;

/** A run by its id or the unique beginning of it. */
export const findRun = async (db: Db, ref: string): Promise<RunRow | null> => {
  if (!/^[0-9a-z]{1,32}$/.test(ref)) return null; // ids have no other letters, and LIKE has wildcards
  const found = await db
    .select()
    .from(runs)
    .where(like(runs.id, `${ref}%`))
    .limit(2);
  const exact = found.find((r) => r.id === ref);
  return exact ?? (found.length === 1 ? (found[0] ?? null) : null);
};

/** Runs that are not over, oldest first. */
export const loadActiveRuns = (db: Db): Promise<RunRow[]> =>
  db.select().from(runs).where(isNull(runs.endedMs)).orderBy(asc(runs.createdMs), asc(runs.id));

/** The host's run that is not over. */
export const loadActiveRunOf = async (db: Db, hostId: string): Promise<RunRow | null> =>
  (
    await db
      .select()
      .from(runs)
      .where(and(eq(runs.hostId, hostId), isNull(runs.endedMs)))
  )[0] ?? null;

/** The newest runs, of one host or of all. */
export const loadNewestRuns = (db: Db, limit: number, hostId?: string): Promise<RunRow[]> =>
  db
    .select()
    .from(runs)
    .where(hostId === undefined ? undefined : eq(runs.hostId, hostId))
    .orderBy(desc(runs.createdMs), desc(runs.id))
    .limit(limit);

/** Runs of the same host that began before this one, newest first. */
export const loadRunsBefore = (db: Db, run: RunRow, limit: number): Promise<RunRow[]> =>
  db
    .select()
    .from(runs)
    .where(
      and(
        eq(runs.hostId, run.hostId),
        // Two runs of one host may begin in one millisecond of a coarse clock; a run is not before itself.
        or(lt(runs.createdMs, run.createdMs), and(eq(runs.createdMs, run.createdMs), lt(runs.id, run.id))),
      ),
    )
    .orderBy(desc(runs.createdMs), desc(runs.id))
    .limit(limit);

/** Ended runs whose agent has not acknowledged its last command. */
export const loadUnacknowledgedEnds = (db: Db): Promise<RunRow[]> =>
  db
    .select()
    .from(runs)
    .where(and(isNotNull(runs.endedMs), isNotNull(runs.command)));

/** The history of a run. */
export const loadTransitions = (db: Db, runId: string): Promise<TransitionView[]> =>
  db
    .select({
      rev: transitions.rev,
      from: transitions.from,
      event: transitions.event,
      to: transitions.to,
      atMs: transitions.atMs,
      by: transitions.by,
    })
    .from(transitions)
    .where(eq(transitions.runId, runId))
    .orderBy(asc(transitions.rev));

/** The attempts of a run's stages, in order. */
export const loadAttempts = (db: Db, runId: string): Promise<AttemptRow[]> =>
  db
    .select({
      stage: attempts.stage,
      attempt: attempts.attempt,
      reason: attempts.reason,
      startedMs: attempts.startedMs,
      endedMs: attempts.endedMs,
    })
    .from(attempts)
    .where(eq(attempts.runId, runId))
    .orderBy(asc(attempts.startedMs), asc(attempts.attempt));

/** Adds a run before its first event. */
export const saveNewRun = ({ db, put, tell }: Unit, run: RunRow): void => {
  put(db.insert(runs).values({ ...run }));
  tell({ kind: "host", hostId: run.hostId, runId: run.id });
};

const saveAttempts = ({ db, put }: Unit, { from, to }: Move): void => {
  const same = from.state === to.state && from.attempt === to.attempt;
  if (same) return;
  if (isStage(from.state))
    put(
      db
        .update(attempts)
        .set({ endedMs: to.enteredMs })
        .where(and(eq(attempts.runId, to.id), eq(attempts.stage, from.state), eq(attempts.attempt, from.attempt))),
    );
  if (isStage(to.state))
    put(
      db.insert(attempts).values({
        runId: to.id,
        stage: to.state,
        attempt: to.attempt,
        reason: to.attemptReason,
        startedMs: to.enteredMs,
      }),
    );
};

/** Writes the transitions of one event: the run after them, its history, its attempts, its effects. */
export const saveMoves = (
  unit: Unit,
  run: RunRow,
  moves: readonly Move[],
  effects: readonly EffectKind[],
  by: string,
): void => {
  const { db, put, tell } = unit;
  put(
    db
      .update(runs)
      .set({ ...run })
      .where(eq(runs.id, run.id)),
  );
  put(
    db.insert(transitions).values(
      moves.map(({ from, event, to }, i) => ({
        runId: run.id,
        rev: to.rev,
        from: from.state,
        event: event.name,
        to: to.state,
        atMs: to.enteredMs,
        by: i === 0 ? by : "box", // what follows within the transaction is the box's own decision
      })),
    ),
  );
  for (const move of moves) saveAttempts(unit, move);
  if (effects.length > 0)
    put(db.insert(outbox).values(effects.map((kind) => ({ runId: run.id, kind, createdMs: run.enteredMs }))));
  tell({ kind: "run", hostId: run.hostId, runId: run.id });
};

/** Fields of a run that change without a transition. */
export type RunTouch = Partial<Pick<RunRow, "command" | "deadlineMs" | "lastSeenMs" | "address">>;

/** Changes fields of a run without a transition. */
export const saveTouch = ({ db, put, tell }: Unit, run: RunRow, touch: RunTouch): void => {
  put(db.update(runs).set(touch).where(eq(runs.id, run.id)));
  tell({ kind: "run", hostId: run.hostId, runId: run.id });
};
