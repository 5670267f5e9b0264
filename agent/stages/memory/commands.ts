/** How much is tested, and the very commands: what the plan shows and what the runner starts. Pure. */
import type { MEMORY_TOOLS, MemoryOrder } from "./facts.ts";

const MIB = 2 ** 20;

/** A program that tests memory. */
export type MemoryTool = (typeof MEMORY_TOOLS)[number];

/** What is to be left to the live system: the greater of two reserves, and half of what is available where that is less. */
export const reserveOf = (
  { reserveMib, reservePercent }: Pick<MemoryOrder, "reserveMib" | "reservePercent">,
  visibleBytes: number,
  availableBytes: number,
): number =>
  Math.round(Math.min(Math.max(reserveMib * MIB, (visibleBytes * reservePercent) / 100), availableBytes / 2));

/** Whole MiB of what is available beyond the reserve. */
export const bytesToTest = (availableBytes: number, reservedBytes: number): number =>
  Math.max(0, Math.floor((availableBytes - reservedBytes) / MIB) * MIB);

/** stressapptest works on blocks of 1 MiB, and each of its threads has some in hand; with fewer it does not start. */
const LEAST_BYTES = 64 * MIB;
const LEAST_BYTES_PER_CPU = 4 * MIB;

/** The better of the two has too little room on a small machine with many processors. */
export const toolFor = (bytes: number, cpuCount: number): MemoryTool =>
  bytes >= Math.max(LEAST_BYTES, LEAST_BYTES_PER_CPU * cpuCount) ? "stressapptest" : "stress-ng";

/** After this many wrong places it ends: they are enough to see whether they belong together. */
const MOST_INCIDENTS = 16;

/** The command. `bytes` are absolute: a share would be of something else for each tool. */
export const memoryArgv = (
  tool: MemoryTool,
  bytes: number | "<bytes>",
  loadS: number,
  cpuCount: number | "<CPUs>",
): readonly [string, ...string[]] => {
  if (tool === "stressapptest") {
    const mib = bytes === "<bytes>" ? "<MiB>" : String(Math.floor(bytes / MIB));
    const load = ["-W", "--cc_test", "--local_numa", "--max_errors", String(MOST_INCIDENTS)];
    return ["stressapptest", "-M", mib, "-s", String(loadS), ...load];
  }
  // Its bytes are those of all workers together (stress-ng's stress-vm.c); the manual of old releases says otherwise.
  const vm = ["--vm", String(cpuCount), "--vm-bytes", String(bytes), "--vm-method", "all", "--vm-keep", "--verify"];
  return ["stress-ng", ...vm, "--oomable", "-v", "--metrics-brief", "--temp-path", "/tmp", "--timeout", `${loadS}s`];
};

/** What a cell may hold: the memory under test, its page tables (8 bytes for each 4 KiB), and the tool itself. */
export const cellBytes = (bytes: number): number => Math.round(bytes * 1.01) + 64 * MIB;
