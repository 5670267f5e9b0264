/**
 * The tables: what hosts, runs and their findings are. What is currently true (sockets, processes, presence) is in memory only.
 *
 * A changed table needs a new generated migration (`drizzle.config.ts`); an applied one is never edited.
 */
import { sql } from "drizzle-orm";
import { blob, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Check } from "../../agent/wire/check.ts";
import type { Command, ResultAnswer, ResultRequest } from "../../agent/wire/messages.ts";
import type { LogLevel, Profile, RunState, Severity, StageState } from "../../agent/wire/names.ts";
import type { Watch } from "../../agent/wire/watch.ts";
import type { BootStep } from "../core/boot.ts";
import type { Orders } from "../core/orders.ts";
import type { Change } from "../core/ports.ts";
import type { StageMarks } from "../core/record.ts";
import type { AttemptReason, Failure } from "../core/run.ts";
import type { EffectKind } from "../core/step.ts";
import { hosts } from "./schema-hosts.ts";

/** Runs: the fields of `core/run.ts`, and what is kept beside them. */
export const runs = sqliteTable(
  "runs",
  {
    id: text().primaryKey(),
    hostId: text("host_id")
      .notNull()
      .references(() => hosts.id),
    state: text().$type<RunState>().notNull(),
    rev: integer().notNull(),
    profile: text().$type<Profile>().notNull(),
    plan: text({ mode: "json" }).$type<readonly StageState[]>().notNull(),
    destructive: integer({ mode: "boolean" }).notNull(),
    attempt: integer().notNull(),
    restarts: integer().notNull().default(0),
    orders: text({ mode: "json" }).$type<Orders>().notNull().default({}),
    attemptReason: text("attempt_reason").$type<AttemptReason>().notNull(),
    bootId: text("boot_id"),
    agentStart: integer("agent_start").notNull(),
    failure: text({ mode: "json" }).$type<Failure>(),
    command: text({ mode: "json" }).$type<Command>(),
    createdMs: integer("created_ms").notNull(),
    enteredMs: integer("entered_ms").notNull(),
    deadlineMs: integer("deadline_ms"),
    lastSeenMs: integer("last_seen_ms"),
    endedMs: integer("ended_ms"),
    enteredSeq: integer("entered_seq").notNull(),
    /** How each stage stands by its last counted result: all that a verdict needs. */
    marks: text({ mode: "json" }).$type<StageMarks>().notNull(),
    imageId: text("image_id"),
    /** Address that its agent told last. */
    address: text(),
    /** What was repaired before it, in the operator's words. */
    repaired: text(),
  },
  (t) => [
    // The last line of defence: whatever the code does, a host has one run that is not over.
    uniqueIndex("run_active").on(t.hostId).where(sql`ended_ms is null`),
    index("run_created").on(t.createdMs),
    index("run_host").on(t.hostId, t.createdMs),
  ],
);

/** Enrol codes by their SHA-256. A used one remembers who used it, so that a repeated claim is told from a stolen code. */
export const enrolments = sqliteTable(
  "enrolments",
  {
    codeHash: text("code_hash").primaryKey(),
    runId: text("run_id").notNull(),
    mac: text().notNull(),
    createdMs: integer("created_ms").notNull(),
    expiresMs: integer("expires_ms").notNull(),
    usedMs: integer("used_ms"),
    claimKeyHash: text("claim_key_hash"),
    bootId: text("boot_id"),
  },
  (t) => [index("enrolment_run").on(t.runId)],
);

/** Agent sessions by the SHA-256 of their token. */
export const sessions = sqliteTable(
  "sessions",
  {
    tokenHash: text("token_hash").primaryKey(),
    runId: text("run_id").notNull(),
    bootId: text("boot_id").notNull(),
    createdMs: integer("created_ms").notNull(),
    revokedMs: integer("revoked_ms"),
  },
  (t) => [index("session_run").on(t.runId)],
);

/** Attempts of stages: a row when one begins. */
export const attempts = sqliteTable(
  "attempts",
  {
    runId: text("run_id").notNull(),
    stage: text().$type<StageState>().notNull(),
    attempt: integer().notNull(),
    reason: text().$type<AttemptReason>().notNull(),
    startedMs: integer("started_ms").notNull(),
    endedMs: integer("ended_ms"),
  },
  (t) => [primaryKey({ columns: [t.runId, t.stage, t.attempt] })],
);

/** Results, one for each attempt, with the answer that was given, so that a repeat is answered alike while the run stands there. */
export const results = sqliteTable(
  "results",
  {
    runId: text("run_id").notNull(),
    stage: text().$type<StageState>().notNull(),
    attempt: integer().notNull(),
    bootId: text("boot_id").notNull(),
    outcome: text().$type<ResultRequest["outcome"]>().notNull(),
    reason: text(),
    startedMs: integer("started_ms").notNull(),
    durationMs: integer("duration_ms").notNull(),
    receivedMs: integer("received_ms").notNull(),
    facts: text({ mode: "json" }).$type<unknown>(),
    /** What was counted around it: the kernel's log, PCIe, memory, events, links (S11). */
    watch: text({ mode: "json" }).$type<Watch>(),
    checks: text({ mode: "json" }).$type<readonly Check[]>().notNull(),
    summary: text(),
    /** Whether it moved the run. One that came late or after the end is kept, and moves nothing. */
    counted: integer({ mode: "boolean" }).notNull(),
    answer: text({ mode: "json" }).$type<ResultAnswer>().notNull(),
    /** Revision of the run for which the answer was given. */
    rev: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.stage, t.attempt] })],
);

/** Differences from the expected spec, by the attempt of Inventory that found them. */
export const differences = sqliteTable(
  "differences",
  {
    runId: text("run_id").notNull(),
    attempt: integer().notNull(),
    position: integer().notNull(),
    severity: text().$type<Severity>().notNull(),
    code: text().notNull(),
    component: text().notNull(),
    expected: text().notNull(),
    found: text().notNull(),
    message: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.attempt, t.position] })],
);

/** The history of every run. */
export const transitions = sqliteTable(
  "transitions",
  {
    runId: text("run_id").notNull(),
    rev: integer().notNull(),
    from: text().$type<RunState>().notNull(),
    event: text().notNull(),
    to: text().$type<RunState>().notNull(),
    atMs: integer("at_ms").notNull(),
    by: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.rev] })],
);

/** Log lines. `id` grows with arrival; (run, boot, seq) is the agent's own numbering. */
export const logs = sqliteTable(
  "logs",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    runId: text("run_id").notNull(),
    bootId: text("boot_id").notNull(),
    seq: integer().notNull(),
    atMs: integer("at_ms").notNull(),
    stage: text().$type<StageState>(),
    level: text().$type<LogLevel>().notNull(),
    text: text().notNull(),
    lostBefore: integer("lost_before").notNull(),
  },
  (t) => [uniqueIndex("log_line").on(t.runId, t.bootId, t.seq)],
);

/** Names of series that are sampled together, once for all chunks that share them. */
export const seriesSets = sqliteTable("series_sets", {
  /** SHA-256 of the names. */
  id: text().primaryKey(),
  names: text({ mode: "json" }).$type<readonly string[]>().notNull(),
});

/** Measurements, packed: one row for each run, series set and minute (`core/sample-chunk.ts`). */
export const sampleChunks = sqliteTable(
  "sample_chunks",
  {
    id: integer().primaryKey(),
    runId: text("run_id").notNull(),
    bootId: text("boot_id").notNull(),
    seriesSet: text("series_set").notNull(),
    stage: text().$type<StageState>(),
    startMs: integer("start_ms").notNull(),
    firstSeq: integer("first_seq").notNull(),
    lastSeq: integer("last_seq").notNull(),
    lost: integer().notNull(),
    values: blob({ mode: "buffer" }).notNull(),
  },
  (t) => [index("chunk_run").on(t.runId, t.bootId, t.startMs)],
);

/** Aggregates of each series of a run; never deleted. */
export const seriesStats = sqliteTable(
  "series_stats",
  {
    runId: text("run_id").notNull(),
    series: text().notNull(),
    count: integer().notNull(),
    min: real().notNull(),
    sum: real().notNull(),
    max: real().notNull(),
    last: real().notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.series] })],
);

/** Files of runs. `path` is relative to the directory of the artifacts. */
export const artifacts = sqliteTable(
  "artifacts",
  {
    id: text().primaryKey(),
    runId: text("run_id").notNull(),
    stage: text().$type<StageState>().notNull(),
    attempt: integer().notNull(),
    name: text().notNull(),
    sizeBytes: integer("size_bytes").notNull(),
    sha256: text().notNull(),
    path: text().notNull(),
    atMs: integer("at_ms").notNull(),
  },
  (t) => [uniqueIndex("artifact_key").on(t.runId, t.stage, t.attempt, t.name)],
);

/** Rendered reports: where their files are. */
export const reports = sqliteTable("reports", {
  runId: text("run_id").primaryKey(),
  htmlPath: text("html_path").notNull(),
  jsonPath: text("json_path").notNull(),
});

/** What was seen of hosts' boots. */
export const bootEvents = sqliteTable(
  "boot_events",
  {
    id: integer().primaryKey(),
    mac: text().notNull(),
    runId: text("run_id"),
    step: text().$type<BootStep>().notNull(),
    atMs: integer("at_ms").notNull(),
    detail: text().notNull(),
    complete: integer({ mode: "boolean" }).notNull(),
  },
  (t) => [index("boot_event_mac").on(t.mac, t.atMs), index("boot_event_run").on(t.runId)],
);

/** Servers that asked to boot and are not registered. */
export const sightings = sqliteTable("sightings", {
  mac: text().primaryKey(),
  firstSeenMs: integer("first_seen_ms").notNull(),
  lastSeenMs: integer("last_seen_ms").notNull(),
  count: integer().notNull(),
  detail: text().notNull(),
});

/** Hold keys: one live one for each held run. The private half is gone once it was shown or revoked. */
export const holds = sqliteTable("holds", {
  runId: text("run_id").primaryKey(),
  publicKey: text("public_key").notNull(),
  fingerprint: text().notNull(),
  privateKey: text("private_key"),
  keyShown: integer("key_shown", { mode: "boolean" }).notNull(),
  installed: integer({ mode: "boolean" }).notNull(),
  issuedMs: integer("issued_ms").notNull(),
  revokedMs: integer("revoked_ms"),
});

/** Leaves to wipe what the wipe probe found: each for one attempt of one run, for the disks named, for a while (D3). Never deleted. */
export const overrides = sqliteTable(
  "overrides",
  {
    id: text().primaryKey(),
    runId: text("run_id").notNull(),
    /** The attempt of Storage that it is for. */
    attempt: integer().notNull(),
    serials: text({ mode: "json" }).$type<readonly string[]>().notNull(),
    by: text().notNull(),
    createdMs: integer("created_ms").notNull(),
    expiresMs: integer("expires_ms").notNull(),
    /** When the result of its attempt came. */
    usedMs: integer("used_ms"),
  },
  (t) => [uniqueIndex("override_attempt").on(t.runId, t.attempt)],
);

/** Effects that wait to be carried out. A row goes when its effect has succeeded or has lost its reason. */
export const outbox = sqliteTable("outbox", {
  id: integer().primaryKey({ autoIncrement: true }),
  runId: text("run_id").notNull(),
  kind: text().$type<EffectKind>().notNull(),
  createdMs: integer("created_ms").notNull(),
});

/** The newest committed changes, for readers that come back after a lost connection. Older ones are pruned. */
export const changes = sqliteTable("changes", {
  seq: integer().primaryKey(),
  kind: text().$type<Change["kind"]>().notNull(),
  hostId: text("host_id"),
  runId: text("run_id"),
});

/** Who did what, when and from where. Append only. */
export const audit = sqliteTable(
  "audit",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    atMs: integer("at_ms").notNull(),
    by: text().notNull(),
    what: text().notNull(),
    hostId: text("host_id"),
    runId: text("run_id"),
    detail: text().notNull(),
  },
  (t) => [index("audit_run").on(t.runId)],
);
