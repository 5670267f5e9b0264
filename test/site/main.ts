/**
 * `bun test/site/main.ts`: a site of two boxes with simulated hosts, a broker between them, and one dashboard for both.
 *
 * Exit code: 0 ended by Ctrl-C, 2 it could not start.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../setup/packages.ts";
import { openExampleSite } from "./example.ts";

const ended = Promise.withResolvers<void>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => ended.resolve());
const dir = await mkdtemp(join(tmpdir(), "vetbox-site-"));
try {
  await needPackages(["mosquitto"]);
  await using site = await openExampleSite(dir, 1, Number(process.env["PORT"] ?? 8090));
  process.stdout.write(`The dashboard: ${site.dashboardUrl}\n`);
  for (const box of site.boxes) process.stdout.write(`${box.name}: ${box.pageUrl()}\n`);
  process.stdout.write(`The broker: mqtt://127.0.0.1:${site.broker.port}. Ctrl-C ends it.\n`);
  await ended.promise;
  process.stdout.write("Tidying up …\n");
} catch (cause) {
  process.stderr.write(`site: ${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 2;
} finally {
  await rm(dir, { recursive: true, force: true });
}
process.exit();
