/**
 * Runs ethtool for each interface with hardware behind it: one call after the other on one interface, a few interfaces at once.
 *
 * A driver that hangs over one port costs that port's own deadline. What the other ports said is kept.
 */
import type { ExecResult } from "../../system/exec.ts";
import type { System } from "../../system/system.ts";
import { type Collected, type Probe, statusOfTool } from "../probe.ts";
import { type EthtoolFacts, parseEthtool } from "./parse.ts";

/** What each interface is asked, in this order; reading the module's memory over I²C is the slowest and comes last. */
const QUESTIONS = [["-i"], [], ["-P"], ["-m"]] as const;
/** One interface with all of its questions. */
const INTERFACE_TIMEOUT_MS = 20_000;
/** All interfaces; what was read until then is kept, which a probe given up from outside could not do. */
const ALL_TIMEOUT_MS = 50_000;
const AT_ONCE = 4;

/** What ethtool knows of each interface, by kernel name. */
export type EthtoolPorts = Readonly<Record<string, EthtoolFacts>>;

interface PortOutcome {
  readonly name: string;
  readonly facts: EthtoolFacts | undefined;
  readonly text: string;
  /** How the call went that ended badly, if one did. A refusal is no bad end: half of all drivers refuse half of the questions. */
  readonly bad: ReturnType<typeof statusOfTool>;
}

const askPort = async (system: System, name: string, untilMs: number, signal: AbortSignal): Promise<PortOutcome> => {
  const endMs = Math.min(untilMs, system.clock.monoMs() + INTERFACE_TIMEOUT_MS);
  const printed: string[] = [];
  const log: string[] = [];
  let bad: PortOutcome["bad"];
  for (const options of QUESTIONS) {
    const timeoutMs = Math.round(endMs - system.clock.monoMs());
    if (timeoutMs <= 0) {
      bad = { status: "timed-out", reason: "There was no time left to ask." };
      break;
    }
    const result: ExecResult = await system.exec({ argv: ["ethtool", ...options, name], timeoutMs }, signal);
    printed.push(result.stdout);
    log.push(`# ${["ethtool", ...options, name].join(" ")}\n${result.stdout}${result.stderr}`);
    if (result.end !== "exited") {
      bad = statusOfTool("ethtool", result);
      break;
    }
  }
  const parsed = parseEthtool(printed.join("\n"));
  return { name, facts: parsed.ok ? parsed.facts : undefined, text: log.join("\n"), bad };
};

/** The interfaces with hardware behind them; bridges, bonds and loopback have none. */
const portsOf = async ({ files }: System): Promise<readonly string[]> => {
  const names: string[] = [];
  for (const name of await files.list("/sys/class/net"))
    if ((await files.realPath(`/sys/class/net/${name}/device`)) !== null) names.push(name);
  return names;
};

/** The worst end of all, with the names of the interfaces that had it. */
const statusOf = (outcomes: readonly PortOutcome[]): Pick<Collected<EthtoolPorts>, "status" | "reason"> => {
  const bad = outcomes.find((one) => one.bad !== undefined)?.bad;
  if (bad?.status === "tool-absent") return bad;
  const late = outcomes.filter((one) => one.bad !== undefined);
  if (bad !== undefined)
    return { status: bad.status, reason: `${late.map((one) => one.name).join(", ")}: ${bad.reason}` };
  const silent = outcomes.filter((one) => one.facts === undefined).map((one) => one.name);
  return silent.length > 0
    ? { status: "failed", reason: `ethtool said nothing about ${silent.join(", ")}.` }
    : { status: "ok" };
};

/** Driver, firmware, modes, link, burnt-in address and transceiver of each interface. */
export const ethtoolProbe: Probe<EthtoolPorts> = {
  name: "ethtool",
  timeoutMs: ALL_TIMEOUT_MS + INTERFACE_TIMEOUT_MS,
  collect: async (system, signal) => {
    const names = await portsOf(system);
    if (names.length === 0)
      return { status: "device-absent", reason: "There is no network interface with hardware behind it.", raw: [] };
    const untilMs = system.clock.monoMs() + ALL_TIMEOUT_MS;
    const waiting = [...names];
    const outcomes: PortOutcome[] = [];
    const worker = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
        outcomes.push(await askPort(system, name, untilMs, signal));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    outcomes.sort((a, b) => (a.name < b.name ? -1 : 1));
    const facts = Object.fromEntries(
      outcomes.flatMap(({ name, facts: own }) => (own === undefined ? [] : [[name, own]])),
    );
    const raw = [{ name: "ethtool.txt", text: outcomes.map((one) => one.text).join("\n") }];
    return { ...statusOf(outcomes), facts, raw };
  },
};
