/** What Network is ordered to do: which ports, how long, how many streams. Pure. */
import * as v from "valibot";
import { count, macAddress } from "../../wire/fields.ts";
import type { NicFacts } from "../../wire/hardware/network.ts";
import type { Hardware } from "../../wire/inventory.ts";
import type { Limits } from "../limits.ts";
import type { Brief } from "../stage.ts";
import type { NETWORK_LIMITS } from "./limits.ts";

/** A port as the inventory saw it. Its kernel name is found again by its address: names may change between two boots. */
export const OrderedPort = v.object({
  mac: macAddress,
  /** The one that booted the host and carries its heartbeats: it is measured last. */
  boot: v.boolean(),
  linkUp: v.optional(v.boolean()),
  mbps: v.optional(count),
});
/** A port as the inventory saw it. */
export type OrderedPort = v.InferOutput<typeof OrderedPort>;

/** The order. */
export const NetworkOrder = v.object({
  /** Length of one measurement, and of its beginning that does not count. */
  loadS: count,
  warmUpS: count,
  /** How often both directions are measured. */
  rounds: count,
  /** One stream for so many Mb/s of the port. */
  streamMbps: count,
  /** How long a server that does not answer is asked again. */
  retryS: count,
  /** How long the box looks for a partner for ports that are faster than its own link; 0 for never. */
  pairWaitS: count,
  /** In the order in which they are measured. */
  ports: v.array(OrderedPort),
});
/** The order. */
export type NetworkOrder = v.InferOutput<typeof NetworkOrder>;

/** A share of another port is no cable, and a USB interface that did not boot the host is its BMC's. */
const isPort = (nic: NicFacts): boolean => nic.virtualFunction !== true && (nic.bus !== "usb" || nic.boot);

/** MACs of the ports that a load may be sent through. */
export const portsToLoad = ({ nics }: Pick<Hardware, "nics">): readonly string[] => [
  ...new Set(nics.filter(isPort).flatMap(({ mac }) => mac ?? [])),
];

/** The order for a host. The port that booted it comes last. */
export const orderNetwork = ({ hardware, limits }: Brief<Limits<typeof NETWORK_LIMITS>>): NetworkOrder => {
  const { loadS, warmUpS, rounds, streamMbps, retryS, pairWaitS } = limits;
  const ports = hardware.nics.filter(isPort).flatMap(({ mac, boot, linkUp, speedMbps }): readonly OrderedPort[] => {
    if (mac === undefined) return [];
    const seen = {
      ...(linkUp === undefined ? {} : { linkUp }),
      ...(speedMbps === undefined ? {} : { mbps: speedMbps }),
    };
    return [{ mac, boot, ...seen }];
  });
  return {
    ...{ loadS, warmUpS, rounds, streamMbps, retryS, pairWaitS },
    ports: [...ports.filter(({ boot }) => !boot), ...ports.filter(({ boot }) => boot)],
  };
};
