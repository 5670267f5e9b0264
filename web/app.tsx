/**
 * The web pages: rendered here, usable without scripts, kept up to date by server-sent changes.
 *
 * A page shows what the read model says and asks the operator's desk; it has no rules of its own. There is no login yet, so the pages are for this
 * machine alone, and their footer says so.
 */
import { type Env, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { WIRE_LIMITS } from "../agent/wire/limits.ts";
import { addAssetRoutes } from "./assets.ts";
import { addBmcRoutes } from "./bmc-routes.tsx";
import type { WebDesk, WebParts } from "./context.ts";
import { ownHostOnly, pageHeaders, sameOriginOnly } from "./guard.ts";
import { addHomeRoutes } from "./home-routes.tsx";
import { addHostRoutes } from "./host-routes.tsx";
import { addPanelRoutes } from "./panel-routes.tsx";
import { openPageReads } from "./reads.ts";
import { addRunRoutes } from "./run-routes.tsx";

/** Builds the pages over the read model and the operator's desk. The live stream itself, `/api/v1/live`, is the operator API's. */
export const createWebApp = <E extends Env>(parts: WebParts<E>): Hono<E> => {
  const app = new Hono<E>();
  const desk: WebDesk<E> = { parts, reads: openPageReads(parts.reads) };
  app.use(pageHeaders);
  app.use(ownHostOnly(parts.ownHost));
  app.use(sameOriginOnly);
  app.use(bodyLimit({ maxSize: WIRE_LIMITS.jsonBytes }));
  addAssetRoutes(app);
  addHomeRoutes(app, desk);
  addHostRoutes(app, desk);
  addBmcRoutes(app, desk);
  addRunRoutes(app, desk);
  addPanelRoutes(app, desk);
  return app;
};
