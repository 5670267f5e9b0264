/** `bun run bench NAME`: measurements that are read by people, not judged by a test. `--help` lists them. */
import { defineCommand, runMain } from "citty";

const bench = defineCommand({
  meta: { name: "bench", description: "Vetbox's measurements" },
  subCommands: {
    boot: () => import("./boot.ts").then((module) => module.boot),
    cancel: () => import("./cancel.ts").then((module) => module.cancel),
    panel: () => import("./panel.ts").then((module) => module.panel),
    parse: () => import("./parse.ts").then((module) => module.parse),
    serve: () => import("./serve.ts").then((module) => module.serve),
  },
});

await runMain(bench);
