/**
 * Measurements in the database. They are gathered in memory and written as packed chunks.
 *
 * A power cut may take the last minute of them; results and logs are never kept back like this.
 */
import { createHash } from "node:crypto";
import { and, asc, eq, max, sql } from "drizzle-orm";
import type { Sample } from "../../agent/wire/messages.ts";
import type { StageState } from "../../agent/wire/names.ts";
import { CHUNK_MS, type PackedSample, packSamples, seriesOf, statsOf } from "../core/sample-chunk.ts";
import type { SeriesView } from "../core/views.ts";
import type { Db, Unit } from "./open.ts";
import { sampleChunks, seriesSets, seriesStats } from "./schema.ts";

/** A chunk that is being gathered. */
export interface OpenChunk {
  readonly runId: string;
  readonly bootId: string;
  readonly names: readonly string[];
  readonly stage: StageState | null;
  readonly startMs: number;
  /** When it was begun, by the box's monotonic clock. */
  readonly openedMonoMs: number;
  readonly firstSeq: number;
  lastSeq: number;
  lost: number;
  readonly samples: PackedSample[];
}

/** Chunks that are being gathered, for all runs. */
export class SampleBuffer {
  readonly #chunks = new Map<string, OpenChunk>();

  /** Adds one sample to the chunk of its run, boot, stage, series set and minute. */
  add(runId: string, bootId: string, sample: Sample, monoMs: number): void {
    const names = seriesOf(sample);
    const startMs = Math.floor(sample.atMs / CHUNK_MS) * CHUNK_MS;
    const stage = sample.stage ?? null;
    const key = JSON.stringify([runId, bootId, stage, startMs, names]);
    let chunk = this.#chunks.get(key);
    if (chunk === undefined) {
      chunk = {
        ...{ runId, bootId, names, stage, startMs, openedMonoMs: monoMs, firstSeq: sample.seq },
        lastSeq: sample.seq,
        lost: 0,
        samples: [],
      };
      this.#chunks.set(key, chunk);
    }
    chunk.lastSeq = sample.seq;
    chunk.lost += sample.lostBefore ?? 0;
    chunk.samples.push({ atMs: sample.atMs, values: names.map((n) => sample.readings[n] ?? 0) });
  }

  /** Takes chunks out, to be written. */
  take(wanted: (chunk: OpenChunk) => boolean): readonly OpenChunk[] {
    const taken = [...this.#chunks].filter(([, chunk]) => wanted(chunk));
    for (const [key] of taken) this.#chunks.delete(key);
    return taken.map(([, chunk]) => chunk);
  }

  /** Puts chunks back whose writing failed. One that was begun anew meanwhile goes on beside it. */
  giveBack(chunks: readonly OpenChunk[]): void {
    for (const chunk of chunks) this.#chunks.set(`again ${chunk.runId} ${chunk.bootId} ${chunk.firstSeq}`, chunk);
  }
}

const saveStats = ({ db, put }: Unit, chunk: OpenChunk): void => {
  const rows = statsOf(chunk.names, chunk.samples).map((s) => ({ ...s, runId: chunk.runId }));
  if (rows.length === 0) return;
  put(
    db
      .insert(seriesStats)
      .values(rows)
      .onConflictDoUpdate({
        target: [seriesStats.runId, seriesStats.series],
        set: {
          count: sql`${seriesStats.count} + excluded.count`,
          min: sql`min(${seriesStats.min}, excluded.min)`,
          sum: sql`${seriesStats.sum} + excluded.sum`,
          max: sql`max(${seriesStats.max}, excluded.max)`,
          last: sql`excluded.last`,
        },
      }),
  );
};

/** Writes chunks, and adds them to the aggregates of their runs. */
export const saveChunks = (unit: Unit, chunks: readonly OpenChunk[]): void => {
  const { db, put } = unit;
  for (const chunk of chunks) {
    const seriesSet = createHash("sha256").update(JSON.stringify(chunk.names)).digest("hex").slice(0, 32);
    const { runId, bootId, stage, startMs, firstSeq, lastSeq, lost } = chunk;
    put(
      db.insert(seriesSets).values({ id: seriesSet, names: chunk.names }).onConflictDoNothing(),
      db.insert(sampleChunks).values({
        ...{ runId, bootId, seriesSet, stage, startMs, firstSeq, lastSeq, lost },
        values: Buffer.from(packSamples(startMs, chunk.samples)),
      }),
    );
    saveStats(unit, chunk);
  }
  for (const runId of new Set(chunks.map((c) => c.runId))) unit.tell({ kind: "run", hostId: null, runId });
};

/** The last sample of a boot session that was written; 0 for none. */
export const loadLastSampleSeq = async (db: Db, runId: string, bootId: string): Promise<number> =>
  (
    await db
      .select({ seq: max(sampleChunks.lastSeq) })
      .from(sampleChunks)
      .where(and(eq(sampleChunks.runId, runId), eq(sampleChunks.bootId, bootId)))
  )[0]?.seq ?? 0;

/** The aggregates of a run's series, by name. */
export const loadSeries = async (db: Db, runId: string): Promise<SeriesView[]> =>
  (await db.select().from(seriesStats).where(eq(seriesStats.runId, runId)).orderBy(asc(seriesStats.series))).map(
    ({ series, count, min, sum, max, last }) => ({ series, count, min, mean: sum / count, max, last }),
  );
