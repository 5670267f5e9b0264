/** Facts and order of CPUStress. Pure. */
import * as v from "valibot";
import { count, text } from "../../wire/fields.ts";
import { Envelope } from "../envelope.ts";
import { LoadFacts } from "../load-facts.ts";
import { MiscomputeFacts } from "./canary-report.ts";

/** What the box wants done. */
export const CpuOrder = v.object({
  loadS: v.pipe(count, v.minValue(1)),
  /** Logical processors that the inventory saw; absent when it saw none. */
  expectedCpus: v.optional(count),
});
/** What the box wants done. */
export type CpuOrder = v.InferOutput<typeof CpuOrder>;

/** How one canary fared. */
export const CanaryFacts = v.object({
  cpu: count,
  socket: count,
  /** `crashed`: by a signal that a wrong computation raises. `lost`: it did not report, and `reason` says why. */
  end: v.picklist(["reported", "crashed", "lost"]),
  reason: v.optional(text(300)),
  /** Times that all sums were done, and how long that took. */
  rounds: count,
  durationMs: count,
  miscomputes: v.array(MiscomputeFacts),
});
/** How one canary fared. */
export type CanaryFacts = v.InferOutput<typeof CanaryFacts>;

/** One temperature while the load ran. */
export const HeatFacts = v.object({
  name: text(256),
  /** All sensors of one processor, disk or module share it. */
  chip: text(256),
  isProcessor: v.boolean(),
  tempC: Envelope,
  criticalC: v.optional(v.number()),
});

/** One socket. */
export const SocketLoadFacts = v.object({
  socket: count,
  cpuCount: count,
  /** By how much its counts of throttling grew, of its cores together and of the package; absent where nobody counts. */
  coreThrottles: v.optional(count),
  packageThrottles: v.optional(count),
  /** Mean over its processors while the load ran; absent where the kernel does not measure. */
  speedMhz: v.optional(Envelope),
  baseMhz: v.optional(v.number()),
});
/** One socket. */
export type SocketLoadFacts = v.InferOutput<typeof SocketLoadFacts>;

/** What CPUStress measured. */
export const CpuFacts = v.object({
  order: CpuOrder,
  presentCount: count,
  /** Online when the load began, and those of them that were gone when it was over. */
  onlineCount: count,
  lostCpus: v.array(count),
  load: LoadFacts,
  canaries: v.array(CanaryFacts),
  sockets: v.array(SocketLoadFacts),
  temperatures: v.array(HeatFacts),
});
/** What CPUStress measured. */
export type CpuFacts = v.InferOutput<typeof CpuFacts>;
