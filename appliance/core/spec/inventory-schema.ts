/** The inventory as JSON Schema (draft 2020-12), for whoever reads `inventory.json`. Pure. */
import { toJsonSchema } from "@valibot/to-json-schema";
import { Inventory } from "../../../agent/wire/inventory.ts";
import type { JsonSchema } from "./json-schema.ts";

/** The schema of an inventory. JSON has no infinite numbers, and MACs are written in lower case by whoever writes them: what JSON Schema cannot say is left out. */
export const renderInventorySchema = (): JsonSchema => ({
  title: "Inventory of a server",
  ...toJsonSchema(Inventory, { errorMode: "ignore", target: "draft-2020-12" }),
});
