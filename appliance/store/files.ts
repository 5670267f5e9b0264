/** Files of runs, as rows: artifacts and rendered reports. */
import { and, asc, eq, sum } from "drizzle-orm";
import type { ArtifactView } from "../core/views.ts";
import type { Db, Store, Unit } from "./open.ts";
import { artifacts, reports } from "./schema.ts";

/** An artifact as it is stored. */
export type ArtifactRow = typeof artifacts.$inferSelect;

/** The artifact of a key, if it was stored before. */
export const loadArtifact = async (db: Db, runId: string, id: string): Promise<ArtifactRow | null> =>
  (
    await db
      .select()
      .from(artifacts)
      .where(and(eq(artifacts.runId, runId), eq(artifacts.id, id)))
  )[0] ?? null;

/** The artifacts of a run, oldest first. */
export const loadArtifacts = (db: Db, runId: string): Promise<ArtifactView[]> =>
  db
    .select({
      id: artifacts.id,
      stage: artifacts.stage,
      attempt: artifacts.attempt,
      name: artifacts.name,
      sizeBytes: artifacts.sizeBytes,
      sha256: artifacts.sha256,
    })
    .from(artifacts)
    .where(eq(artifacts.runId, runId))
    .orderBy(asc(artifacts.atMs), asc(artifacts.name));

/** Bytes of all artifacts of a run. */
export const loadArtifactBytes = async (db: Db, runId: string): Promise<number> =>
  Number(
    (
      await db
        .select({ bytes: sum(artifacts.sizeBytes) })
        .from(artifacts)
        .where(eq(artifacts.runId, runId))
    )[0]?.bytes ?? 0,
  );

/** Stores an artifact's row; its file is in place before. */
export const saveArtifact = ({ db, put, tell }: Unit, row: ArtifactRow): void => {
  put(db.insert(artifacts).values(row));
  tell({ kind: "run", hostId: null, runId: row.runId });
};

/** Where a run's rendered reports are. */
export const loadReport = async (db: Db, runId: string): Promise<typeof reports.$inferSelect | null> =>
  (await db.select().from(reports).where(eq(reports.runId, runId)))[0] ?? null;

/** Records where a run's report files are. A newer rendering takes the place of an older one. */
export const saveReport = (
  store: Store,
  report: { readonly runId: string; readonly htmlPath: string; readonly jsonPath: string },
): Promise<void> =>
  store.turn(async ({ db, put, tell }) => {
    const { runId, ...paths } = report;
    put(db.insert(reports).values(report).onConflictDoUpdate({ target: reports.runId, set: paths }));
    tell({ kind: "run", hostId: null, runId });
  });
