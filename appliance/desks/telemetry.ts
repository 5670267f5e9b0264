/** What an agent tells while it works: that it lives, its log, its measurements, its files. */
import { createHash } from "node:crypto";
import { WIRE_LIMITS, WIRE_PERIODS } from "../../agent/wire/limits.ts";
import type {
  ArtifactQuery,
  BatchAnswer,
  Command,
  HeartbeatAnswer,
  HeartbeatRequest,
  LogBatch,
  SensorBatch,
} from "../../agent/wire/messages.ts";
import { accept, refuse } from "../core/answer.ts";
import type { Answer } from "../core/ports.ts";
import type { RunRow } from "../core/record.ts";
import { TERMINAL } from "../core/states.ts";
import { loadArtifact, loadArtifactBytes, saveArtifact } from "../store/files.ts";
import { countLogs, saveLogs } from "../store/logs.ts";
import type { Unit } from "../store/open.ts";
import { wasAsked } from "../store/results.ts";
import { loadRun, saveTouch } from "../store/runs.ts";
import { loadLastSampleSeq, type OpenChunk, saveChunks } from "../store/samples.ts";
import { revokeSessions } from "../store/sessions.ts";
import { discardFile, keepFile } from "./artifact-files.ts";
import { noteHeard, nowOf, type Office } from "./office.ts";
import { turnNow } from "./turn-now.ts";
import { commandNow } from "./waiting.ts";

/** Lines of one run that are kept. A test of days writes a few thousand; a program gone wild must not fill the card. */
const MAX_LOG_LINES = 100_000;

const noRun = refuse("not-found", "There is no such run.");
const otherBoot = refuse("out-of-turn", "A newer boot of this server has claimed the run.", "bootId");
/** Between two heartbeats of an agent that is kept waiting, in ms. */
const WAITING_HEARTBEAT_MS = 2_000;
const NOTHING: Command = { id: 0, cmd: "continue" };

/** Takes back the command that was carried out. The last one of a run that is over ends its sessions. */
const acknowledge = (unit: Unit, run: RunRow, acks: readonly number[], nowMs: number): RunRow => {
  if (run.command === null || !acks.includes(run.command.id)) return run;
  saveTouch(unit, run, { command: null });
  if (TERMINAL.has(run.state)) revokeSessions(unit, run.id, nowMs);
  return { ...run, command: null };
};

/** Alive. The answer repeats the command that waits, until it is acknowledged. */
export const heartbeat = (office: Office, runId: string, body: HeartbeatRequest): Promise<Answer<HeartbeatAnswer>> =>
  office.store.turn(async (unit) => {
    const loaded = await loadRun(unit.db, runId);
    if (loaded === null) return noRun;
    // Its session ended with the newer claim; this call was let in just before.
    if (loaded.bootId !== body.bootId) return otherBoot;
    const nowMs = nowOf(office);
    const run = acknowledge(unit, loaded, body.acks, nowMs);
    // What a heartbeat says of an older attempt says nothing about the one that people look at.
    const current = body.stage === run.state && body.attempt === run.attempt;
    noteHeard(office, unit, run, current ? { progress: body.progress, note: body.note } : null);
    const turn = await turnNow(office, unit.db, run);
    return accept({
      command: (await commandNow(office, unit.db, run)) ?? NOTHING,
      // Whoever waits for the link or a partner learns soon that it may go.
      nextHeartbeatMs: turn.do === "wait" ? WAITING_HEARTBEAT_MS : WIRE_PERIODS.heartbeatMs,
      state: run.state,
      turn,
    });
  });

/** Stores log lines before they are acknowledged. */
export const log = (office: Office, runId: string, body: LogBatch): Promise<Answer<BatchAnswer>> =>
  office.store.turn(async (unit) => {
    const run = await loadRun(unit.db, runId);
    if (run === null) return noRun;
    noteHeard(office, unit, run, null);
    // Over the limit a line is acknowledged all the same, or its agent would send it for ever.
    if ((await countLogs(unit.db, runId)) < MAX_LOG_LINES) await saveLogs(unit, runId, body);
    return accept({ ackedSeq: Math.max(...body.entries.map((e) => e.seq)) });
  });

/** The last sample of each boot session that was taken, by run; filled from the record when it is first asked for. */
export type SampleMarks = Map<string, number>;

/** Gathers measurements; they are written once a minute. */
export const sensor = (
  office: Office,
  taken: SampleMarks,
  runId: string,
  body: SensorBatch,
): Promise<Answer<BatchAnswer>> =>
  office.store.turn(async (unit) => {
    const run = await loadRun(unit.db, runId);
    if (run === null) return noRun;
    noteHeard(office, unit, run, null);
    const key = `${runId} ${body.bootId}`;
    const last = taken.get(key) ?? (await loadLastSampleSeq(unit.db, runId, body.bootId));
    const fresh = body.samples.filter((s) => s.seq > last).sort((a, b) => a.seq - b.seq);
    // In memory only after the commit: a turn may be run again, and a sample is to be gathered once.
    unit.afterCommit(() => {
      for (const sample of fresh) office.samples.add(runId, body.bootId, sample, office.clock.monoMs());
      taken.set(key, fresh.at(-1)?.seq ?? last);
      const newest = fresh.at(-1);
      if (newest !== undefined && !TERMINAL.has(run.state))
        office.readings.set(runId, { atMs: nowOf(office), bySeries: newest.readings });
    });
    return accept({ ackedSeq: Math.max(...body.samples.map((s) => s.seq)) });
  });

/** Writes gathered measurements; what could not be written is gathered further. */
export const flushSamples = async (office: Office, wanted: (chunk: OpenChunk) => boolean): Promise<void> => {
  const chunks = office.samples.take(wanted);
  if (chunks.length === 0) return;
  try {
    await office.store.turn(async (unit) => saveChunks(unit, chunks));
  } catch (error) {
    office.samples.giveBack(chunks);
    throw error;
  }
};

/** The id follows from the key, so that a repeated upload lands in the same place. */
const artifactId = (runId: string, { stage, attempt, name }: ArtifactQuery): string =>
  createHash("sha256")
    .update(JSON.stringify([runId, stage, attempt, name]))
    .digest("hex")
    .slice(0, 32);

/** Whether the file is taken: its id when it is there already, null when it is welcome. */
const admit = (
  office: Office,
  runId: string,
  id: string,
  query: ArtifactQuery,
  sizeBytes: number,
): Promise<Answer<{ readonly known: boolean }>> =>
  office.store.turn(async ({ db }) => {
    if ((await loadRun(db, runId)) === null) return noRun;
    if ((await loadArtifact(db, runId, id)) !== null) return accept({ known: true });
    if (!(await wasAsked(db, runId, query)))
      return refuse("out-of-turn", `Attempt ${query.attempt} of ${query.stage} was never this run's turn.`, "attempt");
    const total = (await loadArtifactBytes(db, runId)) + sizeBytes;
    return total > WIRE_LIMITS.runArtifactBytes
      ? refuse("too-large", `The artifacts of one run are limited to ${WIRE_LIMITS.runArtifactBytes} bytes.`)
      : accept({ known: false });
  });

/** Takes over an uploaded file. The first upload of a key stays; the file of a repeat is removed. */
export const artifact = async (
  office: Office,
  runId: string,
  query: ArtifactQuery,
  path: string,
  sizeBytes: number,
): Promise<Answer<{ readonly id: string }>> => {
  const id = artifactId(runId, query);
  const admitted = await admit(office, runId, id, query, sizeBytes);
  if (!admitted.ok || admitted.value.known) {
    await discardFile(path);
    return admitted.ok ? accept({ id }) : admitted;
  }
  const kept = await keepFile(office.artifactDir, runId, id, path); // slow, so outside of any turn
  await office.store.turn(async (unit) => {
    if ((await loadArtifact(unit.db, runId, id)) !== null) return; // a second upload of the same key was faster
    const { stage, attempt, name, sha256 } = query;
    saveArtifact(unit, { ...{ id, runId, stage, attempt, name, sha256, sizeBytes }, path: kept, atMs: nowOf(office) });
  });
  return accept({ id });
};
