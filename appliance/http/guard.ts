/**
 * What stands before every page and operator call while there is no login: only this machine's own name in `Host`, no change on behalf of another site,
 * and headers that keep a page from loading, framing or running anything that is not ours.
 */
import type { MiddlewareHandler } from "hono";
import type { EdgeEnv } from "./edge.ts";
import { problem } from "./problem.ts";

/** Content security policy of every answer that does not bring its own. */
export const PAGE_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "object-src 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Policy of what the box only keeps for others (artifacts, reports): shown, it can load nothing, run nothing, and has no origin. */
export const SANDBOX_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox";

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Content types that a page of another site cannot send without asking first (Fetch standard: not CORS-safelisted). */
const ASKED_FIRST = /^(application\/json|application\/yaml|text\/yaml)\s*(;|$)/i;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/** Whether a Host header names this machine by loopback, or by one of the names given (with or without port). */
export const isOwnHost = (host: string, names: readonly string[]): boolean =>
  LOOPBACK.test(host) || names.includes(host) || names.includes(host.replace(/:\d{1,5}$/, ""));

/** Refuses what DNS rebinding brings: a page whose own name was pointed at this machine sends that name. */
export const ownHostOnly =
  (names: readonly string[]): MiddlewareHandler<EdgeEnv> =>
  async (c, next) => {
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    return isOwnHost(host, names)
      ? next()
      : problem("foreign-host", "Open the box by its own address; this name is not one of its names.");
  };

const sameOrigin = (origin: string, host: string): boolean => {
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
};

/** Refuses changes that another site's page asks for. Browsers say where a request comes from; programs send a type that pages cannot. */
export const sameSiteOnly: MiddlewareHandler<EdgeEnv> = async (c, next) => {
  if (SAFE_METHODS.has(c.req.method)) return next();
  const fetchSite = c.req.header("sec-fetch-site");
  const origin = c.req.header("origin");
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  if (fetchSite !== undefined && fetchSite !== "same-origin")
    return problem("cross-site", "Changes are made from the box's own pages or by a program.");
  if (origin !== undefined && !sameOrigin(origin, host))
    return problem("cross-site", "Changes are made from the box's own pages or by a program.");
  if (fetchSite === undefined && origin === undefined && !ASKED_FIRST.test(c.req.header("content-type") ?? ""))
    return problem("content-type", "Send `Content-Type: application/json`, with an empty body where nothing is said.");
  return next();
};

/** Headers of every answer; an answer's own policy stays. */
export const safeHeaders: MiddlewareHandler<EdgeEnv> = async (c, next) => {
  await next();
  const { headers } = c.res;
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", PAGE_POLICY);
  headers.set("x-content-type-options", "nosniff");
  headers.set("x-frame-options", "DENY");
  headers.set("referrer-policy", "same-origin"); // with `no-referrer` browsers send `Origin: null` for our own forms (Fetch standard)
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("cross-origin-resource-policy", "same-origin");
};
