/**
 * A box in a process of its own, for a test that kills it: it moves the runs of its hosts as fast as it can and says each step on stdout. It opens when it reads
 * `go`, so that a spare one is loaded when it is needed; at `stop` it moves nothing more and stays connected.
 */
import { createInterface } from "node:readline";
import { systemClock } from "../../agent/system/clock.ts";
import type { HostView } from "../../appliance/core/views.ts";
import { openSiteBox, type SiteBox } from "./site-box.ts";

const HOSTS = ["r1", "r2", "r3"];
/** A write to the database takes as long as the disk likes; this leaves the machine to others in between. */
const PAUSE_MS = 4;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const register = async ({ box }: SiteBox): Promise<void> => {
  for (const [i, name] of HOSTS.entries())
    await box.operators.addHost({ name, mac: `52:54:00:00:00:0${i + 1}` }, "test"); // it is there already after a kill
};

/** Starts a run or cancels one. */
const move = async ({ box }: SiteBox, { id, activeRun }: HostView): Promise<void> => {
  if (activeRun === null) await box.operators.startRun(id, { profile: "quick", destructive: false }, "test");
  else await box.operators.cancelRun(activeRun.id, "test");
};

const [path = "", port = "", prefix = ""] = process.argv.slice(2);
const told = { stop: false };
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
await lines.next();
void lines.next().then(() => {
  told.stop = true;
});
const site = await openSiteBox({ path, mqtt: { url: `mqtt://127.0.0.1:${port}`, prefix } });
await register(site);
let connected = false;
for (let step = 0; !told.stop; step++) {
  const hosts = await site.box.reads.hosts();
  const host = hosts[step % hosts.length];
  if (host !== undefined) await move(site, host);
  if (step % 4 === 0) await site.box.tick(); // gives places to queued runs
  const isConnected = site.broker.view()?.state === "connected";
  if (isConnected !== connected) say(isConnected ? "connected" : "lost");
  connected = isConnected;
  say("step");
  await systemClock.sleep(PAUSE_MS);
}
say("stopped");
await new Promise(() => {});
