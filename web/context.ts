/** What a route of the pages knows of the world, and how it answers. */
import type { Context, Env } from "hono";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { PanelPort } from "../appliance/core/panel-port.ts";
import type { OperatorDesk, ReadModel, RefusalCode } from "../appliance/core/ports.ts";
import type { PageReads } from "./reads.ts";

/** What the pages are made of. */
export interface WebParts<E extends Env> {
  readonly reads: ReadModel;
  readonly operators: OperatorDesk;
  /** Who asks, for the record. */
  readonly by: (c: Context<E>) => string;
  /** Whether a Host header names this box. */
  readonly ownHost: (host: string) => boolean;
  readonly now: () => number;
  /** The box's own panel, where it has one. */
  readonly panel?: PanelPort;
}

/** The parts with texts made safe to show. */
export interface WebDesk<E extends Env> {
  readonly parts: WebParts<E>;
  readonly reads: PageReads;
}

/** The status that goes with each refusal, so that a program that sends forms understands it too. */
const REFUSAL_STATUS: Record<RefusalCode, ContentfulStatusCode> = {
  "not-found": 404,
  invalid: 422,
  "token-invalid": 401,
  "enrol-used": 409,
  "enrol-expired": 410,
  "mac-mismatch": 403,
  "out-of-turn": 409,
  "host-busy": 409,
  taken: 409,
  "in-use": 409,
  "too-large": 413,
  "key-shown": 410,
  "not-ready": 409,
  "bmc-trouble": 502,
};

/** The status of a refusal. */
export const statusOf = (code: RefusalCode): ContentfulStatusCode => REFUSAL_STATUS[code];

/** Answers with a whole page. */
export const answerPage = (c: Context, page: Child, status: ContentfulStatusCode = 200): Response =>
  c.html(`<!doctype html>${String(page)}`, status);

/** One field of a form as text; a file or a missing field is empty. */
export const field = (form: Record<string, unknown>, name: string): string => {
  const value = form[name];
  return typeof value === "string" ? value.trim() : "";
};
