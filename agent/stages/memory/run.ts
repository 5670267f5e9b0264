/** Runs Memory: as much as the machine can spare, in a cell of its own, with the controllers' counts before and after. */
import { edacProbe } from "../../probes/edac/collect.ts";
import type { EdacController } from "../../probes/edac/parse.ts";
import { runProbe } from "../../probes/probe.ts";
import { parseMemAvailable, parseMemTotal } from "../../probes/sysfs/parse.ts";
import type { ExecResult } from "../../system/exec.ts";
import { Fault } from "../../system/fault.ts";
import { readAttribute } from "../../system/files.ts";
import { parseCpuList } from "../cpu/processors.ts";
import type { StageContext } from "../runner.ts";
import { sampleWhile } from "../sample-while.ts";
import { attemptFacts, lackedMemory, testedBytesOf } from "./attempt.ts";
import { bytesToTest, cellBytes, type MemoryTool, memoryArgv, reserveOf, toolFor } from "./commands.ts";
import type { AttemptFacts, MemoryFacts, MemoryOrder } from "./facts.ts";
import { moduleErrors } from "./module-errors.ts";

type Context = StageContext<MemoryOrder>;

const SAMPLE_MS = 1_000;
/** Memory is filled before the time begins and freed after it ended: a large server needs minutes for both. */
const LATE_MS = 90_000;
const LATE_MS_PER_GIB = 250;
const GIB = 2 ** 30;
/** A second attempt takes this share of the first. */
const RETRY_SHARE = 0.95;

const readMeminfo = async ({
  system,
}: Context): Promise<{ readonly totalBytes: number; readonly availableBytes: number }> => {
  const meminfo = (await readAttribute(system.files, "/proc/meminfo")) ?? "";
  const [totalBytes, availableBytes] = [parseMemTotal(meminfo), parseMemAvailable(meminfo)];
  if (totalBytes === undefined || availableBytes === undefined)
    throw new Fault("file-unreadable", { path: "/proc/meminfo", reason: "no MemTotal or MemAvailable" });
  return { totalBytes, availableBytes };
};

/** Error counts; undefined where nobody counts. */
const readEdac = async ({ system, signal }: Context): Promise<readonly EdacController[] | undefined> =>
  (await runProbe(edacProbe, system, signal)).facts;

/** One run of a tool, watched. */
const attempt = async (
  context: Context,
  tool: MemoryTool,
  askedBytes: number,
  cpuCount: number,
): Promise<AttemptFacts> => {
  const { system, order, signal } = context;
  const { availableBytes } = await readMeminfo(context);
  const timeoutMs = order.loadS * 1000 + LATE_MS + Math.round((askedBytes / GIB) * LATE_MS_PER_GIB);
  const argv = memoryArgv(tool, askedBytes, order.loadS, cpuCount);
  const confine = { name: "memory", memoryMaxBytes: cellBytes(askedBytes) };
  context.log("info", argv.join(" "));
  let leastBytes = availableBytes;
  const result: ExecResult = await sampleWhile(system.exec({ argv, timeoutMs, confine }, signal), {
    ...{ clock: system.clock, signal, everyMs: SAMPLE_MS },
    take: async (elapsedMs) => {
      context.progress(elapsedMs / (order.loadS * 1000), `${tool} on ${Math.round(askedBytes / 2 ** 20)} MiB`);
      leastBytes = Math.min(leastBytes, (await readMeminfo(context)).availableBytes);
    },
  });
  context.artifact(`${tool}-${askedBytes}.txt`, `${result.stdout}\n${result.stderr}`);
  return attemptFacts({ tool, askedBytes, dipBytes: availableBytes - leastBytes }, result);
};

/** Tools in the order in which they are tried: the other one where the first is not installed. */
const attemptWith = async (context: Context, bytes: number, cpuCount: number): Promise<AttemptFacts> => {
  const first = await attempt(context, toolFor(bytes, cpuCount), bytes, cpuCount);
  return first.tool === "stressapptest" && first.end === "absent"
    ? attempt(context, "stress-ng", bytes, cpuCount)
    : first;
};

const toAttempts = async (context: Context, bytes: number, cpuCount: number): Promise<AttemptFacts[]> => {
  const first = await attemptWith(context, bytes, cpuCount);
  if (!lackedMemory(first) || context.signal.aborted) return [first];
  context.log("warn", "the memory did not suffice: once more with 5 % less");
  return [first, await attemptWith(context, bytesToTest(bytes * RETRY_SHARE, 0), cpuCount)];
};

/** The effects of Memory. */
export const runMemory = async (context: Context): Promise<MemoryFacts> => {
  const { system, order } = context;
  const { totalBytes, availableBytes } = await readMeminfo(context);
  const reservedBytes = reserveOf(order, totalBytes, availableBytes);
  const online = parseCpuList((await readAttribute(system.files, "/sys/devices/system/cpu/online")) ?? "0");
  const before = await readEdac(context);
  const attempts = await toAttempts(context, bytesToTest(availableBytes, reservedBytes), Math.max(1, online.length));
  const errors = moduleErrors(order.installed, before, await readEdac(context));
  const last = attempts.at(-1);
  return {
    ...{ order, availableBytes, reservedBytes, attempts, visibleBytes: totalBytes },
    testedBytes: last === undefined ? 0 : testedBytesOf(last, order.loadS),
    ...(errors === undefined ? {} : { errors }),
  };
};
