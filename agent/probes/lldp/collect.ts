/**
 * Asks lldpd, which listens from the beginning of the boot, which switch port each interface is plugged into.
 *
 * A switch tells it every 30 s (IEEE 802.1AB, msgTxInterval). A server that got here sooner has not heard all of them yet, so this waits, but by
 * the time since the boot: on most servers that moment has passed already, and where no switch tells anything, this is all that it costs.
 */
import { readAttribute } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import { type Collected, type Probe, statusOfTool } from "../probe.ts";
import { type LldpNeighbour, parseLldp } from "./parse.ts";

/** A link needs some seconds to come up after the boot, and a switch sends every 30 s: by then a frame has come, or none will. */
const LISTENED_UPTIME_MS = 40_000;
const POLL_MS = 2_000;
const CALL_TIMEOUT_MS = 5_000;
const ARGV = ["lldpcli", "-f", "json0", "show", "neighbors", "details"] as const;
const NOT_RUNNING = { status: "tool-absent", reason: "lldpd does not answer." } as const;
const NOBODY = { status: "device-absent", reason: "No switch tells its name by LLDP." } as const;
const NO_DAEMON = /unable to connect to socket/;

/**
 * Interfaces whose link is up and that have a switch to expect. On USB sits a BMC, and a virtual NIC's bridge passes no such frame on (it is
 * addressed to the bridge itself, IEEE 802.1Q 8.6.3): nothing is waited for there, though what comes is taken.
 */
const expectantPorts = async ({ files }: System): Promise<readonly string[]> => {
  const ports: string[] = [];
  for (const name of await files.list("/sys/class/net")) {
    const bus = await files.realPath(`/sys/class/net/${name}/device/subsystem`);
    const up = (await readAttribute(files, `/sys/class/net/${name}/operstate`)) === "up";
    if (up && bus !== null && !/\/(?:usb|virtio)$/.test(bus)) ports.push(name);
  }
  return ports;
};

/** Milliseconds since the boot; a machine that does not tell is old. */
const uptimeMs = async ({ files }: System): Promise<number> => {
  const seconds = Number((await readAttribute(files, "/proc/uptime"))?.split(" ", 1)[0]);
  return Number.isFinite(seconds) ? seconds * 1_000 : LISTENED_UPTIME_MS;
};

const ask = async (system: System, signal: AbortSignal): Promise<Collected<readonly LldpNeighbour[]>> => {
  const result = await system.exec({ argv: [...ARGV], timeoutMs: CALL_TIMEOUT_MS }, signal);
  const raw = [{ name: "lldp.json", text: result.stdout }];
  if (result.end === "exited" && NO_DAEMON.test(result.stderr)) return { ...NOT_RUNNING, raw };
  const bad = statusOfTool("lldpcli", result);
  if (bad !== undefined) return { ...bad, raw };
  const parsed = parseLldp(result.stdout);
  if (!parsed.ok) return { status: "failed", reason: `lldpcli, ${parsed.place}: ${parsed.reason}`, raw };
  return { status: "ok", facts: parsed.facts, raw };
};

/** The neighbours of all interfaces. */
export const lldpProbe: Probe<readonly LldpNeighbour[]> = {
  name: "lldp",
  timeoutMs: LISTENED_UPTIME_MS + CALL_TIMEOUT_MS,
  collect: async (system, signal) => {
    const endMs = system.clock.monoMs() + LISTENED_UPTIME_MS - (await uptimeMs(system));
    for (;;) {
      const answer = await ask(system, signal);
      const heard = new Set(answer.facts?.map((one) => one.interface));
      const silent = (await expectantPorts(system)).filter((name) => !heard.has(name));
      // Early in the boot the daemon may be about to start.
      const wait = answer.status === "ok" ? silent.length > 0 : answer.reason === NOT_RUNNING.reason;
      // The uptime is read again: in a replay the clock is another machine's, and what was read last says that the wait is over.
      const over = system.clock.monoMs() >= endMs || (await uptimeMs(system)) >= LISTENED_UPTIME_MS;
      if (wait && !over && !signal.aborted) await system.clock.sleep(POLL_MS, signal);
      else return answer.status === "ok" && heard.size === 0 ? { ...answer, ...NOBODY } : answer;
    }
  },
};
