/** Every figure by which the watch around the stages is judged. Pure. */
import type { Limits, LimitTable } from "../stages/limits.ts";

/** The limits. */
export const WATCH_LIMITS = {
  correctableFailPerMinute: {
    what: "Corrected errors of a PCI Express link that fail it",
    unit: "errors/min",
    source: "DCGM: 480 in 15 minutes",
    default: 32,
    min: 0,
    max: 1_000_000,
  },
  memoryFailCount: {
    what: "Corrected errors of a memory module during one stage that fail it",
    unit: "errors",
    source: "stricter than fleets (OCP error monitor: 4000 a day), because the module was just repaired or delivered",
    default: 10,
    min: 1,
    max: 1_000_000,
  },
  frameFailCount: {
    what: "Damaged frames of a network interface that fail it; fewer are told",
    unit: "frames",
    source: "a link in order damages none: BER 1e-12 and better (IEEE 802.3); one is forgiven",
    default: 2,
    min: 1,
    max: 1_000_000,
  },
  flapFailCount: {
    what: "Times that a link went and came back that fail it; fewer are told",
    unit: "times",
    source: "a link in order stays; one is forgiven, as somebody may have touched the cable",
    default: 2,
    min: 1,
    max: 1_000,
  },
} as const satisfies LimitTable;

/** Figures in force. */
export type WatchLimits = Limits<typeof WATCH_LIMITS>;
