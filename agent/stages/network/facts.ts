/** What Network found: each port with its link, its counters and its measurements. Pure. */
import * as v from "valibot";
import { count, macAddress, text } from "../../wire/fields.ts";

/** Why a measurement has no figure. */
export const TROUBLES = [
  /** Nobody listens at the address. */
  "refused",
  /** No answer from the address. */
  "unreachable",
  /** The server serves somebody else. */
  "busy",
  /** The other end went away while it was measured. */
  "lost",
  /** The partner did not come. */
  "no-partner",
  /** The tool is missing, or ended without an answer. */
  "tool",
] as const;
/** Why a measurement has no figure. */
export type Trouble = (typeof TROUBLES)[number];

const amount = v.pipe(v.number(), v.finite(), v.minValue(0));

/** One measurement of one direction. */
export const Measurement = v.object({
  with: v.picklist(["box", "peer"]),
  /** Seen from this host. */
  direction: v.picklist(["to", "from"]),
  /** How often it was tried. */
  tries: count,
  streams: count,
  /** As the receiving end counted it. */
  mbps: v.optional(amount),
  sentBytes: v.optional(count),
  retransmits: v.optional(count),
  /** Payload of one TCP segment. */
  segmentBytes: v.optional(count),
  /** What the port's own counter of this direction saw meanwhile. */
  portBytes: v.optional(count),
  trouble: v.optional(v.picklist(TROUBLES)),
  /** In iperf3's words. */
  reason: v.optional(text(300)),
});
/** One measurement of one direction. */
export type Measurement = v.InferOutput<typeof Measurement>;

/** Counters of a port that only grow when something is wrong (Documentation/ABI/testing/sysfs-class-net-statistics). */
export const ERROR_COUNTERS = ["rx_crc_errors", "rx_frame_errors", "rx_missed_errors", "tx_errors"] as const;
/** One of them. */
export type ErrorCounter = (typeof ERROR_COUNTERS)[number];

const Counters = v.object({
  carrier_changes: v.optional(count),
  ...(Object.fromEntries(ERROR_COUNTERS.map((name) => [name, v.optional(count)])) as {
    [Name in ErrorCounter]: v.OptionalSchema<typeof count, undefined>;
  }),
});
/** Counters at one moment; one that the driver does not have is absent. */
export type Counters = v.InferOutput<typeof Counters>;

/** One port. */
export const Port = v.object({
  mac: macAddress,
  boot: v.boolean(),
  /** Whether the inventory of this run saw a link. */
  hadLink: v.optional(v.boolean()),
  /** Kernel name of this boot; absent when no interface has the address any more. */
  name: v.optional(text(64)),
  linkUp: v.optional(v.boolean()),
  mbps: v.optional(count),
  duplex: v.optional(text(64)),
  /** The fastest mode of the port, and of what the other end says of itself. */
  maxMbps: v.optional(count),
  partnerMaxMbps: v.optional(count),
  address: v.optional(text(64)),
  before: Counters,
  after: Counters,
  measurements: v.array(Measurement),
});
/** One port. */
export type Port = v.InferOutput<typeof Port>;

/** All of it. */
export const NetworkFacts = v.object({
  /** As it was ordered. */
  loadS: count,
  rounds: count,
  pairWaitS: count,
  /** The box's end; null when the box gave none. */
  box: v.nullable(v.object({ address: text(64), port: count, mbps: v.optional(count) })),
  /** The partner, and the ports that were to measure with it. */
  peer: v.nullable(v.object({ hostName: text(100), macs: v.array(macAddress), mbps: count })),
  ports: v.array(Port),
});
/** All of it. */
export type NetworkFacts = v.InferOutput<typeof NetworkFacts>;
