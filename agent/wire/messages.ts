/**
 * Every message between agent and box as a schema, with its type. Protocol: `POST /api/v1/runs/{id}/<name>` with a bearer token, JSON both ways,
 * except the artifact, whose body is the file itself.
 */
import * as v from "valibot";
import { bootId, count, epochMs, fileName, macAddress, text } from "./fields.ts";
import { PROTOCOL_VERSION, WIRE_LIMITS } from "./limits.ts";
import { COMMANDS, LOG_LEVELS, RUN_STATES, STAGE_STATES } from "./names.ts";
import { Grant } from "./order.ts";
import { Watch } from "./watch.ts";

const stage = v.picklist(STAGE_STATES);
const attempt = v.pipe(count, v.minValue(1));

/** What the agent does next, as an answer of the box. It is a function of the run's record. */
export const Turn = v.variant("do", [
  /** Run this stage. `limitMs` is when the box stops waiting for its result; `order` has the shape that the stage's `spec.ts` gives it. */
  v.object({ do: v.literal("run"), stage, attempt, limitMs: count, order: v.unknown(), grant: v.optional(Grant) }),
  /** A person decides: fetch the hold key, keep the heartbeat going. */
  v.object({ do: v.literal("hold") }),
  /** Nothing yet: keep the heartbeat going. */
  v.object({ do: v.literal("wait") }),
  /** The run is over: power off. */
  v.object({ do: v.literal("off") }),
]);
/** What the agent does next. */
export type Turn = v.InferOutput<typeof Turn>;

/** A command of the box, repeated until an acknowledgement names its id. Ids grow within a run; `continue` has id 0 and needs none. */
export const Command = v.object({
  id: count,
  cmd: v.picklist(COMMANDS),
  /** With `retry_stage`: which one. What it is to do stands in the turn of the next heartbeat, which the agent sends at once. */
  stage: v.optional(stage),
  attempt: v.optional(attempt),
  /** With `retry_stage` of Storage: the override that an operator gave. */
  overrideId: v.optional(text(64)),
});
/** A command of the box. */
export type Command = v.InferOutput<typeof Command>;

/** "I booted; here is my address." Authorised by the enrol code or, after a restart of the agent, by the session token. */
export const HelloRequest = v.object({
  protocol: v.literal(PROTOCOL_VERSION),
  bootId,
  agentVersion: text(64),
  /** The interface that booted. */
  mac: macAddress,
  /** IPv4 or IPv6 address of that interface. */
  address: v.optional(text(64)),
  /** Since the kernel started. */
  uptimeMs: count,
  /** The host's own clock, which may be wrong by years. */
  clockMs: epochMs,
  memTotalBytes: v.optional(count),
  /** `/proc/cpuinfo` model name, so that a slow or old server is recognised before Inventory. */
  cpuModel: v.optional(text(256)),
});
/** Body of hello. */
export type HelloRequest = v.InferOutput<typeof HelloRequest>;

/** Answer to hello. */
export const HelloAnswer = v.object({
  protocol: v.literal(PROTOCOL_VERSION),
  serverTimeMs: epochMs,
  heartbeatMs: count,
});
/** Answer to hello. */
export type HelloAnswer = v.InferOutput<typeof HelloAnswer>;

/** Swaps the single-use enrol code for a session token. The same `claimKey` again gets the same answer: a lost answer harms nothing. */
export const ClaimRequest = v.object({
  protocol: v.literal(PROTOCOL_VERSION),
  bootId,
  mac: macAddress,
  /** 128 random bits in hex that the agent keeps for this boot. */
  claimKey: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, "must be 32 hex digits")),
  /** SMBIOS system UUID, lower case, when the firmware has one. */
  smbiosUuid: v.optional(text(64)),
  /** Counts the agent's processes in this boot, from 1: a second one means that the first one died. */
  agentStart: v.pipe(count, v.minValue(1)),
});
/** Body of claim. */
export type ClaimRequest = v.InferOutput<typeof ClaimRequest>;

/** Answer to claim. */
export const ClaimAnswer = v.object({
  /** 256 random bits in hex; the agent keeps it in RAM-backed storage only. */
  sessionToken: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** Stages of this run that are the agent's, in order. */
  stages: v.array(stage),
  state: v.picklist(RUN_STATES),
  turn: Turn,
});
/** Answer to claim. */
export type ClaimAnswer = v.InferOutput<typeof ClaimAnswer>;

/** Alive. `acks` name the commands that were carried out. */
export const HeartbeatRequest = v.object({
  bootId,
  /** The stage that is running now, if any. */
  stage: v.optional(stage),
  attempt: v.optional(attempt),
  /** 0 to 1 within the stage. */
  progress: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  /** One line about what is being done. */
  note: v.optional(text(200)),
  acks: v.pipe(v.array(count), v.maxLength(16)),
});
/** Body of heartbeat. */
export type HeartbeatRequest = v.InferOutput<typeof HeartbeatRequest>;

/** Answer to heartbeat. */
export const HeartbeatAnswer = v.object({
  command: Command,
  nextHeartbeatMs: count,
  state: v.picklist(RUN_STATES),
  turn: Turn,
});
/** Answer to heartbeat. */
export type HeartbeatAnswer = v.InferOutput<typeof HeartbeatAnswer>;

/** One log line. `seq` counts from 1 within a boot session. */
export const LogEntry = v.object({
  seq: v.pipe(count, v.minValue(1)),
  atMs: epochMs,
  /** The stage in which it was written; absent before the first and after the last. */
  stage: v.optional(stage),
  level: v.picklist(LOG_LEVELS),
  text: text(WIRE_LIMITS.logTextChars),
  /** Lines lost before this one because the ring was full: the visible gap. */
  lostBefore: v.optional(count),
});
/** One log line. */
export type LogEntry = v.InferOutput<typeof LogEntry>;

/** A batch of log lines. */
export const LogBatch = v.object({
  bootId,
  entries: v.pipe(v.array(LogEntry), v.minLength(1), v.maxLength(WIRE_LIMITS.batchEntries)),
});
/** A batch of log lines. */
export type LogBatch = v.InferOutput<typeof LogBatch>;

/** One moment's measurements. A series' name ends in its unit: `coretemp/package0/tempC`. A sensor that died is simply not there. */
export const Sample = v.object({
  seq: v.pipe(count, v.minValue(1)),
  atMs: epochMs,
  stage: v.optional(stage),
  readings: v.pipe(
    v.record(text(120), v.pipe(v.number(), v.finite())),
    v.check((r) => Object.keys(r).length <= WIRE_LIMITS.seriesPerSample, "too many series"),
  ),
  lostBefore: v.optional(count),
});
/** One moment's measurements. */
export type Sample = v.InferOutput<typeof Sample>;

/** A batch of samples. */
export const SensorBatch = v.object({
  bootId,
  samples: v.pipe(v.array(Sample), v.minLength(1), v.maxLength(WIRE_LIMITS.batchEntries)),
});
/** A batch of samples. */
export type SensorBatch = v.InferOutput<typeof SensorBatch>;

/** Answer to a batch: everything up to `ackedSeq` is stored. */
export const BatchAnswer = v.object({ ackedSeq: count });
/** Answer to a batch. */
export type BatchAnswer = v.InferOutput<typeof BatchAnswer>;

/** A stage's facts. Keyed by run, stage and attempt: sent again it gets the same answer and changes nothing. */
export const ResultRequest = v.object({
  bootId,
  stage,
  attempt,
  /** `measured`: facts are there. `cancelled`: killed on command. `error`: the stage itself could not run. */
  outcome: v.picklist(["measured", "cancelled", "error"]),
  startedMs: epochMs,
  durationMs: count,
  /** The stage's own facts; their schema stands in the stage's `spec.ts`. Absent unless measured. */
  facts: v.optional(v.unknown()),
  /** What was counted before and after the stage, whatever its outcome (S11). */
  watch: v.optional(Watch),
  /** With `error`: what happened. */
  reason: v.optional(text(2000)),
});
/** A stage's result. */
export type ResultRequest = v.InferOutput<typeof ResultRequest>;

/** Answer to a result: where the run stands now, and what the agent does next. */
export const ResultAnswer = v.object({ next_state: v.picklist(RUN_STATES), turn: Turn });
/** Answer to a result. */
export type ResultAnswer = v.InferOutput<typeof ResultAnswer>;

/** Query of an artifact upload; the body is the file. Keyed by run, stage, attempt and name. */
export const ArtifactQuery = v.object({
  bootId,
  stage,
  attempt: v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,5}$/), v.transform(Number)),
  name: fileName,
  /** Of the body, in hex. What does not match is refused and sent again. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
/** Query of an artifact upload, decoded. */
export type ArtifactQuery = v.InferOutput<typeof ArtifactQuery>;

/** Answer to an artifact: its id on the box. */
export const ArtifactAnswer = v.object({ id: text(64) });
/** Answer to an artifact. */
export type ArtifactAnswer = v.InferOutput<typeof ArtifactAnswer>;

/** "I am held: whose key may log in?" */
export const HoldRequest = v.object({ bootId });
/** Body of hold. */
export type HoldRequest = v.InferOutput<typeof HoldRequest>;

/** One OpenSSH public key for root. It is valid for this run's hold alone. */
export const HoldAnswer = v.object({
  authorizedKey: v.pipe(v.string(), v.regex(/^ssh-ed25519 [A-Za-z0-9+/]+={0,2}( [\x21-\x7e]{1,100})?$/)),
});
/** Answer to hold. */
export type HoldAnswer = v.InferOutput<typeof HoldAnswer>;

/** An error of the box: RFC 9457 problem details. */
export const Problem = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.optional(v.string()),
  /** Stable code for programs: `enrol-used`, `token-invalid` … */
  code: v.optional(v.string()),
  /** Where in the body, in dots: `entries.3.text`. */
  path: v.optional(v.string()),
});
/** An error of the box. */
export type Problem = v.InferOutput<typeof Problem>;
