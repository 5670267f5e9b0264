/** The agent API: every call of `agent/wire/messages.ts` under `/api/v1/runs/:id/`, authorised before its body is read. */
import { type Context, Hono } from "hono";
import type { Logger } from "pino";
import { WIRE_LIMITS } from "../../agent/wire/limits.ts";
import { ArtifactQuery } from "../../agent/wire/messages.ts";
import type { AgentDesk, Answer, RefusalCode } from "../core/ports.ts";
import { ENROL_CALLS, SESSION_CALLS } from "./agent-calls.ts";
import { decode } from "./body.ts";
import type { EdgeEnv } from "./edge.ts";
import { type StreamPeriods, streamEvents } from "./event-stream.ts";
import { createFailureLimiter } from "./failure-limit.ts";
import { answered, noRoute, onThrown, problem, refused } from "./problem.ts";
import { receiveUpload } from "./upload.ts";

/** What the agent API is made of. */
export interface AgentAppParts {
  readonly agents: AgentDesk;
  /** A folder that `openUploadDir` made, on the same file system as the artifacts' place. */
  readonly uploadDir: string;
  readonly log: Logger;
  /** The monotonic clock: a box without a battery sets its wall clock by years when it first meets a time server. */
  readonly monoMs: () => number;
  readonly periods?: StreamPeriods;
}

type Call = Context<EdgeEnv>;

/** Refusals that count as a failed token. A host that asks out of turn is not guessing. */
const TOKEN_FAILURES: ReadonlySet<RefusalCode> = new Set([
  "token-invalid",
  "enrol-used",
  "enrol-expired",
  "mac-mismatch",
]);

/** Uploads that are received at once. Each may take `artifactBytes` of the state file system before its size is known. */
const UPLOADS_AT_ONCE = 8;

/** RFC 6750 with our own alphabet: enrol codes and session tokens are hex. */
const BEARER = /^Bearer ([0-9a-f]{16,128})$/i;

/** A run's id as the box makes them; anything else is not looked up. */
const RUN_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Lets a call through that names a run and carries a token, unless its address failed too often. */
interface Guard {
  enter(c: Call, go: (runId: string, bearer: string) => Promise<Response>): Promise<Response>;
  /** Counts an answer that refuses the token. */
  judge(c: Call, answer: Answer<unknown>): void;
}

const createGuard = (monoMs: () => number): Guard => {
  const failures = createFailureLimiter(monoMs);
  return {
    enter: async (c, go) => {
      const runId = c.req.param("id") ?? "";
      if (!RUN_ID.test(runId)) return problem("not-found", "No run has such an id.");
      const waitMs = failures.waitMs(c.env.address);
      if (waitMs > 0)
        return problem("rate-limited", "This address sent too many tokens that are not valid.", {
          headers: { "retry-after": String(Math.ceil(waitMs / 1000)) },
        });
      const bearer = BEARER.exec(c.req.header("authorization") ?? "")?.[1];
      if (bearer !== undefined) return go(runId, bearer);
      failures.failed(c.env.address);
      return problem("bearer-missing", "Send `Authorization: Bearer` with the enrol code or the session token.");
    },
    judge: (c, answer) => {
      if (!answer.ok && TOKEN_FAILURES.has(answer.refusal.code)) failures.failed(c.env.address);
    },
  };
};

/** Ends a run's older command stream when its agent opens a new one: one stream a run, however often the network fails. */
const createStreams = () => {
  const open = new Map<string, AbortController>();
  return (runId: string): { readonly signal: AbortSignal; readonly close: () => void } => {
    open.get(runId)?.abort();
    const mine = new AbortController();
    open.set(runId, mine);
    return { signal: mine.signal, close: () => void (open.get(runId) === mine && open.delete(runId)) };
  };
};

/** Receives artifacts, a few at a time. */
const createArtifacts = ({ agents, uploadDir }: AgentAppParts) => {
  let underWay = 0;
  return async (request: Request, runId: string, search: Record<string, string>): Promise<Response> => {
    const query = decode(ArtifactQuery, search);
    if (!query.ok) return query.answer;
    if (underWay >= UPLOADS_AT_ONCE) return problem("uploads-busy", `${UPLOADS_AT_ONCE} uploads are under way.`);
    underWay++;
    try {
      const received = await receiveUpload(request, uploadDir, query.value.sha256, WIRE_LIMITS.artifactBytes);
      if (!received.ok) return received.answer;
      await using upload = received.value;
      return answered(await agents.artifact(runId, query.value, upload.path, upload.sizeBytes));
    } finally {
      underWay--;
    }
  };
};

/** Builds the agent API over its desk. */
export const createAgentApp = (parts: AgentAppParts): Hono<EdgeEnv> => {
  const { agents, log } = parts;
  const app = new Hono<EdgeEnv>();
  const guard = createGuard(parts.monoMs);
  const openStream = createStreams();
  const receiveArtifact = createArtifacts(parts);

  const authorised = (c: Call, go: (runId: string, bearer: string) => Promise<Response>): Promise<Response> =>
    guard.enter(c, async (runId, bearer) => {
      const allowed = await agents.authorise(runId, bearer);
      guard.judge(c, allowed);
      return allowed.ok ? go(runId, bearer) : refused(allowed.refusal);
    });

  for (const [name, call] of Object.entries(ENROL_CALLS))
    app.post(`/api/v1/runs/:id/${name}`, (c) =>
      guard.enter(c, async (runId, bearer) => {
        const called = await call(agents, runId, bearer, c.req.raw);
        if (!called.ok) return called.answer;
        guard.judge(c, called.value);
        return answered(called.value);
      }),
    );
  for (const [name, call] of Object.entries(SESSION_CALLS))
    app.post(`/api/v1/runs/:id/${name}`, (c) =>
      authorised(c, async (runId, bearer) => {
        const called = await call(agents, runId, bearer, c.req.raw);
        return called.ok ? answered(called.value) : called.answer;
      }),
    );
  app.post("/api/v1/runs/:id/artifact", (c) =>
    authorised(c, (runId) => receiveArtifact(c.req.raw, runId, c.req.query())),
  );
  app.get("/api/v1/runs/:id/commands", (c) =>
    authorised(c, async (runId) => {
      if (c.req.method !== "GET") return problem("method", "Only GET."); // Hono answers HEAD by running GET
      c.env.keepOpen();
      const stream = openStream(runId);
      return streamEvents({
        source: (signal) => agents.commands(runId, signal),
        render: (command) => ({ id: command.id, event: "command", data: command }),
        gone: AbortSignal.any([stream.signal, c.req.raw.signal]),
        log: log.child({ runId }),
        onEnd: stream.close,
        ...(parts.periods === undefined ? {} : { periods: parts.periods }),
      });
    }),
  );
  app.notFound(noRoute);
  app.onError(onThrown(log));
  return app;
};
