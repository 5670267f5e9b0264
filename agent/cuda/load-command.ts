/** `vetbox-agent gpu-load`: the load as a process that its parent can kill, whatever the driver does. One JSON object a line; the exit code says nothing. */
import { writeSync } from "node:fs";
import { defineCommand } from "citty";
import { Fault } from "../system/fault.ts";
import { openCuda } from "./driver.ts";
import { type LoadOrder, loadGpu } from "./load.ts";
import { type LoadLine, renderLoadLine } from "./load-line.ts";

/** Comes with NVIDIA's driver. */
export const CUDA_LIBRARY = "libcuda.so.1";

const wordsOf = (value: unknown): string => String(value ?? "").slice(0, 100) || "unknown";

const faultLine = (fault: Fault): LoadLine => {
  const { call, code, name, text } = fault.context;
  return { kind: "fault", call: wordsOf(call), code: Number(code), name: wordsOf(name), text: wordsOf(text) };
};

const say = (line: LoadLine): void => {
  writeSync(1, renderLoadLine(line));
};

/** Opens the driver and loads the GPU. */
const runLoad = (library: string, order: LoadOrder): void => {
  try {
    const cuda = openCuda(library);
    if (cuda.ok) loadGpu(cuda.driver, order, { say, nowMs: () => performance.now() });
    else say({ kind: "absent", what: "library", reason: cuda.reason.slice(0, 500) || "It cannot be opened." });
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "driver-failed") throw error;
    say(faultLine(error));
  }
};

const numberBetween = (word: string, name: string, least: number, most: number): number => {
  const value = Number(word);
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw new Fault("bad-input", { words: [`--${name}: must be ${least} to ${most}`] });
};

/** Most that `--seconds` takes: a week. */
const MOST_SECONDS = 604_800;

/** The command. */
export const gpuLoadCommand = defineCommand({
  meta: {
    name: "gpu-load",
    description: "Load one NVIDIA GPU, check its arithmetic and memory, and say so line by line.",
  },
  args: {
    gpu: { type: "string", required: true, description: "PCI address: 0000:3b:00.0" },
    seconds: {
      type: "string",
      required: true,
      description: "How long; every memory pattern has its turn all the same",
    },
    "memory-percent": { type: "string", default: "95", description: "How much of the free memory is tested" },
    library: { type: "string", default: CUDA_LIBRARY, description: "NVIDIA's driver library" },
  },
  run: ({ args }) => {
    const { gpu, seconds, library } = args;
    runLoad(library, {
      pciAddress: gpu.toLowerCase(),
      seconds: numberBetween(seconds, "seconds", 0, MOST_SECONDS),
      memoryPercent: numberBetween(args["memory-percent"], "memory-percent", 1, 100),
    });
  },
});
