/** What the samples of a load come to, GPU by GPU. Pure but for the sums it keeps. */
import type { GpuState } from "../../probes/nvidia-smi/columns.ts";
import type { GpuSample } from "../../probes/nvidia-smi/state.ts";
import { createEnvelopes } from "../envelope.ts";
import type { UnderLoad } from "./facts.ts";

/** A GPU is at work when the driver says so; between two patterns of the memory test it rests a moment. */
const AT_WORK_PERCENT = 90;
/** Bits of `clocks_event_reasons` that are defined (NVML up to driver 570). */
const REASON_BITS = 12;

/** What is followed through the load. A resting link slows down: only what is sampled at work counts. */
const SERIES = ["tempC", "memoryTempC", "tempMarginC", "powerW", "smClockMHz", "linkGen", "linkWidth"] as const;

const isAtWork = ({ busyPercent }: GpuState): boolean => busyPercent !== undefined && busyPercent >= AT_WORK_PERCENT;

/** The samples of one GPU at work; undefined when there is none. */
export const underLoadOf = (samples: readonly GpuSample[], pciAddress: string): UnderLoad | undefined => {
  const envelopes = createEnvelopes();
  const clockReasons: Record<string, number> = {};
  let sampleCount = 0;
  for (const { gpu } of samples) {
    if (gpu.pciAddress !== pciAddress || !isAtWork(gpu)) continue;
    sampleCount += 1;
    for (const series of SERIES) if (gpu[series] !== undefined) envelopes.add(series, gpu[series]);
    for (let bit = 0; bit < REASON_BITS; bit += 1) {
      const value = 2 ** bit;
      if (((gpu.clockReasons ?? 0) & value) !== 0) clockReasons[value] = (clockReasons[value] ?? 0) + 1;
    }
  }
  return sampleCount === 0 ? undefined : { sampleCount, ...Object.fromEntries(envelopes.all()), clockReasons };
};
