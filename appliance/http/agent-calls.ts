/** The agent's calls with a JSON body: schema, size limit, and what the desk is asked. One line each. */
import type * as v from "valibot";
import { WIRE_LIMITS } from "../../agent/wire/limits.ts";
import {
  ClaimRequest,
  HeartbeatRequest,
  HelloRequest,
  HoldRequest,
  LogBatch,
  ResultRequest,
  SensorBatch,
} from "../../agent/wire/messages.ts";
import type { AgentCall } from "../../agent/wire/routes.ts";
import type { AgentDesk, Answer } from "../core/ports.ts";
import { type Read, readJson } from "./body.ts";

/** A call that was read: the desk's answer, or the answer that refuses its body. */
export type Called = Read<Answer<unknown>>;

/** Hello and claim are read before their token is judged, so they are small: 13 short fields. */
const ENROL_BYTES = 16 * 1024;

/** Reads the body and asks the desk. */
type JsonCall = (agents: AgentDesk, runId: string, bearer: string, request: Request) => Promise<Called>;

const jsonCall =
  <const Schema extends v.GenericSchema>(
    schema: Schema,
    limitBytes: number,
    ask: (agents: AgentDesk, runId: string, body: v.InferOutput<Schema>, bearer: string) => Promise<Answer<unknown>>,
  ): JsonCall =>
  async (agents, runId, bearer, request) => {
    const body = await readJson(request, schema, limitBytes);
    return body.ok ? { ok: true, value: await ask(agents, runId, body.value, bearer) } : body;
  };

/** Calls that may carry the enrol code; the desk itself judges what they carry. */
export const ENROL_CALLS: Record<Extract<AgentCall, "hello" | "claim">, JsonCall> = {
  hello: jsonCall(HelloRequest, ENROL_BYTES, (agents, runId, body, bearer) => agents.hello(runId, bearer, body)),
  claim: jsonCall(ClaimRequest, ENROL_BYTES, (agents, runId, body, bearer) => agents.claim(runId, bearer, body)),
};

/** Calls that carry the session token, which is judged before they are read. */
export const SESSION_CALLS: Record<Exclude<AgentCall, "hello" | "claim" | "artifact" | "commands">, JsonCall> = {
  heartbeat: jsonCall(HeartbeatRequest, WIRE_LIMITS.jsonBytes, (agents, runId, body) => agents.heartbeat(runId, body)),
  log: jsonCall(LogBatch, WIRE_LIMITS.jsonBytes, (agents, runId, body) => agents.log(runId, body)),
  sensor: jsonCall(SensorBatch, WIRE_LIMITS.jsonBytes, (agents, runId, body) => agents.sensor(runId, body)),
  result: jsonCall(ResultRequest, WIRE_LIMITS.resultBytes, (agents, runId, body) => agents.result(runId, body)),
  hold: jsonCall(HoldRequest, WIRE_LIMITS.jsonBytes, (agents, runId, body) => agents.hold(runId, body.bootId)),
};
