/** Power by wire: a magic packet on the segment powers on the server that has the MAC, as a NIC in standby would. */
import { appendFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Fault } from "../../agent/system/fault.ts";
import { linesOf } from "../setup/lines.ts";
import { RackRefusal } from "./refusal.ts";
import { BRIDGE, type Segment } from "./segment.ts";
import type { Server } from "./server.ts";
import { within } from "./until.ts";

const LISTENER = join(import.meta.dir, "wake-listener.ts");
const LISTEN_TIMEOUT_MS = 20_000;

/** What the listener works with. */
export interface WakeContext {
  readonly segment: Segment;
  readonly log: string;
  servers(): Promise<readonly Server[]>;
}

/** Powers servers on by wire until disposed of. Each packet and what came of it is a line in the log. */
export const openWake = async ({ segment, log, servers }: WakeContext): Promise<AsyncDisposable> => {
  await mkdir(dirname(log), { recursive: true });
  const child = Bun.spawn(
    ["setpriv", "--pdeathsig", "KILL", ...segment.switch.inside([process.execPath, LISTENER, BRIDGE])],
    { stdin: "ignore", stdout: "pipe", stderr: "inherit" },
  );
  const lines = linesOf(child.stdout);
  const first = await within("wake listener", lines.next(), LISTEN_TIMEOUT_MS);
  if (first.value !== "listening")
    throw new Fault("network", { segment: segment.id, detail: "the wake listener did not start" });
  const pumped = (async () => {
    for await (const mac of lines) {
      const outcome = await wake(await servers(), mac);
      await appendFile(log, `${new Date().toISOString()} ${mac} ${outcome}\n`);
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await child.exited;
      await pumped;
    },
  };
};

const wake = async (servers: readonly Server[], mac: string): Promise<string> => {
  const server = servers.find(({ spec }) => spec.nics.some((nic) => nic.mac === mac));
  if (server === undefined) return "no such MAC";
  if (server.isRunning) return `${server.name} runs`;
  try {
    await server.start();
    return `${server.name} powered on`;
  } catch (cause) {
    // The box repeats its packets, so a start that goes on, or one that failed, is told again.
    if (cause instanceof RackRefusal || cause instanceof Fault) return `${server.name}: ${cause.message}`;
    throw cause;
  }
};
