/**
 * The box's own program: reads its config, opens the box, and runs until it is told to end.
 *
 * Exit code: 0 ended by SIGTERM or SIGINT, 1 it could not start, 2 the config is wrong.
 */
import { defineCommand, runMain } from "citty";
import { Fault } from "../agent/system/fault.ts";
import manifest from "../package.json" with { type: "json" };
import { openAppliance } from "./appliance.ts";
import { loadConfig, renderConfigProblems } from "./config.ts";
import { openLog } from "./log.ts";

const complain = (text: string, exitCode: number): never => {
  process.stderr.write(`${text}\n`);
  process.exit(exitCode);
};

const run = async (configPath: string): Promise<void> => {
  const answer = await loadConfig(configPath);
  if (!answer.ok) return complain(renderConfigProblems(configPath, answer.problems), 2);
  const log = openLog({ level: answer.config.log.level });
  const end = Promise.withResolvers<string>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => end.resolve(signal));
  await using box = await openAppliance(answer.config, log);
  log.info({ pages: box.pageUrl, scripts: box.scriptOrigin, version: manifest.version }, "box ready");
  if (answer.config.log.level !== "silent")
    log.warn("there is no login yet: pages and operator API answer on this machine alone");
  log.info({ signal: await end.promise }, "ending");
};

const main = defineCommand({
  meta: {
    name: "vetbox-box",
    version: manifest.version,
    description: "Runs the box. `vetbox config example` prints a config.",
  },
  args: { config: { type: "string", default: "/etc/vetbox/config.yaml", description: "path of the config file" } },
  run: async ({ args }) => {
    try {
      await run(args.config);
      process.exit(0);
    } catch (cause) {
      const words =
        cause instanceof Fault
          ? `${cause.message}${cause.cause instanceof Error ? `: ${cause.cause.message}` : ""}`
          : String(cause);
      complain(`vetbox: ${words}`, 1);
    }
  },
});

await runMain(main);
