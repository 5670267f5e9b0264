/** The part of a declaration that is a network card, with the cable and the switch at its other end. */
import * as v from "valibot";
import { macAddress } from "../../agent/wire/fields.ts";
import { MAX_SLOTS } from "./declared-disk.ts";
import { printable, whole } from "./declared-fields.ts";

/** What the switch says at the other end of the cable (LLDP). */
const NeighbourSchema = v.strictObject({
  system: printable(64),
  chassisMac: macAddress,
  port: printable(64),
  portDescription: v.optional(printable(64)),
  vlanId: v.optional(whole(1, 4094)),
});
/** A switch port as declared. */
export type NeighbourSpec = v.InferOutput<typeof NeighbourSchema>;

/** What is wrong with a cable. All but `down` act on both directions, and the server sees its link up all the while. */
export const CableSchema = v.strictObject({
  /** The card has no carrier. */
  down: v.optional(v.boolean()),
  rateMbps: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(10_000))),
  /** Frames are held back and come in bursts, so many apart: half of it is the mean delay, each way. */
  burstMs: v.optional(whole(1, 10_000)),
  lossPercent: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(100))),
});
/** What is wrong with a cable, as declared. */
export type CableSpec = v.InferOutput<typeof CableSchema>;

/** A network card's declaration. */
export const NicSchema = v.strictObject({
  mac: v.pipe(
    macAddress,
    v.check((mac) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0, "must not be a group address"),
  ),
  model: v.optional(v.picklist(["virtio-net-pci", "e1000e", "e1000", "vmxnet3"]), "virtio-net-pci"),
  /** Number of the slot that the card sits in; a card without one is part of the board. */
  slot: v.optional(whole(1, MAX_SLOTS)),
  neighbour: v.optional(NeighbourSchema),
  /** What is wrong with its cable from power-on. */
  cable: v.optional(CableSchema, {}),
});
