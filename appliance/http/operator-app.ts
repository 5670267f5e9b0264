/**
 * The operator API: JSON under `/api/v1` for pages, programs and the command line.
 *
 * It has no login yet. Whoever reaches it may do everything, so it is served on loopback or a unix socket alone, which the config enforces.
 */
import { Hono } from "hono";
import type { EdgeEnv } from "./edge.ts";
import { ownHostOnly, safeHeaders, sameSiteOnly } from "./guard.ts";
import { addClassRoutes } from "./operator-classes.ts";
import { addHostRoutes } from "./operator-hosts.ts";
import { addLiveRoute } from "./operator-live.ts";
import { addPanelRoutes } from "./operator-panel.ts";
import type { OperatorAppParts } from "./operator-parts.ts";
import { addPowerRoutes } from "./operator-power.ts";
import { addRunRoutes } from "./operator-runs.ts";
import { addSchemaRoutes } from "./operator-schemas.ts";
import { json, noRoute, onThrown } from "./problem.ts";

/** Builds the operator API over its desk and the read model. */
export const createOperatorApp = (parts: OperatorAppParts): Hono<EdgeEnv> => {
  const app = new Hono<EdgeEnv>();
  app.use(safeHeaders);
  app.use(ownHostOnly(parts.hostNames ?? []));
  app.use(sameSiteOnly);
  app.get("/api/v1/box", async () => json(await parts.reads.box()));
  app.get("/api/v1/sightings", async () => json(await parts.reads.sightings()));
  addHostRoutes(app, parts);
  addPowerRoutes(app, parts);
  addClassRoutes(app, parts);
  addRunRoutes(app, parts);
  addLiveRoute(app, parts);
  addPanelRoutes(app, parts);
  addSchemaRoutes(app);
  app.all("/api/*", noRoute);
  if (parts.pages !== undefined) app.route("/", parts.pages);
  app.notFound(noRoute);
  app.onError(onThrown(parts.log));
  return app;
};
