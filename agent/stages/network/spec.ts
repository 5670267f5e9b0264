/** Network: the links of a server, their throughput in both directions, and what their counters say of it. */
import * as v from "valibot";
import { judgeBy } from "../rule.ts";
import { defineStage } from "../stage.ts";
import { NetworkFacts } from "./facts.ts";
import { NETWORK_LIMITS } from "./limits.ts";
import { NetworkOrder, orderNetwork } from "./order.ts";
import { boxPhaseMs, isMeasured, planNetwork } from "./plan.ts";
import { NETWORK_RULES } from "./rules.ts";

/** What the box must know of an order to pair its run with another. */
export interface PairWish {
  /** How long it looks for a partner. */
  readonly waitMs: number;
  /** Both ends must do the same: runs with different words here never pair. */
  readonly load: string;
  /** Expected time of its own measurements against the box. */
  readonly boxMs: number;
  readonly ports: readonly { readonly mac: string; readonly mbps: number }[];
}

/** The wish that an order holds; null when it wants no partner. */
export const pairWishOf = (order: unknown): PairWish | null => {
  const parsed = v.safeParse(NetworkOrder, order);
  if (!parsed.success || parsed.output.pairWaitS === 0) return null;
  const { loadS, warmUpS, rounds, streamMbps, pairWaitS, ports } = parsed.output;
  return {
    waitMs: pairWaitS * 1_000,
    load: [loadS, warmUpS, rounds, streamMbps].join(" "),
    boxMs: boxPhaseMs(parsed.output),
    ports: ports
      .filter(isMeasured)
      .flatMap(({ mac, mbps }) => (mbps === undefined ? [] : [{ mac, mbps }]))
      .sort((a, b) => b.mbps - a.mbps),
  };
};

const summariseNetwork = ({ ports, peer }: NetworkFacts): string => {
  const linked = ports.filter(({ linkUp }) => linkUp === true).length;
  const figures = ports.flatMap(({ measurements }) => measurements.flatMap(({ mbps }) => mbps ?? []));
  const speed = figures.length === 0 ? "nothing measured" : `${Math.round(Math.min(...figures))} Mb/s at least`;
  return `${ports.length} ports, ${linked} with a link, ${speed}${peer === null ? "" : `, with ${peer.hostName}`}`;
};

/** The pure half of Network. */
export const network = defineStage({
  state: "Network",
  key: "network",
  title: "Network",
  facts: NetworkFacts,
  order: NetworkOrder,
  limits: NETWORK_LIMITS,
  packages: ["iperf3", "iproute2", "ethtool"],
  rules: NETWORK_RULES,
  orderOf: orderNetwork,
  plan: planNetwork,
  judge: judgeBy(NETWORK_RULES),
  summarise: summariseNetwork,
});
