/** Where drizzle-kit reads the schema and writes migrations: `bun --bun node_modules/.bin/drizzle-kit generate --name <what-changes>`. */
import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: ["schema", "schema-hosts", "schema-power", "schema-mqtt"].map((name) => `./appliance/store/${name}.ts`),
  out: "./appliance/store/migrations",
});
