/** One box of the example site, with simulated hosts, in a process of its own, so that it can be killed. Says `up URL` when its page answers. */
import { defineCommand, runMain } from "citty";
import { openLog } from "../../appliance/log.ts";
import { openSite, SITE } from "../dev/site.ts";

const main = defineCommand({
  meta: { name: "box-main", description: "A box of the example site." },
  args: {
    dir: { type: "string", required: true, description: "what it keeps" },
    name: { type: "string", required: true, description: "its name" },
    broker: { type: "string", required: true, description: "mqtt://HOST:PORT" },
    rack: { type: "string", default: "07", description: "two digits that its hosts are called by" },
    pace: { type: "string", default: "1", description: "share of the recorded servers' own pace" },
  },
  run: async ({ args: { dir, name, broker, rack, pace } }) => {
    const ended = Promise.withResolvers<void>();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => ended.resolve());
    await using site = await openSite({
      ...{ dir, listen: "127.0.0.1:0", pace: Number(pace), log: openLog({ level: "error", dest: 2 }) },
      hosts: SITE.map((host) => ({
        ...host,
        name: host.name.replace("r07", `r${rack}`),
        mac: host.mac.replace(/^..:..:../, `02:00:${rack}`),
      })),
      config: { name, mqtt: { url: broker } },
    });
    process.stdout.write(`up ${site.box.pageUrl}\n`);
    await ended.promise;
  },
});

await runMain(main);
process.exit();
