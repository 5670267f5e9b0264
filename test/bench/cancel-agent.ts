/** The agent that `bench cancel` cancels: the real loop on the real machine, with a load of many workers in place of CPUStress. One JSON argument. */
import { join } from "node:path";
import { runAgent } from "../../agent/loop.ts";
import { type Fetch, openPinnedFetch } from "../../agent/pinned-fetch.ts";
import type { StageContext } from "../../agent/stages/runner.ts";
import { takeCgroups } from "../../agent/system/cgroups.ts";
import { createExec } from "../../agent/system/exec.ts";
import { thisSystem } from "../../agent/system/system.ts";
import { INVENTORY_VERSION, UNKNOWN_HARDWARE } from "../../agent/wire/inventory.ts";
import type { BootWords } from "./box-alone.ts";

/** What it is told. */
export interface CancelAgentOrder extends BootWords {
  readonly mac: string;
  readonly dir: string;
  readonly cgroup: string;
  readonly workers: number;
  /** Without, the box reaches it by heartbeats alone. */
  readonly hasStream: boolean;
}

const order: CancelAgentOrder = JSON.parse(process.argv[2] ?? "");
const pinned = openPinnedFetch(order.url, order.pin);
const streamless: Fetch = (url, init) =>
  String(url).includes("/commands") ? Promise.resolve(new Response(null, { status: 503 })) : pinned(url, init);
const { cgroups } = await takeCgroups(order.cgroup);

await runAgent({
  identity: { ...order, bootId: crypto.randomUUID() },
  system: { ...thisSystem, exec: createExec(cgroups) },
  stateDir: join(order.dir, "state"),
  rootDir: join(order.dir, "root"),
  powerOff: () => Promise.resolve(),
  signal: new AbortController().signal,
  fetch: order.hasStream ? pinned : streamless,
  runners: {
    InventoryCheck: async () => ({ version: INVENTORY_VERSION, hardware: UNKNOWN_HARDWARE, probes: [] }),
    CPUStress: async ({ system, signal }: StageContext) => {
      const workers = String(order.workers);
      const argv = ["stress-ng", "--cpu", workers, "--vm", workers, "--vm-bytes", "512m", "--timeout", "600s"] as const;
      return system.exec({ argv, timeoutMs: 600_000, confine: { name: "load" } }, signal);
    },
  },
});
process.exit(0);
