/** Asks NVIDIA's driver about its GPUs, where the PCI bus has any. */
import { readAttribute } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import { type Collected, type Probe, type RawOutput, statusOfTool } from "../probe.ts";
import { GPU_COLUMNS, type NvidiaFacts, parseNvidiaSmi, ROW_COLUMNS } from "./parse.ts";

/** A server with eight GPUs and no persistence daemon initialises each of them for every call. */
const TIMEOUT_MS = 45_000;
const CALL_MS = 30_000;
const PCI = "/sys/bus/pci/devices";
/** NVIDIA by its PCI vendor id, and display controllers by their class (03xx). */
const NVIDIA = "0x10de";
const DISPLAY = /^0x03/;

/** Said without a driver, or with one of another version; and by a driver that has no GPU. */
const NO_DRIVER =
  /^(?:NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver|Failed to initialize NVML: (?:Driver Not Loaded|Driver\/library version mismatch)|No devices were found)/;

const hasGpu = async ({ files }: System): Promise<boolean> => {
  for (const address of await files.list(PCI)) {
    if ((await readAttribute(files, `${PCI}/${address}/vendor`)) !== NVIDIA) continue;
    if (DISPLAY.test((await readAttribute(files, `${PCI}/${address}/class`)) ?? "")) return true;
  }
  return false;
};

const query = async (system: System, signal: AbortSignal, option: string, columns: string, artifact: string) => {
  const argv = ["nvidia-smi", `--${option}=${columns}`, "--format=csv,nounits"] as const;
  const result = await system.exec({ argv: [...argv], timeoutMs: CALL_MS }, signal);
  const raw: RawOutput = { name: artifact, text: result.stdout };
  return { result, raw, parsed: parseNvidiaSmi(result.stdout) };
};

const collectGpus = async (system: System, signal: AbortSignal): Promise<Collected<readonly NvidiaFacts[]>> => {
  const gpus = await query(system, signal, "query-gpu", GPU_COLUMNS, "nvidia-smi.csv");
  const bad = statusOfTool("nvidia-smi", gpus.result, NO_DRIVER);
  if (bad !== undefined) return { ...bad, raw: [gpus.raw] };
  if (!gpus.parsed.ok)
    return { status: "failed", reason: `nvidia-smi, ${gpus.parsed.place}: ${gpus.parsed.reason}`, raw: [gpus.raw] };
  const rows = await query(system, signal, "query-remapped-rows", ROW_COLUMNS, "nvidia-smi-rows.csv");
  // GPUs before Ampere remap no rows, and older drivers do not know the question.
  const rowsOf = new Map(rows.parsed.ok ? rows.parsed.facts.map((one) => [one.pciAddress, one]) : []);
  const facts = gpus.parsed.facts.map((gpu) => ({ ...rowsOf.get(gpu.pciAddress), ...gpu }));
  const hung = rows.result.end === "timed-out" ? statusOfTool("nvidia-smi", rows.result) : undefined;
  return { status: "ok", ...hung, facts, raw: [gpus.raw, rows.raw] };
};

/** NVIDIA's GPUs. A server without one is not asked: the tool is no part of every image. */
export const nvidiaSmiProbe: Probe<readonly NvidiaFacts[]> = {
  name: "nvidia-smi",
  timeoutMs: TIMEOUT_MS,
  collect: async (system, signal) =>
    (await hasGpu(system))
      ? collectGpus(system, signal)
      : { status: "device-absent", reason: "There is no NVIDIA GPU on the PCI bus.", raw: [] },
};
