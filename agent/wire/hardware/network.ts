/** Network interfaces as the inventory has them: sysfs, ethtool, lshw and LLDP. */
import * as v from "valibot";
import { count, macAddress, text } from "../fields.ts";

const label = v.optional(text(256));
const size = v.optional(count);
const number = v.optional(v.pipe(v.number(), v.finite()));

/** The switch port at the other end of a cable (LLDP, IEEE 802.1AB). */
export const NeighbourFacts = v.object({
  /** The switch's own name, or its chassis id where it gives none. */
  system: label,
  chassisId: label,
  portId: label,
  portDescription: label,
  vlanId: size,
});

/** A pluggable transceiver (`ethtool -m`; SFF-8472, SFF-8636, CMIS). */
export const TransceiverFacts = v.object({
  /** `SFP`, `QSFP28` … */
  kind: label,
  vendor: label,
  part: label,
  serial: label,
  /** What it is for: `10G Ethernet: 10G Base-SR`. */
  type: label,
  tempC: number,
  /** Of several lanes the weakest. No light is -40: what a module cannot measure any more (its steps are of 0.1 µW, SFF-8472). */
  rxPowerDbm: number,
  txPowerDbm: number,
  /** Each lane, where there are several. */
  lanes: v.optional(v.array(v.object({ rxPowerDbm: number, txPowerDbm: number }))),
});

/** One network interface with hardware behind it. */
export const NicFacts = v.object({
  /** Kernel name of this boot. Not an identity. */
  name: text(64),
  /** The address burnt in, if the driver tells, else the one in use. */
  mac: v.optional(macAddress),
  vendor: label,
  model: label,
  driver: label,
  firmware: label,
  /** What it hangs on: `pci`, `virtio`, `usb`. A BMC's own network is a USB interface of the server. */
  bus: label,
  /** It is a share of another interface (SR-IOV), not a port of its own. Absent when it is none. */
  virtualFunction: v.optional(v.boolean()),
  /** `0000:00:02.0`. */
  pciAddress: label,
  /** Slot by the name on the board (SMBIOS type 9): `PCIe Slot 3`, or the kernel's slot number. */
  slot: label,
  /** Port on the card, from 0. */
  port: size,
  linkUp: v.optional(v.boolean()),
  speedMbps: size,
  /** The fastest mode that the port supports. */
  maxSpeedMbps: size,
  duplex: label,
  /** What the port is made for: `Twisted Pair`, `FIBRE`, `Direct Attach Copper`. */
  medium: label,
  neighbour: v.optional(NeighbourFacts),
  transceiver: v.optional(TransceiverFacts),
  /** The one that booted this server. */
  boot: v.boolean(),
});

export type NeighbourFacts = v.InferOutput<typeof NeighbourFacts>;
export type TransceiverFacts = v.InferOutput<typeof TransceiverFacts>;
export type NicFacts = v.InferOutput<typeof NicFacts>;
