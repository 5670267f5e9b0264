/** Operator routes for JSON Schemas: of specs, for editors, and of inventories, for readers of `inventory.json`. */
import type { Hono } from "hono";
import { renderInventorySchema } from "../core/spec/inventory-schema.ts";
import { renderSpecSchema } from "../core/spec/json-schema.ts";
import type { EdgeEnv } from "./edge.ts";
import { json } from "./problem.ts";

/** Adds `GET /api/v1/schemas/spec` and `GET /api/v1/schemas/inventory`. */
export const addSchemaRoutes = (app: Hono<EdgeEnv>): void => {
  app.get("/api/v1/schemas/spec", () => json(renderSpecSchema()));
  app.get("/api/v1/schemas/inventory", () => json(renderInventorySchema()));
};
