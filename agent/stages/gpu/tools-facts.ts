/** What gpu-burn and DCGM's diagnostic said, where the image has them. Pure. */
import * as v from "valibot";
import { count, text } from "../../wire/fields.ts";

const words = v.optional(text(500));
const MOST_GPUS = 128;
const MOST_TESTS = 256;

/** One GPU as gpu-burn saw it. */
export const BurnedGpu = v.object({
  /** As nvidia-smi tells it; absent when gpu-burn did not come to its list. */
  uuid: words,
  /** Its place in gpu-burn's list, which is that of nvidia-smi. */
  index: count,
  verdict: v.optional(v.picklist(["ok", "faulty", "died"])),
  processed: v.optional(count),
  errorCount: count,
  fastestGflopsPerS: v.optional(count),
});
/** One GPU as gpu-burn saw it. */
export type BurnedGpu = v.InferOutput<typeof BurnedGpu>;

/** A run of gpu-burn. */
export const BurnFacts = v.object({
  seconds: count,
  /** It reached the list at its end. */
  ended: v.boolean(),
  /** Why there is no more of it. */
  reason: words,
  gpus: v.pipe(v.array(BurnedGpu), v.maxLength(MOST_GPUS)),
});
/** A run of gpu-burn. */
export type BurnFacts = v.InferOutput<typeof BurnFacts>;

/** How one test of DCGM's ended for one GPU. */
export const DiagnosedGpu = v.object({
  test: text(100),
  status: v.picklist(["pass", "fail", "warn", "skip", "unknown"]),
  /** The GPU's serial, where DCGM tells it. */
  serial: words,
  /** DCGM's number, which is that of nvidia-smi; absent for a result that is of no GPU alone. */
  index: v.optional(count),
  /** Its first complaint. */
  said: words,
});
/** How one test of DCGM's ended for one GPU. */
export type DiagnosedGpu = v.InferOutput<typeof DiagnosedGpu>;

/** A run of DCGM's diagnostic. */
export const DiagnosisFacts = v.object({
  level: count,
  version: words,
  /** Why there are no results, or not all. */
  reason: words,
  results: v.pipe(v.array(DiagnosedGpu), v.maxLength(MOST_TESTS)),
});
/** A run of DCGM's diagnostic. */
export type DiagnosisFacts = v.InferOutput<typeof DiagnosisFacts>;
