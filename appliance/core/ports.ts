/**
 * The desks of the box: what its edges (HTTP, command line, dnsmasq's log) may ask. Edges know these and nothing behind them.
 *
 * Each call answers with a value or a refusal; it throws only when the world failed.
 */
import type {
  ArtifactQuery,
  BatchAnswer,
  ClaimAnswer,
  ClaimRequest,
  Command,
  HeartbeatAnswer,
  HeartbeatRequest,
  HelloAnswer,
  HelloRequest,
  HoldAnswer,
  LogBatch,
  ResultAnswer,
  ResultRequest,
  SensorBatch,
} from "../../agent/wire/messages.ts";
import type { Profile, StageState } from "../../agent/wire/names.ts";
import type { BootEvent, BootTimeline, Sighting } from "./boot.ts";
import type { BmcInput } from "./power-place.ts";
import type { BmcView, PowerState, PowerVerb } from "./power-port.ts";
import type {
  BoxView,
  HostView,
  LogView,
  PlanView,
  RejudgedStage,
  RunSummary,
  RunView,
  SpecClassView,
} from "./views.ts";

/** Why a caller was refused. Each code has one HTTP status in `http/problem.ts`. */
export const REFUSAL_CODES = [
  "not-found",
  "invalid",
  "token-invalid",
  "enrol-used",
  "enrol-expired",
  "mac-mismatch",
  "out-of-turn",
  "host-busy",
  "taken",
  "in-use",
  "too-large",
  "key-shown",
  "not-ready",
  "bmc-trouble",
] as const;
/** Why a caller was refused. */
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** A refusal with its place. */
export interface Refusal {
  readonly code: RefusalCode;
  /** What is wrong and what to do, in one or two sentences. */
  readonly detail: string;
  /** Where in the input, in dots, or `line:column` for text. */
  readonly path?: string;
}

/** A value or a refusal. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** What the agent may ask. `bearer` is the enrol code (hello, claim) or the session token (every call). */
export interface AgentDesk {
  hello(runId: string, bearer: string, body: HelloRequest): Promise<Answer<HelloAnswer>>;
  claim(runId: string, bearer: string, body: ClaimRequest): Promise<Answer<ClaimAnswer>>;
  /** Checks a session token before a body is read; every other call but hello and claim is made after it. */
  authorise(runId: string, bearer: string): Promise<Answer<true>>;
  heartbeat(runId: string, body: HeartbeatRequest): Promise<Answer<HeartbeatAnswer>>;
  log(runId: string, body: LogBatch): Promise<Answer<BatchAnswer>>;
  sensor(runId: string, body: SensorBatch): Promise<Answer<BatchAnswer>>;
  /** `path` is a file on the box's state file system that holds the body, already checked against its SHA-256; the desk takes it over. */
  artifact(
    runId: string,
    query: ArtifactQuery,
    path: string,
    sizeBytes: number,
  ): Promise<Answer<{ readonly id: string }>>;
  result(runId: string, body: ResultRequest): Promise<Answer<ResultAnswer>>;
  hold(runId: string, bootId: string): Promise<Answer<HoldAnswer>>;
  /** The command that waits for this run's acknowledgement, now and whenever it changes. */
  commands(runId: string, signal: AbortSignal): AsyncIterable<Command>;
}

/** What a boot script needs to know. */
export type BootDecision =
  | {
      readonly kind: "boot";
      readonly runId: string;
      /** Single use, 128 bits in hex, valid 10 minutes. A new one for every script that is served. */
      readonly enrolCode: string;
    }
  | { readonly kind: "local"; readonly reason: string }
  | { readonly kind: "unknown" };

/** What the boot edges ask and tell. */
export interface BootDesk {
  /** Decides what a MAC that asks for its script boots, and mints its enrol code. */
  decide(mac: string): Promise<BootDecision>;
  /** Records one thing seen; an unknown MAC becomes a sighting. */
  seen(event: BootEvent): Promise<void>;
  /** MACs that dnsmasq answers. */
  knownMacs(): Promise<readonly string[]>;
}

/** Longest note of a repair, in characters as JavaScript and forms count them. */
export const REPAIR_NOTE_CHARS = 500;

/** What a run is started with, as far as it decides what its stages do. */
export interface PlanInput {
  readonly profile: Profile;
  readonly destructive: boolean;
  /** Only these beside Inventory; all that are built when not given. */
  readonly stages?: readonly StageState[] | undefined;
}

/** What an operator may ask. `by` says who and from where, and is recorded. */
export interface OperatorDesk {
  addHost(
    input: { readonly name: string; readonly mac: string; readonly specYaml?: string },
    by: string,
  ): Promise<Answer<HostView>>;
  /** Refused while a run of the host is not over. Its past runs stay. */
  removeHost(hostId: string, by: string): Promise<Answer<true>>;
  /** Sets, or with null removes, the expected spec. Errors name line and column. */
  setSpec(hostId: string, specYaml: string | null, by: string): Promise<Answer<true>>;
  /** Adds a class of specs or replaces its text. Refused when it is wrong, or when it would make another class or a host's spec wrong. */
  setSpecClass(name: string, yaml: string, by: string): Promise<Answer<true>>;
  /** Refused while a host or another class inherits it. */
  removeSpecClass(name: string, by: string): Promise<Answer<true>>;
  startRun(
    hostId: string,
    input: PlanInput & {
      /** What was repaired before: free text, made safe and bounded by the desk. */
      readonly repaired?: string | null;
    },
    by: string,
  ): Promise<Answer<RunSummary>>;
  cancelRun(runId: string, by: string): Promise<Answer<RunSummary>>;
  releaseRun(runId: string, by: string): Promise<Answer<RunSummary>>;
  retryRun(runId: string, by: string): Promise<Answer<RunSummary>>;
  /** Allows the wipe that the wipe probe refused, for exactly the disks that it found data on, for the next attempt and ten minutes (D3). */
  overrideWipe(runId: string, serials: readonly string[], by: string): Promise<Answer<RunSummary>>;
  /** Notes that somebody lets the wipe be allowed at the panel, and answers with the disks; refused where there is nothing to allow. It allows nothing. */
  armWipe(runId: string, by: string): Promise<Answer<readonly string[]>>;
  /** Sets a host's BMC with its password, which nobody can read again. What was known of the one before, its certificate too, is forgotten. */
  setBmc(hostId: string, input: BmcInput, by: string): Promise<Answer<BmcView>>;
  removeBmc(hostId: string, by: string): Promise<Answer<true>>;
  /** Asks a host's BMC. What cuts the power is refused while a run of the host is not over, unless `force`. */
  power(
    hostId: string,
    input: { readonly verb: PowerVerb; readonly force: boolean },
    by: string,
  ): Promise<Answer<PowerReply>>;
  /** The hold's private key in OpenSSH form. Answered once; the box then forgets it. */
  revealHoldKey(
    runId: string,
    by: string,
  ): Promise<Answer<{ readonly privateKey: string; readonly login: string | null }>>;
}

/** What became of an operator's power verb. */
export interface PowerReply {
  readonly verb: PowerVerb;
  /** What the BMC said; null for a verb that changes something, as it has only begun. */
  readonly state: PowerState | null;
}

/** What surfaces read. Hosts are found by id, name or MAC; runs by id or its unique beginning. */
export interface ReadModel {
  box(): Promise<BoxView>;
  hosts(): Promise<readonly HostView[]>;
  host(ref: string): Promise<HostView | null>;
  hostRuns(hostId: string): Promise<readonly RunSummary[]>;
  spec(hostId: string): Promise<string | null>;
  specClasses(): Promise<readonly SpecClassView[]>;
  /** The text of a class. */
  specClass(name: string): Promise<string | null>;
  /** A spec written from the host's newest good inventory, with or without serials; null while there is none. */
  learnedSpec(hostId: string, serials: boolean): Promise<string | null>;
  /** What a run of the host would do, told before anything is switched on; null without such a host. */
  plan(hostId: string, input: PlanInput): Promise<PlanView | null>;
  timeline(hostId: string): Promise<BootTimeline>;
  runs(limit: number): Promise<readonly RunSummary[]>;
  run(ref: string): Promise<RunView | null>;
  /** Lines after `afterId`, oldest first. With a negative `afterId`, the last `limit` lines. */
  logs(
    runId: string,
    options: { readonly afterId: number; readonly limit: number; readonly stage?: StageState },
  ): Promise<readonly LogView[]>;
  /** The run's newest results under today's limits. It changes nothing. */
  rejudge(runId: string): Promise<readonly RejudgedStage[]>;
  /** A result's facts as they were posted. */
  facts(runId: string, stage: StageState): Promise<unknown>;
  /** The file of an artifact. */
  artifactPath(runId: string, artifactId: string): Promise<string | null>;
  /** The rendered report file; null until the run has one. */
  reportPath(runId: string, form: "html" | "json"): Promise<string | null>;
  sightings(): Promise<readonly Sighting[]>;
  /** Committed changes after `afterSeq`, as they come. A gap that is too old yields one `reset`. */
  changes(afterSeq: number | null, signal: AbortSignal): AsyncIterable<Change>;
}

/** One committed change: enough to know what to fetch anew. */
export interface Change {
  /**
   * Grows by one with each committed change, within one process of the box and across its restarts. A change of what is in memory only (an
   * agent's progress) repeats the last number, so that nobody who resumes misses a committed one.
   */
  readonly seq: number;
  readonly kind: "run" | "log" | "host" | "sighting" | "box" | "reset";
  readonly hostId: string | null;
  readonly runId: string | null;
}
