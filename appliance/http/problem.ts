/** The one place where a refusal or a fault becomes an HTTP answer: RFC 9457 problem details with a stable `code`. */
import type { ErrorHandler } from "hono";
import type { Logger } from "pino";
import { Fault, type FaultCode } from "../../agent/system/fault.ts";
import type { Problem } from "../../agent/wire/messages.ts";
import type { Answer, Refusal, RefusalCode } from "../core/ports.ts";

/** Refusals that the edge itself gives, before a desk is asked. */
export const EDGE_CODES = [
  "bad-json",
  "bad-text",
  "bearer-missing",
  "content-encoded",
  "content-type",
  "cross-site",
  "digest-mismatch",
  "foreign-host",
  "interrupted",
  "method",
  "no-route",
  "rate-limited",
  "too-many-streams",
  "uploads-busy",
] as const;
/** A refusal of the edge itself. */
export type EdgeCode = (typeof EDGE_CODES)[number];

/** Status and title of one code. */
interface Kind {
  readonly status: number;
  readonly title: string;
}

/** Every refusal with its status. A code without a row does not compile. */
export const REFUSALS: Record<RefusalCode | EdgeCode, Kind> = {
  "not-found": { status: 404, title: "There is no such thing" },
  invalid: { status: 422, title: "The content is not valid" },
  "token-invalid": { status: 401, title: "The token is not valid" },
  "enrol-used": { status: 409, title: "The enrol code was used before" },
  "enrol-expired": { status: 410, title: "The enrol code is too old" },
  "mac-mismatch": { status: 403, title: "The code belongs to another server" },
  "out-of-turn": { status: 409, title: "Not possible in this state" },
  "host-busy": { status: 409, title: "The host has a run that is not over" },
  taken: { status: 409, title: "The name or address is taken" },
  "in-use": { status: 409, title: "Something else needs it" },
  "too-large": { status: 413, title: "Too large" },
  "key-shown": { status: 410, title: "The key was shown before" },
  // A matter of seconds and nobody's mistake, so a caller that repeats after a 5xx does the right thing by itself.
  "not-ready": { status: 503, title: "Not ready yet" },
  "bmc-trouble": { status: 502, title: "The host's BMC did not do it" },
  "bad-json": { status: 400, title: "The body is not acceptable JSON" },
  "bad-text": { status: 400, title: "The body is not UTF-8 text" },
  "bearer-missing": { status: 401, title: "A bearer token is needed" },
  "content-encoded": { status: 415, title: "Compressed bodies are not accepted" },
  "content-type": { status: 415, title: "The content type is not accepted" },
  "cross-site": { status: 403, title: "Refused: the request comes from another site" },
  "digest-mismatch": { status: 422, title: "The body does not match its SHA-256" },
  "foreign-host": { status: 421, title: "Refused: the Host header names another server" },
  interrupted: { status: 400, title: "The body ended early" },
  method: { status: 405, title: "The method is not possible here" },
  "no-route": { status: 404, title: "There is no such path" },
  "rate-limited": { status: 429, title: "Too many failed tokens" },
  "too-many-streams": { status: 503, title: "Too many open streams" },
  "uploads-busy": { status: 503, title: "Too many uploads at once" },
};

/** Faults with their status: 503 where a later try may succeed by itself. */
export const FAULTS: Record<FaultCode, 500 | 503> = {
  "tool-failed": 500,
  "tool-timeout": 503,
  "driver-failed": 500,
  "spawn-failed": 500,
  "file-unreadable": 500,
  "file-unwritable": 503,
  "disk-full": 503,
  "store-failed": 503,
  network: 503,
  certificate: 500,
  "bad-answer": 500,
  "bad-state": 500,
  "bad-input": 500,
};

/** Seconds after which a caller that met a 503 may try again. */
const RETRY_AFTER_S = 2;

const send = (body: Problem, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(body), {
    status: body.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(body.status === 503 ? { "retry-after": String(RETRY_AFTER_S) } : {}),
      ...(body.status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...headers,
    },
  });

/** An answer for a refusal of the edge or of a desk. */
export const problem = (
  code: RefusalCode | EdgeCode,
  detail: string,
  extra: { readonly path?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Response => {
  const { status, title } = REFUSALS[code];
  return send(
    {
      type: `urn:vetbox:problem:${code}`,
      title,
      status,
      detail,
      code,
      ...(extra.path === undefined ? {} : { path: extra.path }),
    },
    extra.headers,
  );
};

/** A desk's refusal as an answer. */
export const refused = (refusal: Refusal): Response =>
  problem(refusal.code, refusal.detail, refusal.path === undefined ? {} : { path: refusal.path });

/** A desk's answer as JSON, or its refusal as a problem. */
export const answered = <T>(answer: Answer<T>, status = 200): Response =>
  answer.ok ? json(answer.value, status) : refused(answer.refusal);

/** JSON that no cache keeps. */
export const json = (value: unknown, status = 200): Response =>
  Response.json(value, { status, headers: { "cache-control": "no-store" } });

/** YAML that no cache keeps. */
export const yaml = (text: string): Response =>
  new Response(text, { headers: { "content-type": "application/yaml; charset=utf-8", "cache-control": "no-store" } });

/** What a caller sees of a thrown value: the fault's code and no more; what it was stays in the log. */
export const renderThrown = (error: unknown): Response => {
  const fault = error instanceof Fault ? error : null;
  const code = fault?.code ?? "internal";
  return send({
    type: `urn:vetbox:problem:${code}`,
    title: "The box failed",
    status: fault === null ? 500 : FAULTS[fault.code],
    code,
  });
};

/** The edge's boundary for everything that was thrown: logged whole, told in one word. */
export const onThrown =
  (log: Logger): ErrorHandler =>
  (error, c) => {
    log.error({ err: error, method: c.req.method, path: c.req.path }, "request failed");
    return renderThrown(error);
  };

/** The answer where no route matched. */
export const noRoute = (): Response => problem("no-route", "The path or its method is not one of this interface.");
