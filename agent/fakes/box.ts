/**
 * A box for tests, behind the agent's fetch: it holds what it was sent, answers as the script says, and keeps a list of everything that the
 * script did not plan.
 */
import * as v from "valibot";
import type { Fetch, FetchInit } from "../pinned-fetch.ts";
import {
  ArtifactQuery,
  ClaimRequest,
  type Command,
  HeartbeatRequest,
  HelloRequest,
  HoldRequest,
  LogBatch,
  type LogEntry,
  ResultRequest,
  type Sample,
  SensorBatch,
  type Turn,
} from "../wire/messages.ts";
import type { AgentCall } from "../wire/routes.ts";

/** What the network does to one request. */
export type Fate = "deliver" | "lose request" | "lose answer" | "double";
/** A request as the box saw it. */
export interface Seen {
  readonly call: AgentCall;
  readonly bearer: string;
  readonly body: unknown;
}
/** A refusal that the script gives instead of an answer. */
export interface FakeRefusal {
  readonly status: number;
  readonly code: string;
}

/** Codes and tokens that the fake knows. */
export const FAKE = {
  url: "https://box.test:8443",
  runId: "run-1",
  enrolCode: "e".repeat(32),
  token: "7".repeat(64),
  mac: "52:54:00:00:00:01",
  bootId: "00000000-1111-2222-3333-444444444444",
  pin: "0".repeat(64),
  holdKey: `ssh-ed25519 ${"A".repeat(68)} vetbox-run-1`,
} as const;

/** The box's side of a test. */
export interface FakeBox {
  readonly fetch: Fetch;
  /** What every answer says. */
  turn: Turn;
  /** What heartbeats say until it is acknowledged. */
  command: Command | null;
  /** The turn after a result, by `stage attempt`. A result that is not here is unplanned. */
  readonly afterResult: Map<string, Turn>;
  /** Whether requests reach the box at all. */
  isAway: boolean;
  /** Decides about each request. */
  fate: (seen: Seen) => Fate;
  /** Instead of the answer. */
  refuse: (seen: Seen) => FakeRefusal | null;
  /** Everything that reached the box, in order. */
  readonly seen: Seen[];
  readonly logs: Map<number, LogEntry>;
  readonly samples: Map<number, Sample>;
  readonly results: Map<string, ResultRequest>;
  readonly artifacts: Map<string, string>;
  /** What was not planned. Empty at the end of a good test. */
  readonly surprises: string[];
  count(call: AgentCall): number;
  /** Sends over the command streams that are open. */
  send(command: Command, eventId?: number): void;
  /** Ends the command streams that are open. */
  hangUp(): void;
  readonly openStreams: number;
}

const refusal = ({ status, code }: FakeRefusal): Response =>
  new Response(JSON.stringify({ type: "about:blank", title: code, status, code, detail: "as the script says" }), {
    status,
  });

type Handlers = Record<Exclude<AgentCall, "commands">, (body: unknown, url: URL) => unknown>;

const SCHEMAS = {
  hello: HelloRequest,
  claim: ClaimRequest,
  heartbeat: HeartbeatRequest,
  log: LogBatch,
  sensor: SensorBatch,
  result: ResultRequest,
  hold: HoldRequest,
} as const;

const storeBatch = <E extends { readonly seq: number }>(
  into: Map<number, E>,
  entries: readonly E[],
): { ackedSeq: number } => {
  for (const entry of entries) if (!into.has(entry.seq)) into.set(entry.seq, entry);
  return { ackedSeq: Math.max(...into.keys()) };
};

const handlersOf = (box: FakeBox): Handlers => ({
  hello: () => ({ protocol: 1, serverTimeMs: 0, heartbeatMs: 10_000 }),
  claim: () => ({ sessionToken: FAKE.token, stages: ["InventoryCheck"], state: "InventoryCheck", turn: box.turn }),
  heartbeat: (body) => {
    const { acks } = v.parse(HeartbeatRequest, body);
    if (box.command !== null && acks.includes(box.command.id)) box.command = null;
    const command = box.command ?? { id: 0, cmd: "continue" };
    return { command, nextHeartbeatMs: 10_000, state: "InventoryCheck", turn: box.turn };
  },
  log: (body) => storeBatch(box.logs, v.parse(LogBatch, body).entries),
  sensor: (body) => storeBatch(box.samples, v.parse(SensorBatch, body).samples),
  artifact: (body, url) => {
    const { stage, attempt, name } = v.parse(ArtifactQuery, Object.fromEntries(url.searchParams));
    box.artifacts.set(`${stage} ${attempt} ${name}`, String(body));
    return { id: name };
  },
  result: (body) => {
    const result = v.parse(ResultRequest, body);
    const key = `${result.stage} ${result.attempt}`;
    const next = box.afterResult.get(key);
    if (next === undefined) throw new Error(`result ${key}`);
    if (!box.results.has(key)) box.turn = next;
    box.results.set(key, result);
    return { next_state: "Reporting", turn: next };
  },
  hold: () => ({ authorizedKey: FAKE.holdKey }),
});

const bodyOf = (init: FetchInit, call: AgentCall): unknown => {
  if (call === "commands") return null;
  const text = typeof init.body === "string" ? init.body : new TextDecoder().decode(init.body);
  return call === "artifact" ? text : v.parse(SCHEMAS[call], JSON.parse(text));
};

const isAllowed = (call: AgentCall, bearer: string): boolean =>
  bearer === FAKE.token || ((call === "hello" || call === "claim") && bearer === FAKE.enrolCode);

/** The request never came through, or its answer did not. */
const networkError = (): Error => new Error("connection reset");

/** The command streams that are open. */
const createStreams = () => {
  const open = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const add = (signal: AbortSignal): Response => {
    let mine: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        mine = controller;
        open.add(controller);
        signal.addEventListener("abort", () => {
          if (open.delete(mine)) mine.error(signal.reason);
        });
      },
      cancel: () => {
        open.delete(mine);
      },
    });
    return new Response(body);
  };
  return { open, add };
};

/** Makes a box that answers with this turn. */
export const createFakeBox = (turn: Turn): FakeBox => {
  const streams = createStreams();
  const answer = (seen: Seen, url: URL, signal: AbortSignal): Response => {
    box.seen.push(seen);
    if (!isAllowed(seen.call, seen.bearer)) return refusal({ status: 401, code: "token-invalid" });
    const refused = box.refuse(seen);
    if (refused !== null) return refusal(refused);
    if (seen.call === "commands") return streams.add(signal);
    return Response.json(handlersOf(box)[seen.call](seen.body, url));
  };
  const fetch: Fetch = async (address, init) => {
    const url = new URL(address);
    if (box.isAway) throw new Error("connection refused");
    const call = url.pathname.split("/").at(-1) as AgentCall;
    const bearer = init.headers["authorization"]?.replace("Bearer ", "") ?? "";
    try {
      const seen: Seen = { call, bearer, body: bodyOf(init, call) };
      const fate = box.fate(seen);
      if (fate === "lose request") throw networkError();
      const first = answer(seen, url, init.signal);
      if (fate === "lose answer") throw networkError();
      return fate === "double" ? answer(seen, url, init.signal) : first;
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      if (what !== networkError().message) box.surprises.push(`${call}: ${what}`);
      throw error;
    }
  };
  const box: FakeBox = {
    fetch,
    turn,
    command: null,
    afterResult: new Map(),
    isAway: false,
    fate: () => "deliver",
    refuse: () => null,
    seen: [],
    logs: new Map(),
    samples: new Map(),
    results: new Map(),
    artifacts: new Map(),
    surprises: [],
    count: (call) => box.seen.filter((seen) => seen.call === call).length,
    send: (command, eventId = command.id) => {
      const text = `id: ${eventId}\nevent: command\ndata: ${JSON.stringify(command)}\n\n`;
      for (const stream of streams.open) stream.enqueue(new TextEncoder().encode(text));
    },
    hangUp: () => {
      for (const stream of streams.open) stream.close();
      streams.open.clear();
    },
    get openStreams() {
      return streams.open.size;
    },
  };
  return box;
};
