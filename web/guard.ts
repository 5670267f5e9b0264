/** What stands before every page while there is no login: only this machine's own names, no form of another site, nothing that is not ours. */
import type { MiddlewareHandler } from "hono";

/** Scripts, styles and connections of the box alone; nothing inline, no frame around it. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** For files that the box only keeps: they load nothing, run nothing and have no origin. */
export const KEPT_FILE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** Headers of every page; an answer's own policy stays. */
export const pageHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  const { headers } = c.res;
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", PAGE_POLICY);
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "same-origin"); // with `no-referrer` browsers send `Origin: null` for our own forms (Fetch standard)
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("cross-origin-resource-policy", "same-origin");
};

/** Refuses what DNS rebinding brings: a page whose own name was pointed at this machine sends that name. */
export const ownHostOnly =
  (ownHost: (host: string) => boolean): MiddlewareHandler =>
  async (c, next) =>
    ownHost(c.req.header("host") ?? new URL(c.req.url).host)
      ? next()
      : c.text("Open the box by its own address; this name is not one of its names.", 421);

/** Whether a request comes from a page of the box. Every browser of the last years sends one of the two headers; who sends neither is no browser. */
export const isSameOrigin = (fetchSite: string | undefined, origin: string | undefined, host: string): boolean => {
  if (fetchSite === undefined && origin === undefined) return false;
  if (fetchSite !== undefined && fetchSite !== "same-origin") return false;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
};

/** Refuses forms that another site's page sends. */
export const sameOriginOnly: MiddlewareHandler = async (c, next) => {
  if (SAFE_METHODS.has(c.req.method)) return next();
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  return isSameOrigin(c.req.header("sec-fetch-site"), c.req.header("origin"), host)
    ? next()
    : c.text("Changes are made from the box's own pages.", 403);
};
