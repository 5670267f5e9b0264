/** Runs CPUStress: the load, canaries on every processor under it, and what the machine tells of itself meanwhile. */
import { agentArgv } from "../../cuda/run-load.ts";
import { readHwmonChips } from "../../probes/hwmon/collect.ts";
import { parseTemperatures, type Temperature } from "../../probes/hwmon/parse.ts";
import { parseMemAvailable } from "../../probes/sysfs/parse.ts";
import { readAttribute } from "../../system/files.ts";
import { createEnvelopes, type Envelopes } from "../envelope.ts";
import { runStressNg } from "../load.ts";
import { isFaultSignal } from "../load-facts.ts";
import type { StageContext } from "../runner.ts";
import { sampleWhile } from "../sample-while.ts";
import { parseCanaryReport } from "./canary-report.ts";
import { canaryArgv, canaryTurns, loadArgv } from "./commands.ts";
import type { CanaryFacts, CpuFacts, CpuOrder, SocketLoadFacts } from "./facts.ts";
import { type Processor, parseSpeeds, readProcessors } from "./processors.ts";

type Context = StageContext<CpuOrder>;

/** Between two readings of speeds and temperatures. */
const SAMPLE_MS = 2_000;
/** Beyond its time a tool may take this long to end. */
const LATE_MS = 60_000;

/** What was sampled. */
interface Samples {
  readonly heat: Envelopes;
  readonly speed: Envelopes;
  /** The sensors by name, as they were seen last. */
  readonly sensors: Map<string, Temperature>;
}

const takeSample = async ({ system }: Context, online: readonly Processor[], into: Samples): Promise<void> => {
  for (const sensor of parseTemperatures(await readHwmonChips(system.files))) {
    into.sensors.set(sensor.name, sensor);
    into.heat.add(sensor.name, sensor.tempC);
  }
  const speeds = parseSpeeds((await readAttribute(system.files, "/proc/cpuinfo")) ?? "");
  for (const socket of new Set(online.map((one) => one.socket))) {
    const own = online.flatMap((one) => (one.socket === socket ? (speeds.get(one.cpu) ?? []) : []));
    if (own.length > 0) into.speed.add(String(socket), own.reduce((sum, mhz) => sum + mhz, 0) / own.length);
  }
};

const runCanary = async (context: Context, { cpu, socket }: Processor, seconds: number): Promise<CanaryFacts> => {
  const argv = canaryArgv(agentArgv(process.execPath, Bun.main), cpu, seconds);
  const timeoutMs = seconds * 1000 + LATE_MS;
  const result = await context.system.exec({ argv, timeoutMs, confine: { name: "canary" } }, context.signal);
  const silent = { cpu, socket, rounds: 0, durationMs: 0, miscomputes: [] };
  const { end, signal, exitCode } = result;
  if (end === "signalled" && isFaultSignal(signal)) return { ...silent, end: "crashed", reason: `${signal}` };
  const report = end === "exited" && exitCode === 0 ? parseCanaryReport(result.stdout) : null;
  const lost = (reason: string): CanaryFacts => ({ ...silent, end: "lost", reason });
  if (report === null) return lost(`It ended with ${end} ${exitCode ?? signal ?? ""}`.trim());
  if (report.ranOn.some((one) => one !== cpu)) return lost(`It ran on CPU ${report.ranOn.join(", ")}`);
  const { rounds, durationMs, miscomputes } = report;
  return { cpu, socket, end: "reported", rounds, durationMs, miscomputes };
};

/** One canary for each processor, a few at a time. */
const runCanaries = async (context: Context, online: readonly Processor[]): Promise<readonly CanaryFacts[]> => {
  const meminfo = (await readAttribute(context.system.files, "/proc/meminfo")) ?? "";
  const turns = canaryTurns(online.length, parseMemAvailable(meminfo) ?? 0, context.order.loadS);
  const done: CanaryFacts[] = [];
  const waiting = online.values(); // one iterator for all lanes: each processor is taken once
  const lane = async (): Promise<void> => {
    for (const processor of waiting) {
      if (context.signal.aborted) return;
      done.push(await runCanary(context, processor, turns.seconds));
    }
  };
  await Promise.all(Array.from({ length: turns.lanes }, lane));
  return done.sort((a, b) => a.cpu - b.cpu);
};

/** By how much a count grew; a package's is the same at each of its processors, a core's at each of its threads. */
const growth = (
  before: readonly Processor[],
  after: readonly Processor[],
  count: "coreThrottleCount" | "packageThrottleCount",
  combine: (grown: readonly number[]) => number,
): number | undefined => {
  const grown = after.flatMap((now) => {
    const then = before.find(({ cpu }) => cpu === now.cpu)?.[count];
    return now[count] === undefined || then === undefined ? [] : [Math.max(0, now[count] - then)];
  });
  return grown.length === 0 ? undefined : combine(grown);
};

const socketFacts = (before: readonly Processor[], after: readonly Processor[], speed: Envelopes): SocketLoadFacts[] =>
  [...new Set(before.map(({ socket }) => socket))].map((socket) => {
    const [then, now] = [before, after].map((all) => all.filter((one) => one.socket === socket));
    const own = [then ?? [], now ?? []] as const;
    const coreThrottles = growth(...own, "coreThrottleCount", (grown) => grown.reduce((sum, one) => sum + one, 0));
    const packageThrottles = growth(...own, "packageThrottleCount", (grown) => Math.max(...grown));
    const speedMhz = speed.all().get(String(socket));
    const baseMhz = own[0].find((one) => one.baseMhz !== undefined)?.baseMhz;
    return {
      ...{ socket, cpuCount: own[0].length },
      ...(coreThrottles === undefined ? {} : { coreThrottles }),
      ...(packageThrottles === undefined ? {} : { packageThrottles }),
      ...(speedMhz === undefined ? {} : { speedMhz }),
      ...(baseMhz === undefined ? {} : { baseMhz }),
    };
  });

const heatFacts = ({ heat, sensors }: Samples): CpuFacts["temperatures"] =>
  [...heat.all()].flatMap(([series, tempC]) => {
    const sensor = sensors.get(series);
    if (sensor === undefined) return [];
    const { name, chip, isProcessor, criticalC } = sensor;
    return [{ name, chip, isProcessor, tempC, ...(criticalC === undefined ? {} : { criticalC }) }];
  });

/** The effects of CPUStress. */
export const runCpu = async (context: Context): Promise<CpuFacts> => {
  const { system, order, signal } = context;
  const before = await readProcessors(system.files);
  const samples: Samples = { heat: createEnvelopes(), speed: createEnvelopes(), sensors: new Map() };
  const load = runStressNg(context, {
    argv: loadArgv(order.loadS),
    timeoutMs: order.loadS * 1000 + LATE_MS,
    name: "cpu",
  });
  // Under the load, not before it: what fails only hot, or only when the voltage sags, fails there.
  const canaries = runCanaries(context, before.online);
  await sampleWhile(Promise.all([load, canaries]), {
    ...{ clock: system.clock, signal, everyMs: SAMPLE_MS },
    take: async (elapsedMs) => {
      context.progress(elapsedMs / (order.loadS * 1000), `${before.online.length} processors under load`);
      await takeSample(context, before.online, samples);
    },
  });
  const after = await readProcessors(system.files);
  const left = new Set(after.online.map(({ cpu }) => cpu));
  return {
    order,
    presentCount: before.presentCount,
    onlineCount: before.online.length,
    lostCpus: before.online.flatMap(({ cpu }) => (left.has(cpu) ? [] : [cpu])),
    load: await load,
    canaries: [...(await canaries)],
    sockets: socketFacts(before.online, after.online, samples.speed),
    temperatures: heatFacts(samples),
  };
};
