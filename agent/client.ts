/**
 * The wire as calls: one request, one typed reply. Retrying is the caller's, because each caller waits differently.
 *
 * A reply is an answer that was decoded, a refusal that the box spelled out (RFC 9457), or `later` for everything else: no network, a box that
 * is starting, an answer that makes no sense.
 */
import * as v from "valibot";
import { type StreamedCommand, streamCommands } from "./command-stream.ts";
import type { Fetch, FetchInit } from "./pinned-fetch.ts";
import { Fault } from "./system/fault.ts";
import type { System } from "./system/system.ts";
import {
  ArtifactAnswer,
  type ArtifactQuery,
  BatchAnswer,
  ClaimAnswer,
  type ClaimRequest,
  HeartbeatAnswer,
  type HeartbeatRequest,
  HelloAnswer,
  type HelloRequest,
  HoldAnswer,
  type HoldRequest,
  type LogBatch,
  Problem,
  ResultAnswer,
  type ResultRequest,
  type SensorBatch,
} from "./wire/messages.ts";
import { type AgentCall, agentPath } from "./wire/routes.ts";

/** What the box refused, in its own words. */
export interface Refused {
  readonly kind: "refused";
  readonly status: number;
  /** Stable code for programs; empty when the box named none. */
  readonly code: string;
  readonly detail: string;
}

/** What became of one request. */
export type Reply<T> =
  | { readonly kind: "answer"; readonly value: T }
  | Refused
  /** Try again; `reason` is for the log. `away` is false when a box was there and could not do it. */
  | { readonly kind: "later"; readonly reason: string; readonly away: boolean };

/** Codes with which the box says that this very message can never be accepted. All other refusals are about us or the moment. */
const UNACCEPTABLE = new Set([
  "invalid",
  "bad-json",
  "bad-text",
  "content-type",
  "content-encoded",
  "too-large",
  "out-of-turn",
  "taken",
  "method",
  "no-route",
]);
/** The same for a problem without a code. */
const UNACCEPTABLE_STATUS = new Set([400, 405, 413, 415, 422]);
/** Refusals that time alone heals: an upload that was cut or damaged on its way, too many of them at once. */
const PASSING = new Set(["digest-mismatch", "interrupted", "rate-limited", "not-ready"]);
const PASSING_STATUS = new Set([408, 425, 429]);

/** Whether sending this message again is pointless, whoever sends it. */
export const isUnacceptable = (refused: Refused): boolean =>
  refused.code === "" ? UNACCEPTABLE_STATUS.has(refused.status) : UNACCEPTABLE.has(refused.code);

/** An artifact's query as it is before it is written into the address. */
export type ArtifactKey = v.InferOutput<typeof ArtifactQuery>;

/** The calls of one run, each with the bearer that it is made with. */
export interface Client {
  hello(bearer: string, body: HelloRequest, signal: AbortSignal): Promise<Reply<HelloAnswer>>;
  claim(bearer: string, body: ClaimRequest, signal: AbortSignal): Promise<Reply<ClaimAnswer>>;
  heartbeat(bearer: string, body: HeartbeatRequest, signal: AbortSignal): Promise<Reply<HeartbeatAnswer>>;
  log(bearer: string, body: LogBatch, signal: AbortSignal): Promise<Reply<BatchAnswer>>;
  sensor(bearer: string, body: SensorBatch, signal: AbortSignal): Promise<Reply<BatchAnswer>>;
  result(bearer: string, body: ResultRequest, signal: AbortSignal): Promise<Reply<ResultAnswer>>;
  hold(bearer: string, body: HoldRequest, signal: AbortSignal): Promise<Reply<HoldAnswer>>;
  artifact(
    bearer: string,
    key: ArtifactKey,
    body: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Reply<ArtifactAnswer>>;
  /** Commands as the box sends them, until the stream ends, fails, or is silent for too long. Throws `network` or `bad-answer`. */
  commands(bearer: string, lastEventId: string | null, signal: AbortSignal): AsyncGenerator<StreamedCommand>;
}

/** How long one call may take, and what a slow link adds for a large body (100 kB/s). */
const CALL_MS = 15_000;
const BYTES_PER_MS = 100;

const tryJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 300);

/** Reads a reply. Pure. */
export const decodeReply = <T>(status: number, text: string, schema: v.GenericSchema<unknown, T>): Reply<T> => {
  const body = tryJson(text);
  if (status >= 200 && status < 300) {
    const parsed = v.safeParse(schema, body);
    if (parsed.success) return { kind: "answer", value: parsed.output };
    return {
      kind: "later",
      reason: `answer ${status} not understood: ${v.flatten(parsed.issues).root?.[0] ?? "wrong fields"}`,
      away: false,
    };
  }
  const problem = v.safeParse(Problem, body);
  if (!problem.success) return { kind: "later", reason: `answer ${status} without a problem`, away: true };
  const { code = "", title, detail = title } = problem.output;
  const passing = status >= 500 || PASSING.has(code) || (code === "" && PASSING_STATUS.has(status));
  if (passing || status < 400) return { kind: "later", reason: `${status} ${code || title}`, away: false };
  return { kind: "refused", status, code, detail };
};

/** A signal that fires with the given one or after `ms`; `done` ends the waiting. */
const limited = (system: System, ms: number, signal: AbortSignal) => {
  const late = new AbortController();
  const answered = new AbortController();
  void system.clock.sleep(ms, answered.signal).then(() => {
    if (!answered.signal.aborted) late.abort(new Fault("network", { reason: "no answer in time" }));
  });
  return { signal: AbortSignal.any([signal, late.signal]), done: () => answered.abort() };
};

/** Makes the calls of one run over a fetch. */
export const openClient = (origin: string, runId: string, system: System, fetch: Fetch): Client => {
  const call = async <T>(
    name: AgentCall,
    schema: v.GenericSchema<unknown, T>,
    bearer: string,
    body: string | Uint8Array<ArrayBuffer>,
    outer: AbortSignal,
    search = "",
  ): Promise<Reply<T>> => {
    const limit = limited(system, CALL_MS + body.length / BYTES_PER_MS, outer);
    const type = typeof body === "string" ? "application/json" : "application/octet-stream";
    const init: FetchInit = {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": type },
      body,
      signal: limit.signal,
    };
    try {
      const response = await fetch(`${origin}${agentPath(runId, name)}${search}`, init);
      return decodeReply(response.status, await response.text(), schema);
    } catch (error) {
      return { kind: "later", reason: reasonOf(error), away: true };
    } finally {
      limit.done();
    }
  };
  const json =
    <Body, T>(name: AgentCall, schema: v.GenericSchema<unknown, T>) =>
    (bearer: string, body: Body, signal: AbortSignal): Promise<Reply<T>> =>
      call(name, schema, bearer, JSON.stringify(body), signal);
  return {
    hello: json("hello", HelloAnswer),
    claim: json("claim", ClaimAnswer),
    heartbeat: json("heartbeat", HeartbeatAnswer),
    log: json("log", BatchAnswer),
    sensor: json("sensor", BatchAnswer),
    result: json("result", ResultAnswer),
    hold: json("hold", HoldAnswer),
    artifact: (bearer, key, body, signal) => {
      const search = new URLSearchParams({ ...key, attempt: String(key.attempt) });
      return call("artifact", ArtifactAnswer, bearer, body, signal, `?${search}`);
    },
    commands: (bearer, lastEventId, signal) =>
      streamCommands({ url: `${origin}${agentPath(runId, "commands")}`, bearer, lastEventId, signal, system, fetch }),
  };
};
