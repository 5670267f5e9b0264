/** Runs GPU: asks, loads all GPUs at once while they are sampled, asks again. */
import { agentArgv, type GpuLoad, type LoadOutcome, runGpuLoad } from "../../cuda/run-load.ts";
import { newXids, parseXids, type Xid } from "../../probes/kernel/xid.ts";
import { present } from "../../probes/label.ts";
import {
  corruptInforoms,
  type GpuSample,
  type GpuStates,
  readGpuStates,
  sampleGpus,
} from "../../probes/nvidia-smi/state.ts";
import { readAttribute } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import type { StageContext } from "../runner.ts";
import { renderGpuChart } from "./chart.ts";
import { KERNEL_LOG_ARGV } from "./commands.ts";
import { renderGpuCsv } from "./csv.ts";
import { type DisplayFunction, type GpuFacts, type GpuLoadFacts, type GpuOrder, type GpuRun, NVIDIA } from "./facts.ts";
import { runBurn, runDiagnosis } from "./tools.ts";
import { underLoadOf } from "./under-load.ts";

const PCI = "/sys/bus/pci/devices";
const LOCKDOWN = "/sys/kernel/security/lockdown";
const LOG_MS = 30_000;
const LOG_BYTES = 16 * 2 ** 20;

/** Display controllers, and AMD's processing accelerators, by the first two digits of their class. */
const GPU_CLASS = /^0x(03|12)/;

const readFunctions = async ({ files }: System): Promise<DisplayFunction[]> => {
  const found: DisplayFunction[] = [];
  for (const pciAddress of await files.list(PCI)) {
    const classId = (await readAttribute(files, `${PCI}/${pciAddress}/class`)) ?? "";
    if (!GPU_CLASS.test(classId)) continue;
    const vendor = (await readAttribute(files, `${PCI}/${pciAddress}/vendor`)) ?? "";
    const driver = (await files.realPath(`${PCI}/${pciAddress}/driver`))?.split("/").at(-1);
    const ids = { vendorId: vendor.replace(/^0x/, ""), classId: classId.slice(2, 6) };
    found.push({ pciAddress, ...ids, ...(driver === undefined ? {} : { driver }) });
  }
  return found;
};

/** `none [integrity] confidentiality`: the one in brackets is in force. Without the file the kernel knows no lockdown. */
const isLockedDown = async ({ files }: System): Promise<boolean> =>
  /\[(?:integrity|confidentiality)\]/.test((await readAttribute(files, LOCKDOWN)) ?? "");

const readXids = async (system: System, signal: AbortSignal): Promise<readonly Xid[] | undefined> => {
  const argv: [string, ...string[]] = [...KERNEL_LOG_ARGV];
  const log = await system.exec({ argv, timeoutMs: LOG_MS, maxOutputBytes: LOG_BYTES }, signal);
  return log.end === "exited" && log.exitCode === 0 ? parseXids(log.stdout) : undefined;
};

const NONE_YET = { elapsedMs: 0, rounds: 0, passes: 0, verifiedBytes: 0, computeMismatches: 0, memoryMismatches: 0 };
const MOST_MISMATCHES = 32;
const MOST_WORDS = 500;

const loadFactsOf = ({
  end,
  reason,
  fault,
  device,
  last,
  mismatches,
  leastGflops,
  mostGflops,
}: LoadOutcome): GpuLoadFacts => {
  const { elapsedMs, rounds, passes, verifiedBytes, computeMismatches, memoryMismatches } = last ?? NONE_YET;
  // A load that died between two lines may have named places that its last count does not hold yet.
  const named = (what: "compute" | "memory") => mismatches.filter((one) => one.what === what).length;
  return {
    end,
    ...(reason === undefined ? {} : { reason: reason.replace(/\p{Cc}+/gu, " ").slice(0, MOST_WORDS) }),
    ...(fault === undefined ? {} : { code: fault.code }),
    ...(device === undefined
      ? {}
      : { cudaVersion: device.cudaVersion, memoryBytes: device.memoryBytes, testBytes: device.testBytes }),
    ...{ elapsedMs, rounds, passes, verifiedBytes },
    computeMismatches: Math.max(computeMismatches, named("compute")),
    memoryMismatches: Math.max(memoryMismatches, named("memory")),
    mismatches: mismatches.slice(0, MOST_MISMATCHES).map(({ kind: _, ...mismatch }) => mismatch),
    ...(leastGflops === undefined ? {} : { leastGflops }),
    ...(mostGflops === undefined ? {} : { mostGflops }),
  };
};

/** How the runner starts the load; a test has its own program and library. */
export interface GpuParts {
  readonly agent: readonly [string, ...string[]];
  readonly library?: string;
}

type Context = StageContext<GpuOrder>;
interface Loaded {
  readonly loads: ReadonlyMap<string, GpuLoadFacts>;
  readonly samples: readonly GpuSample[];
  readonly sampling: string | undefined;
}

/** Loads GPUs, all at once: the power supplies and the air have to do for all of them. */
const loadAll = async (parts: GpuParts, context: Context, addresses: readonly string[]): Promise<Loaded> => {
  const { system, order, signal, progress, log } = context;
  const samples: GpuSample[] = [];
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const sampled = sampleGpus(system, stop, { seconds: order.loadS, onSample: (sample) => samples.push(sample) });
  const loadOne = async (pciAddress: string): Promise<readonly [string, GpuLoadFacts]> => {
    const load: GpuLoad = {
      ...{ pciAddress, seconds: order.loadS, memoryPercent: order.memoryPercent },
      ...(parts.library === undefined ? {} : { library: parts.library }),
    };
    const outcome = await runGpuLoad(system, parts.agent, load, {
      signal,
      onLine: (line) => {
        if (line.kind !== "tick") return;
        progress(line.elapsedMs / (order.loadS * 1_000), `GPU ${pciAddress}: ${line.gflops ?? 0} GFLOP/s`);
      },
    });
    const words = `GPU ${pciAddress}: ${outcome.end}${outcome.reason === undefined ? "" : `. ${outcome.reason}`}`;
    log(outcome.end === "ended" ? "info" : "warn", words);
    return [pciAddress, loadFactsOf(outcome)];
  };
  const loads = new Map(await Promise.all(addresses.map(loadOne)));
  over.abort();
  return { loads, samples, sampling: await sampled };
};

const CUT = "It is cut into instances (MIG): a load would see one of them. Switch MIG off to test the whole board.";
const UNKNOWN = "The inventory did not have it, so it was not ordered.";

const whyNotLoaded = ({ gpus }: GpuOrder, { pciAddress, mig }: GpuStates["gpus"][number]): string | undefined =>
  gpus.includes(pciAddress) ? (mig === true ? CUT : undefined) : UNKNOWN;

const driverOf = async (system: System, states: GpuStates): Promise<GpuFacts["driver"]> => ({
  reason: (states.reason ?? "It shows no GPU.").replace(/\p{Cc}+/gu, " ").slice(0, MOST_WORDS),
  toolAbsent: states.toolAbsent === true,
  lockdown: await isLockedDown(system),
});

const measure = async (parts: GpuParts, context: Context, before: GpuStates): Promise<Omit<GpuFacts, "functions">> => {
  const { system, order, signal, artifact } = context;
  const xidsBefore = await readXids(system, signal);
  const toLoad = before.gpus.filter((gpu) => whyNotLoaded(order, gpu) === undefined).map((gpu) => gpu.pciAddress);
  const { loads, samples, sampling } = await loadAll(parts, context, toLoad);
  // Before the counters are asked again: what these two make a GPU say is judged as well.
  const [burn, diagnosis] = toLoad.length === 0 ? [] : [await runBurn(context), await runDiagnosis(context)];
  const after = await readGpuStates(system, signal);
  const xidsAfter = await readXids(system, signal);
  artifact("nvidia-smi-after.csv", after.text);
  artifact("gpu.csv", renderGpuCsv(samples));
  artifact("gpu.svg", renderGpuChart(samples));
  const corrupt = new Set(corruptInforoms(`${before.text}\n${after.text}`));
  const gpus = before.gpus.map((state): GpuRun => {
    const { pciAddress } = state;
    const [load, underLoad] = [loads.get(pciAddress), underLoadOf(samples, pciAddress)];
    const stateAfter = after.gpus.find((one) => one.pciAddress === pciAddress);
    const notLoaded = whyNotLoaded(order, state);
    return {
      ...{ pciAddress, before: state, inforomCorrupt: corrupt.has(pciAddress) },
      ...(stateAfter === undefined ? {} : { after: stateAfter }),
      ...(load === undefined ? {} : { load }),
      ...(notLoaded === undefined ? {} : { notLoaded }),
      ...(underLoad === undefined ? {} : { underLoad }),
    };
  });
  const xids = xidsBefore === undefined || xidsAfter === undefined ? undefined : newXids(xidsBefore, xidsAfter);
  return {
    ...{ order, gpus, ...present({ burn, diagnosis }) },
    ...(xids === undefined ? {} : { xids: [...xids] }),
    ...(sampling === undefined ? {} : { sampling: sampling.replace(/\p{Cc}+/gu, " ").slice(0, MOST_WORDS) }),
  };
};

/** Makes the runner. */
export const createGpuRunner =
  (parts: GpuParts) =>
  async (context: Context): Promise<GpuFacts> => {
    const { system, order, signal, artifact } = context;
    const functions = await readFunctions(system);
    const hasNvidia = order.gpus.length > 0 || functions.some(({ vendorId }) => vendorId === NVIDIA);
    if (!hasNvidia) return { order, functions, gpus: [] };
    const before = await readGpuStates(system, signal);
    artifact("nvidia-smi-before.csv", before.text);
    if (before.gpus.length === 0) {
      const driver = await driverOf(system, before);
      return { order, functions, gpus: [], ...(driver === undefined ? {} : { driver }) };
    }
    const measured = await measure(parts, context, before);
    // Once more: a GPU that fell off the bus under load is gone from here as well.
    return { ...measured, functions: await readFunctions(system) };
  };

/** The effects of GPU. */
export const runGpu = createGpuRunner({ agent: agentArgv(process.execPath, Bun.main) });
