/** What the load found: arithmetic, memory, speed. Rules. Pure. */
import type { Limits } from "../limits.ts";
import type { Finding, Rule } from "../rule.ts";
import type { GpuFacts, GpuLoadFacts, GpuRun } from "./facts.ts";
import { nameOf, ofEachGpu, type Said, skipped } from "./finding.ts";
import type { GPU_LIMITS } from "./limits.ts";

type Figures = Limits<typeof GPU_LIMITS>;

/**
 * Faults (`CUresult`) that a GPU causes and that no driver, image or setting does: the kernels are the same everywhere, and their own test executes them.
 * Memory and link errors, accesses and instructions that went wrong, launches that failed or never ended.
 */
const HARDWARE_FAULTS: ReadonlySet<number> = new Set([214, 220, 226, 700, 702, 714, 715, 716, 717, 718, 719]);
/** One for each pattern of the load. */
const PATTERNS = 6;

/** A load that did not end by itself; undefined for one that did. */
const brokenLoad = ({ end, reason = "", code }: GpuLoadFacts): Said | undefined => {
  if (end === "ended") return undefined;
  const isHardware = end === "stalled" || (end === "fault" && code !== undefined && HARDWARE_FAULTS.has(code));
  const words = { fault: "A call of the driver failed", stalled: "The GPU hung", absent: "CUDA's driver is not ready" };
  const what = end === "died" || end === "cancelled" ? "The load did not come to its end" : words[end];
  return isHardware
    ? { verdict: "FAIL", message: `${what} under load. ${reason}`, measured: end, limit: "ends by itself" }
    : {
        verdict: "ERROR",
        message: `${what}. ${reason}`,
        action: "Run the stage again; look at the driver of the image.",
      };
};

const hex = (word: number): string => `0x${word.toString(16).padStart(8, "0")}`;

const firstOf = ({ mismatches }: GpuLoadFacts, what: "compute" | "memory"): string => {
  const one = mismatches.find((mismatch) => mismatch.what === what);
  if (one === undefined) return "";
  const { place, expected, found, multiprocessor, pattern } = one;
  const where = what === "compute" ? `thread ${place} on multiprocessor ${multiprocessor}` : `offset ${place}`;
  const with_ = pattern === undefined ? "" : ` with pattern ${pattern}`;
  return ` The first: ${where}${with_}, ${hex(found)} where ${hex(expected)} is right.`;
};

const duration = (ms: number): string => `${Math.round(ms / 1000)} s`;

const findCompute = ({ load, notLoaded = "It was not loaded." }: GpuRun): readonly Said[] => {
  if (load === undefined) return skipped(notLoaded);
  const { computeMismatches, rounds, elapsedMs } = load;
  const limit = "0 wrong results";
  if (computeMismatches > 0) {
    const message = `Threads arrived ${computeMismatches} times at wrong results.${firstOf(load, "compute")}`;
    return [{ verdict: "FAIL", message, measured: `${computeMismatches} wrong results`, limit }];
  }
  const broken = brokenLoad(load);
  if (broken !== undefined) return [broken];
  if (rounds === 0) return [{ verdict: "ERROR", message: "The load ended without having computed anything." }];
  const message = `Every thread did ${rounds} rounds with the right results within ${duration(elapsedMs)}.`;
  return [{ verdict: "PASS", message, measured: "0 wrong results", limit }];
};

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

const findMemory = ({ load, notLoaded = "It was not loaded." }: GpuRun): readonly Said[] => {
  if (load === undefined) return skipped(notLoaded);
  const { memoryMismatches, passes, testBytes = 0 } = load;
  const limit = "0 wrong words";
  if (memoryMismatches > 0) {
    const message = `Words were read other than written, ${memoryMismatches} times.${firstOf(load, "memory")}`;
    return [{ verdict: "FAIL", message, measured: `${memoryMismatches} wrong words`, limit }];
  }
  if (passes < PATTERNS) {
    const message = `Only ${passes} of ${PATTERNS} patterns went over the memory.`;
    return [{ verdict: "ERROR", message, action: "Run the stage again, with a longer load if the GPU is slow." }];
  }
  const message = `${gibibytes(testBytes)} held what was written in ${passes} passes of ${PATTERNS} patterns.`;
  return [{ verdict: "PASS", message, measured: "0 wrong words", limit }];
};

const findCoverage = (
  { load, notLoaded = "It was not loaded." }: GpuRun,
  { coveragePercent }: Figures,
): readonly Said[] => {
  if (load === undefined) return skipped(notLoaded);
  const { memoryBytes, testBytes } = load;
  if (memoryBytes === undefined || memoryBytes === 0 || testBytes === undefined)
    return skipped("The load ended before it said how much memory it tests.");
  const share = Math.floor((testBytes / memoryBytes) * 1000) / 10;
  return [
    {
      verdict: share < coveragePercent ? "WARN" : "PASS",
      message: `${gibibytes(testBytes)} of ${gibibytes(memoryBytes)} were under test.`,
      measured: `${share} %`,
      limit: `at least ${coveragePercent} %`,
    },
  ];
};

/** GPUs of one model that computed to the end, with their speed. */
const findSpread = ({ gpus }: GpuFacts, { spreadPercent }: Figures): readonly Finding[] => {
  const measured = gpus.flatMap((gpu) => {
    const gflops = gpu.load?.mostGflops;
    return gflops === undefined || gpu.load?.end !== "ended" ? [] : [{ gpu, gflops, model: gpu.before.model ?? "" }];
  });
  const groups = [...Map.groupBy(measured, ({ model }) => model).values()];
  return groups.flatMap((group) => {
    const best = Math.max(...group.map(({ gflops }) => gflops));
    return group.map(({ gpu, gflops, model }): Finding => {
      const component = nameOf(gpu);
      if (group.length < 2) return { verdict: "SKIPPED", component, message: "There is no second GPU of its model." };
      const behind = best === 0 ? 0 : Math.round((1 - gflops / best) * 1000) / 10;
      return {
        ...{ component, verdict: behind > spreadPercent ? "WARN" : "PASS" },
        message: `It computes ${gflops} GFLOP/s; the best ${model} of the server ${best}.`,
        ...{ measured: `${behind} % less`, limit: `at most ${spreadPercent} % less` },
      };
    });
  });
};

/** See the entries. */
export const LOAD_RULES: readonly Rule<GpuFacts, Figures>[] = [
  {
    code: "gpu.compute",
    worst: "FAIL",
    source: "the load's chains of floats and integers end at figures that the host's processor computed: 0 may differ",
    action: "Run the stage again with the board in another slot; replace it if it computes wrongly there, too.",
    find: ofEachGpu(findCompute),
  },
  {
    code: "gpu.memory",
    worst: "FAIL",
    source: "what is written must be read back: 0 words may differ",
    action: "Replace the board: its memory is broken, and its own correction does not see it.",
    find: ofEachGpu(findMemory),
  },
  {
    code: "gpu.memory-coverage",
    worst: "WARN",
    source: "share of the whole memory under test (limits.gpu.coveragePercent)",
    action: "See what else holds memory of the GPU: a display, another program, instances.",
    find: ofEachGpu(findCoverage),
  },
  {
    code: "gpu.speed-spread",
    worst: "WARN",
    source: "boards of one model in one server have one load (limits.gpu.spreadPercent)",
    action: "Compare power limit, temperature and slot with those of the faster one.",
    find: findSpread,
  },
];
