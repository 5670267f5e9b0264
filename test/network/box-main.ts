/**
 * The box's servers of network measurements where they are started: `bun test/network/box-main.ts INTERFACE ADDRESS RUNDIR RUN…`. It prints where the server of each
 * run's first attempt listens as soon as it does, and keeps them until its stdin ends.
 */
import { pino } from "pino";
import { systemClock } from "../../agent/system/clock.ts";
import { openFiles } from "../../agent/system/files.ts";
import { iperfCommand, openLinkServers } from "../../appliance/link/servers.ts";

if (import.meta.main) {
  const [interfaceName = "", address = "", runDir = "", ...runs] = process.argv.slice(2);
  await using servers = await openLinkServers({
    ...{ interface: interfaceName, address, runDir, ports: { from: 5201, to: 5210 } },
    ...{ command: iperfCommand(process.getuid?.() === 0), files: openFiles("/"), clock: systemClock },
    log: pino({ level: "warn" }, pino.destination(2)),
  });
  for (const runId of runs) {
    const attempt = { runId, attempt: 1 };
    const place = servers.open(attempt);
    await servers.listening(attempt);
    process.stdout.write(`${JSON.stringify({ ...place, boxMbps: servers.boxMbps() })}\n`);
  }
  for await (const _ of Bun.stdin.stream()) {
    // nothing is expected: the caller only holds it open
  }
}
