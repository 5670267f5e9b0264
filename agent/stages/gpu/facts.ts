/** Facts and order of GPU. Pure. */
import * as v from "valibot";
import { GpuState } from "../../probes/nvidia-smi/columns.ts";
import { count, text } from "../../wire/fields.ts";
import { Envelope } from "../envelope.ts";
import { BurnFacts, DiagnosisFacts } from "./tools-facts.ts";

const words = v.optional(text(500));
const number = v.optional(v.pipe(v.number(), v.finite()));
const MOST_GPUS = 64;

/** NVIDIA by its PCI vendor id. */
export const NVIDIA = "10de";

/** What the box wants done. */
export const GpuOrder = v.object({
  loadS: v.pipe(count, v.minValue(1)),
  memoryPercent: v.pipe(count, v.minValue(1), v.maxValue(100)),
  /** How long gpu-burn runs where the image has it; 0 leaves it out. */
  burnS: v.optional(count, 0),
  /** DCGM's run level where the image has it; 0 leaves it out. */
  diagnosisLevel: v.optional(v.pipe(count, v.maxValue(3)), 0),
  /** NVIDIA's GPUs that the inventory saw: those that are loaded. */
  gpus: v.pipe(v.array(text(64)), v.maxLength(MOST_GPUS)),
});
/** What the box wants done. */
export type GpuOrder = v.InferOutput<typeof GpuOrder>;

/** A display function of the PCI bus, as the kernel shows it. */
export const DisplayFunction = v.object({
  pciAddress: text(64),
  vendorId: text(16),
  classId: text(16),
  /** The kernel's driver that has it. */
  driver: words,
});
/** A display function. */
export type DisplayFunction = v.InferOutput<typeof DisplayFunction>;

/** One of the first places where the load found something wrong. */
export const MismatchFacts = v.object({
  what: v.picklist(["compute", "memory"]),
  place: count,
  expected: count,
  found: count,
  multiprocessor: count,
  pattern: words,
});

/** How the load of one GPU went. */
export const GpuLoadFacts = v.object({
  end: v.picklist(["ended", "fault", "absent", "stalled", "died", "cancelled"]),
  /** For every end but `ended`. */
  reason: words,
  /** The driver's number for the fault (`CUresult`). */
  code: number,
  cudaVersion: words,
  memoryBytes: v.optional(count),
  testBytes: v.optional(count),
  elapsedMs: count,
  rounds: count,
  passes: count,
  verifiedBytes: count,
  computeMismatches: count,
  memoryMismatches: count,
  mismatches: v.pipe(v.array(MismatchFacts), v.maxLength(32)),
  leastGflops: number,
  mostGflops: number,
});
/** How the load of one GPU went. */
export type GpuLoadFacts = v.InferOutput<typeof GpuLoadFacts>;

/** How a GPU was while it was at work: of the samples that say so (90 % busy or more). */
export const UnderLoad = v.object({
  sampleCount: count,
  tempC: v.optional(Envelope),
  memoryTempC: v.optional(Envelope),
  tempMarginC: v.optional(Envelope),
  powerW: v.optional(Envelope),
  smClockMHz: v.optional(Envelope),
  linkGen: v.optional(Envelope),
  linkWidth: v.optional(Envelope),
  /** In how many of the samples each reason for lower clocks stood, by its bit in decimal. */
  clockReasons: v.record(text(20), count),
});
/** How a GPU was while it was at work. */
export type UnderLoad = v.InferOutput<typeof UnderLoad>;

/** An error of NVIDIA's driver that came while the stage ran. */
export const XidFacts = v.object({
  pciAddress: text(64),
  number: count,
  ofSwitch: v.optional(v.literal(true)),
  count,
  text: text(500),
});
/** An error of NVIDIA's driver. */
export type XidFacts = v.InferOutput<typeof XidFacts>;

/** One GPU that the driver knows. */
export const GpuRun = v.object({
  pciAddress: text(64),
  before: GpuState,
  after: v.optional(GpuState),
  /** Absent when it was not loaded; then `notLoaded` says why. */
  load: v.optional(GpuLoadFacts),
  notLoaded: words,
  underLoad: v.optional(UnderLoad),
  /** Its own memory of itself is corrupt. */
  inforomCorrupt: v.boolean(),
});
/** One GPU that the driver knows. */
export type GpuRun = v.InferOutput<typeof GpuRun>;

/** What GPU measured. */
export const GpuFacts = v.object({
  order: GpuOrder,
  functions: v.array(DisplayFunction),
  /** What keeps NVIDIA's driver from answering; absent when it does, or is not needed. */
  driver: v.optional(
    v.object({
      reason: text(500),
      /** nvidia-smi is not installed: the image has no driver. */
      toolAbsent: v.boolean(),
      /** The kernel takes signed modules only (`/sys/kernel/security/lockdown`), as it does under Secure Boot. */
      lockdown: v.boolean(),
    }),
  ),
  gpus: v.pipe(v.array(GpuRun), v.maxLength(MOST_GPUS)),
  /** Absent when the kernel log could not be read before and after. */
  xids: v.optional(v.pipe(v.array(XidFacts), v.maxLength(200))),
  /** Absent where the image has no gpu-burn. */
  burn: v.optional(BurnFacts),
  /** Absent where the image has no DCGM. */
  diagnosis: v.optional(DiagnosisFacts),
  /** Why the samples are not complete. */
  sampling: words,
});
/** What GPU measured. */
export type GpuFacts = v.InferOutput<typeof GpuFacts>;
