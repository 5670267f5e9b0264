/** Log lines of agents. */
import { and, asc, count, desc, eq, gt, inArray } from "drizzle-orm";
import type { LogBatch } from "../../agent/wire/messages.ts";
import type { StageState } from "../../agent/wire/names.ts";
import type { LogView } from "../core/views.ts";
import type { Db, Unit } from "./open.ts";
import { logs } from "./schema.ts";

/** Stores a batch; lines that are there already are left alone, and a batch of nothing else leaves no trace at all. */
export const saveLogs = async ({ db, put, tell }: Unit, runId: string, batch: LogBatch): Promise<void> => {
  const { bootId, entries } = batch;
  const seqs = entries.map(({ seq }) => seq);
  const known = await db
    .select({ seq: logs.seq })
    .from(logs)
    .where(and(eq(logs.runId, runId), eq(logs.bootId, bootId), inArray(logs.seq, seqs)));
  const stored = new Set(known.map(({ seq }) => seq));
  const fresh = entries.filter(({ seq }) => !stored.has(seq));
  if (fresh.length === 0) return;
  put(
    db
      .insert(logs)
      .values(
        fresh.map(({ seq, atMs, stage, level, text, lostBefore }) => ({
          ...{ runId, bootId, seq, atMs, level, text },
          stage: stage ?? null,
          lostBefore: lostBefore ?? 0,
        })),
      )
      .onConflictDoNothing(),
  );
  tell({ kind: "log", hostId: null, runId });
};

/** How many lines a run has. */
export const countLogs = async (db: Db, runId: string): Promise<number> =>
  (await db.select({ n: count() }).from(logs).where(eq(logs.runId, runId)))[0]?.n ?? 0;

/** Lines after an id, oldest first; with a negative id, the last ones. */
export const loadLogs = async (
  db: Db,
  runId: string,
  options: { readonly afterId: number; readonly limit: number; readonly stage?: StageState },
): Promise<LogView[]> => {
  const { afterId, limit, stage } = options;
  const newest = afterId < 0;
  const rows = await db
    .select({
      id: logs.id,
      atMs: logs.atMs,
      stage: logs.stage,
      level: logs.level,
      text: logs.text,
      lostBefore: logs.lostBefore,
    })
    .from(logs)
    .where(
      and(
        eq(logs.runId, runId),
        newest ? undefined : gt(logs.id, afterId),
        stage === undefined ? undefined : eq(logs.stage, stage),
      ),
    )
    .orderBy(newest ? desc(logs.id) : asc(logs.id))
    .limit(limit);
  return newest ? rows.reverse() : rows;
};
