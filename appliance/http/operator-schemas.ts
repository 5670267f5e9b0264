/** Operator routes for JSON Schemas: of specs, for editors, of inventories, for readers of `inventory.json`, and of what is said over MQTT. */
import type { Hono } from "hono";
import { renderMqttSchemas } from "../core/mqtt-schema.ts";
import { renderInventorySchema } from "../core/spec/inventory-schema.ts";
import { renderSpecSchema } from "../core/spec/json-schema.ts";
import type { EdgeEnv } from "./edge.ts";
import { json } from "./problem.ts";

/** Adds `GET /api/v1/schemas/spec`, `GET /api/v1/schemas/inventory` and `GET /api/v1/schemas/mqtt`. */
export const addSchemaRoutes = (app: Hono<EdgeEnv>): void => {
  app.get("/api/v1/schemas/spec", () => json(renderSpecSchema()));
  app.get("/api/v1/schemas/inventory", () => json(renderInventorySchema()));
  app.get("/api/v1/schemas/mqtt", () => json(renderMqttSchemas()));
};
