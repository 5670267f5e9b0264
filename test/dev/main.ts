/**
 * `bun run dev`: the box with simulated hosts. No virtual server, no root rights, up in seconds; what is simulated is the hardware alone.
 *
 * Exit code: 0 ended by Ctrl-C, 2 it could not start.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineCommand, runMain } from "citty";
import { openLog } from "../../appliance/log.ts";
import { openSite, SITE } from "./site.ts";

const main = defineCommand({
  meta: { name: "dev", description: "The box with simulated hosts, on this machine's loopback." },
  args: {
    listen: { type: "string", default: "127.0.0.1:8088", description: "where the page is; port 0 is any free one" },
    verbose: { type: "boolean", default: false, description: "the box's log, too" },
  },
  run: async ({ args }) => {
    const ended = Promise.withResolvers<void>();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => ended.resolve());
    const dir = await mkdtemp(join(tmpdir(), "vetbox-dev-"));
    try {
      const log = openLog({ level: args.verbose ? "debug" : "error", dest: 2 });
      await using site = await openSite({ dir, listen: args.listen, log, pace: 1 });
      process.stdout.write(`The box is up. Its page: ${site.box.pageUrl}, its panel: ${site.box.pageUrl}/panel\n`);
      process.stdout.write(`Simulated hosts: ${SITE.map(({ name }) => name).join(", ")}. Ctrl-C ends it.\n`);
      await ended.promise;
      process.stdout.write("Tidying up …\n");
    } catch (cause) {
      process.stderr.write(`dev: ${cause instanceof Error ? cause.message : String(cause)}\n`);
      process.exitCode = 2;
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
    process.exit();
  },
});

await runMain(main);
