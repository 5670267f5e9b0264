/** Runs PSU: power idle, then under a burst of processors, disks and network ports together. Disks are read, never written. */
import { agentArgv } from "../../cuda/run-load.ts";
import { type BlockView, loadBlocks } from "../../disks/block.ts";
import { type BmcAnswers, ipmitoolProbe } from "../../probes/ipmitool/collect.ts";
import { worseStatus } from "../../probes/ipmitool/states.ts";
import { cleanText } from "../../probes/label.ts";
import { runProbe } from "../../probes/probe.ts";
import { readAttribute } from "../../system/files.ts";
import { createEnvelopes, type Envelopes } from "../envelope.ts";
import { runStressNg } from "../load.ts";
import { findInterfaces } from "../network/ports.ts";
import type { StageContext } from "../runner.ts";
import { sampleWhile } from "../sample-while.ts";
import { burstArgv, nicLoadArgv, readArgv } from "./commands.ts";
import type { PowerSeries, PsuOrder, PsuStageFacts, SupplyFacts } from "./facts.ts";
import { type PowerSample, type Reading, supplyW, TOTALS, takePowerSample } from "./sample.ts";

type Context = StageContext<PsuOrder>;
type Phase = "idle" | "load";

/** Between two samples; a BMC that takes longer to answer sets its own pace. */
const SAMPLE_MS = 2_000;
const LATE_MS = 60_000;
const NET = "/sys/class/net";

/** Everything that was seen, by phase. */
interface Seen {
  readonly phases: Readonly<Record<Phase, Envelopes>>;
  readonly series: Map<string, Omit<Reading, "value">>;
  readonly supplies: Map<string, Omit<SupplyFacts, "loadW">>;
  readonly redundancy: Map<string, readonly string[]>;
  readonly csv: string[];
}

const keyOf = ({ source, name }: Pick<Reading, "source" | "name">): string => `${source} ${name}`;
const union = (a: readonly string[] = [], b: readonly string[] = []): string[] =>
  [...new Set([...a, ...b])].slice(0, 64);
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

const keepSupplies = ({ supplies, readings }: PowerSample, envelopes: Envelopes, seen: Seen): void => {
  for (const supply of supplies) {
    const name = `${supply.name}${supply.serial === undefined ? "" : ` S/N ${supply.serial}`}`.slice(0, 256);
    const { present, maxW } = supply;
    seen.supplies.set(name, {
      ...{ name, states: union(seen.supplies.get(name)?.states, supply.states) },
      ...(present === undefined ? {} : { present }),
      ...(maxW === undefined ? {} : { maxW }),
    });
    const watts = supplyW(supply, readings);
    if (watts !== undefined) envelopes.add(`supply ${name}`, watts);
  }
};

const keepSample = (sample: PowerSample, phase: Phase, elapsedMs: number, seen: Seen): void => {
  const envelopes = seen.phases[phase];
  for (const { value, ...reading } of sample.readings) {
    const key = keyOf(reading);
    const worst = worseStatus(seen.series.get(key)?.worst, reading.worst);
    seen.series.set(key, worst === undefined ? reading : { ...reading, worst });
    envelopes.add(key, value);
    seen.csv.push(`${phase},${Math.round(elapsedMs / 100) / 10},${quoted(key)},${reading.kind},${value}`);
  }
  for (const [way, watts] of sample.totals) envelopes.add(`total ${way}`, watts);
  for (const { name, states } of sample.redundancy) seen.redundancy.set(name, union(seen.redundancy.get(name), states));
  keepSupplies(sample, envelopes, seen);
};

/** Samples while `work` goes on; the share of the stage's time that lies before it counts as progress. */
const watchPhase = async <Result>(
  context: Context,
  phase: Phase,
  work: Promise<Result>,
  bmc: BmcAnswers | null,
  seen: Seen,
): Promise<Result> => {
  const { system, signal, order } = context;
  const beforeMs = phase === "idle" ? 0 : order.idleS * 1000;
  const take = async (elapsedMs: number): Promise<void> => {
    const ratio = (beforeMs + elapsedMs) / ((order.idleS + order.loadS) * 1000);
    context.progress(ratio, phase === "idle" ? "power of the idle server" : "power under load");
    keepSample(await takePowerSample(context, bmc), phase, elapsedMs, seen);
  };
  let taken: Promise<void> = Promise.resolve();
  const result = await sampleWhile(work, {
    ...{ clock: system.clock, signal, everyMs: SAMPLE_MS },
    take: (elapsedMs) => {
      taken = take(elapsedMs);
      return taken;
    },
  });
  // A BMC may take longer than the phase. Were it not waited for, its sensors would be missing, and a load that has begun would be called idle.
  if (phase === "idle") await taken;
  return result;
};

const sectorsRead = async ({ system }: Context, disks: readonly BlockView[]): Promise<number> => {
  let sectors = 0;
  // Third of its fields, in 512 bytes whatever the disk has (Documentation/block/stat.rst).
  for (const { name } of disks)
    sectors += Number((await readAttribute(system.files, `/sys/block/${name}/stat`))?.split(/\s+/)[2] ?? 0);
  return sectors;
};

const findDisks = async ({ system, order }: Context): Promise<readonly BlockView[]> => {
  const blocks = await loadBlocks(system.files);
  return order.disks.flatMap(({ serial, sizeBytes }) => {
    const same = blocks.filter((block) => block.serial === serial && block.sizeBytes === sizeBytes);
    return same.length === 1 ? same : []; // two of one serial cannot be told apart, and need not be read
  });
};

/** Ports that are there now and have a link, by kernel name. */
const findPorts = async ({ system, order }: Context): Promise<readonly string[]> => {
  if (order.ports.length === 0) return [];
  const interfaces = await findInterfaces(system);
  const names = order.ports.flatMap((mac) => interfaces.get(mac) ?? []);
  const carriers = await Promise.all(names.map((name) => readAttribute(system.files, `${NET}/${name}/carrier`)));
  return names.filter((_, i) => carriers[i] === "1");
};

const bytesSent = async ({ system }: Context, ports: readonly string[]): Promise<readonly number[]> =>
  Promise.all(
    ports.map(async (name) => Number((await readAttribute(system.files, `${NET}/${name}/statistics/tx_bytes`)) ?? 0)),
  );

const runBurst = async (context: Context): Promise<NonNullable<PsuStageFacts["burst"]>> => {
  const { system, order, signal } = context;
  const timeoutMs = order.loadS * 1000 + LATE_MS;
  const disks = await findDisks(context);
  const before = await sectorsRead(context, disks);
  const argv = readArgv(
    disks.map(({ name }) => `/dev/${name}`),
    order.loadS,
  );
  const ports = await findPorts(context);
  const sentBefore = await bytesSent(context, ports);
  const agent = agentArgv(process.execPath, Bun.main);
  const [load] = await Promise.all([
    runStressNg(context, { argv: burstArgv(order.loadS), timeoutMs, name: "psu" }),
    disks.length === 0 ? undefined : system.exec({ argv, timeoutMs, confine: { name: "psu-disks" } }, signal),
    ...ports.map((port) => {
      const send = nicLoadArgv(agent, port, order.loadS);
      return system.exec({ argv: send, timeoutMs, confine: { name: "psu-ports" } }, signal);
    }),
  ]);
  const readBytes = Math.max(0, (await sectorsRead(context, disks)) - before) * 512;
  const grown = (await bytesSent(context, ports)).map((bytes, i) => Math.max(0, bytes - (sentBefore[i] ?? 0)));
  const sentBytes = grown.reduce((sum, bytes) => sum + bytes, 0);
  return { load, readBytes, readDisks: disks.length, sentBytes, sentPorts: grown.filter((bytes) => bytes > 0).length };
};

const seriesFacts = ({ phases, series }: Seen): PowerSeries[] => {
  const [idle, load] = [phases.idle.all(), phases.load.all()];
  return [...series].map(([key, reading]) => {
    const [before, under] = [idle.get(key), load.get(key)];
    return {
      ...reading,
      ...(before === undefined ? {} : { idle: before }),
      ...(under === undefined ? {} : { load: under }),
    };
  });
};

const totalFacts = ({ phases }: Seen): Pick<PsuStageFacts, "total"> => {
  for (const by of TOTALS) {
    const [idle, load] = [phases.idle.all().get(`total ${by}`), phases.load.all().get(`total ${by}`)];
    if (idle !== undefined && load !== undefined) return { total: { by, idle, load } };
  }
  return {};
};

const supplyFacts = ({ phases, supplies }: Seen): SupplyFacts[] =>
  [...supplies.values()].map((supply) => {
    const loadW = phases.load.all().get(`supply ${supply.name}`);
    return loadW === undefined ? supply : { ...supply, loadW };
  });

/** The effects of PSU. */
export const runPsu = async (context: Context): Promise<PsuStageFacts> => {
  const { system, order, signal } = context;
  const { facts, report } = await runProbe(ipmitoolProbe, system, signal);
  const bmc = report.status === "device-absent" || report.status === "tool-absent" ? null : (facts ?? null);
  const seen: Seen = {
    phases: { idle: createEnvelopes(), load: createEnvelopes() },
    ...{ series: new Map(), supplies: new Map(), redundancy: new Map(), csv: [] },
  };
  await watchPhase(context, "idle", system.clock.sleep(order.idleS * 1000, signal), bmc, seen);
  const isSilent = seen.series.size === 0 && seen.supplies.size === 0;
  // Nobody would see what the load does.
  const burst = isSilent ? undefined : await watchPhase(context, "load", runBurst(context), bmc, seen);
  if (!isSilent) context.artifact("power.csv", `phase,elapsed_s,sensor,kind,value\n${seen.csv.join("\n")}\n`);
  const hasHwmon = [...seen.series.values()].some(({ source }) => source === "hwmon");
  const { status, reason } = report;
  return {
    order,
    sources: [
      { source: "ipmi", status, ...(reason === undefined ? {} : { reason }) },
      hasHwmon
        ? { source: "hwmon", status: "ok" }
        : {
            source: "hwmon",
            status: "device-absent",
            reason: "The kernel has no sensor of power, voltage or current here.",
          },
    ],
    series: seriesFacts(seen),
    supplies: supplyFacts(seen),
    redundancy: [...seen.redundancy].map(([name, states]) => ({ name: cleanText(name, 256), states: [...states] })),
    ...totalFacts(seen),
    ...(burst === undefined ? {} : { burst }),
  };
};
