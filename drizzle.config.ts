/** Where drizzle-kit reads the schema and writes migrations: `bun --bun node_modules/.bin/drizzle-kit generate --name <what-changes>`. */
import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: ["./appliance/store/schema.ts", "./appliance/store/schema-hosts.ts", "./appliance/store/schema-power.ts"],
  out: "./appliance/store/migrations",
});
