/** Asks NVIDIA's driver how its GPUs are: once, or again and again while they are under load. */
import type { System } from "../../system/system.ts";
import { linesOf } from "../lines.ts";
import { statusOfTool } from "../probe.ts";
import {
  busIdOf,
  type GpuState,
  refusedColumn,
  SAMPLE_COLUMNS,
  STATE_COLUMNS,
  STATE_ROW_COLUMNS,
  withoutColumn,
} from "./columns.ts";
import { createRowReader, parseNvidiaSmi } from "./parse.ts";

/** A server with eight GPUs and no persistence daemon initialises each of them for every call. */
const CALL_MS = 60_000;
/** Columns that a driver may not know; more refusals than that are no driver of this decade. */
const MOST_REFUSALS = 12;

/** GPUs at one moment, or why the driver does not say. */
export interface GpuStates {
  readonly gpus: readonly GpuState[];
  /** Absent when all is well. */
  readonly reason?: string;
  /** No tool: the image has no driver. */
  readonly toolAbsent?: true;
  /** What nvidia-smi printed, for the artifacts. */
  readonly text: string;
}

/** The command of a question. */
export const gpuQueryArgv = (option: string, columns: readonly string[], everyS?: number): [string, ...string[]] => [
  ...(["nvidia-smi", `--${option}=${columns.join(",")}`, "--format=csv,nounits"] as const),
  ...(everyS === undefined ? [] : ["-l", String(everyS)]),
];

/** GPUs whose own memory of themselves is corrupt: said in a line beside the table. */
export const corruptInforoms = (text: string): readonly string[] => {
  const found = new Set<string>();
  for (const line of linesOf(text)) {
    const address = busIdOf(/infoROM is corrupted at gpu ([0-9A-Fa-f:.]{7,16})/i.exec(line.slice(0, 500))?.[1]);
    if (address !== undefined) found.add(address);
  }
  return [...found];
};

/** Asks until the driver knows every column, leaving out those that it refuses. */
const ask = async (system: System, signal: AbortSignal, option: string, all: readonly string[]) => {
  let columns = all;
  for (let refusals = 0; ; refusals += 1) {
    const result = await system.exec({ argv: gpuQueryArgv(option, columns), timeoutMs: CALL_MS }, signal);
    const text = `${result.stdout}${result.stderr}`;
    const refused = refusedColumn(text);
    if (refused === undefined || refusals >= MOST_REFUSALS) return { result, text, columns };
    const fewer = withoutColumn(columns, refused);
    if (fewer.length === columns.length && !columns.includes(refused)) return { result, text, columns };
    columns = fewer;
  }
};

/** How every GPU is now. */
export const readGpuStates = async (system: System, signal: AbortSignal): Promise<GpuStates> => {
  const { result, text } = await ask(system, signal, "query-gpu", STATE_COLUMNS);
  const bad = statusOfTool("nvidia-smi", result);
  const parsed = parseNvidiaSmi(result.stdout);
  const gpus = parsed.ok ? parsed.facts : [];
  const reason = bad?.reason ?? (parsed.ok ? undefined : `nvidia-smi, ${parsed.place}: ${parsed.reason}`);
  if (bad?.status === "tool-absent") return { gpus: [], toolAbsent: true, reason: bad.reason, text };
  if (gpus.length === 0) return { gpus, ...(reason === undefined ? {} : { reason }), text };
  const rows = await ask(system, signal, "query-remapped-rows", STATE_ROW_COLUMNS);
  const rowsParsed = parseNvidiaSmi(rows.result.stdout);
  const rowsOf = new Map(rowsParsed.ok ? rowsParsed.facts.map((one) => [one.pciAddress, one]) : []);
  const joined = gpus.map((gpu) => ({ ...rowsOf.get(gpu.pciAddress), ...gpu }));
  return { gpus: joined, ...(reason === undefined ? {} : { reason }), text: `${text}\n${rows.text}` };
};

/** How one GPU was at one moment under load. */
export interface GpuSample {
  /** Since the sampling began. */
  readonly atMs: number;
  readonly gpu: GpuState;
}

/** Most samples of one GPU that are kept, and shown: four hours of seconds. Longer loads are sampled less often. */
const MOST_SAMPLES = 14_400;

/** Seconds between two samples of a load of this length: one, up to four hours. */
export const sampleEveryS = (seconds: number): number => Math.max(1, Math.ceil(seconds / MOST_SAMPLES));

/** Samples all GPUs until the signal aborts. Answers why it ended, when it ended by itself. */
export const sampleGpus = async (
  system: System,
  signal: AbortSignal,
  options: { readonly seconds: number; readonly onSample: (sample: GpuSample) => void },
): Promise<string | undefined> => {
  const probe = await ask(system, signal, "query-gpu", SAMPLE_COLUMNS);
  const startMs = system.clock.monoMs();
  const reader = createRowReader();
  let rest = "";
  let firstClockMs: number | undefined;
  // Lines may come in lumps: when they were written counts, not when they came.
  const timeOf = (gpu: GpuState): number => {
    if (gpu.clockMs === undefined) return system.clock.monoMs() - startMs;
    firstClockMs ??= gpu.clockMs;
    return Math.max(0, gpu.clockMs - firstClockMs);
  };
  const onText = (text: string, stream: "stdout" | "stderr"): void => {
    if (stream === "stderr") return;
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const gpu = reader.read(line);
      if (gpu !== undefined) options.onSample({ atMs: timeOf(gpu), gpu });
    }
  };
  const argv = gpuQueryArgv("query-gpu", probe.columns, sampleEveryS(options.seconds));
  // Two times the load and more: it is ended by the signal, and only a load that is late itself is outlived.
  const timeoutMs = options.seconds * 3_000 + 600_000;
  const result = await system.exec({ argv, timeoutMs, maxOutputBytes: 64 * 1024, onText }, signal);
  if (signal.aborted) return undefined;
  return statusOfTool("nvidia-smi", result)?.reason ?? "nvidia-smi stopped telling how the GPUs are.";
};
