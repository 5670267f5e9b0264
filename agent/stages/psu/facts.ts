/** Facts and order of PSU. Pure. */
import * as v from "valibot";
import { count, macAddress, text } from "../../wire/fields.ts";
import { Envelope } from "../envelope.ts";
import { LoadFacts } from "../load-facts.ts";

/** What the box wants done. */
export const PsuOrder = v.object({
  idleS: v.pipe(count, v.minValue(1)),
  loadS: v.pipe(count, v.minValue(1)),
  /** Disks that may be read; nothing is ever written to them here. */
  disks: v.array(v.object({ serial: text(256), sizeBytes: count })),
  /** Ports that may be loaded, by MAC. */
  ports: v.optional(v.array(macAddress), []),
});
/** What the box wants done. */
export type PsuOrder = v.InferOutput<typeof PsuOrder>;

/** Where readings come from. */
export const POWER_SOURCES = ["ipmi", "dcmi", "hwmon"] as const;
/** What they are of, in W, V and A. */
export const POWER_KINDS = ["power", "voltage", "current"] as const;

/** One sensor, idle and under load. */
export const PowerSeries = v.object({
  name: text(256),
  source: v.picklist(POWER_SOURCES),
  kind: v.picklist(POWER_KINDS),
  idle: v.optional(Envelope),
  load: v.optional(Envelope),
  /** The worst that the sensor said of itself by its own thresholds; absent when it has none. */
  worst: v.optional(v.picklist(["ok", "warning", "critical", "non-recoverable"])),
});
/** One sensor, idle and under load. */
export type PowerSeries = v.InferOutput<typeof PowerSeries>;

/** One power supply. */
export const SupplyFacts = v.object({
  /** `PSU 1 S/N 12345678`. */
  name: text(256),
  /** False for an empty bay. */
  present: v.optional(v.boolean()),
  /** Everything that it asserted at any time. */
  states: v.array(text(256)),
  maxW: v.optional(v.number()),
  loadW: v.optional(Envelope),
});
/** One power supply. */
export type SupplyFacts = v.InferOutput<typeof SupplyFacts>;

/** What PSU measured. */
export const PsuStageFacts = v.object({
  order: PsuOrder,
  /** How each source answered. */
  sources: v.array(
    v.object({
      source: v.picklist(POWER_SOURCES),
      status: v.picklist(["ok", "tool-absent", "device-absent", "timed-out", "failed"]),
      reason: v.optional(text(2000)),
    }),
  ),
  series: v.array(PowerSeries),
  supplies: v.array(SupplyFacts),
  /** Sensors that tell whether the supplies back each other up, with all they asserted. */
  redundancy: v.array(v.object({ name: text(256), states: v.array(text(256)) })),
  /** The server as a whole, by the best source that told it both idle and under load. */
  total: v.optional(v.object({ by: text(256), idle: Envelope, load: Envelope })),
  /** Absent when nothing could have been measured: then nothing was loaded. */
  burst: v.optional(
    v.object({
      load: LoadFacts,
      /** Disks that were read, of those that were to be, and how much. */
      readDisks: count,
      readBytes: count,
      /** Ports that sent, of those that were to and have a link, and how much. */
      sentPorts: v.optional(count, 0),
      sentBytes: v.optional(count, 0),
    }),
  ),
});
/** What PSU measured. */
export type PsuStageFacts = v.InferOutput<typeof PsuStageFacts>;
