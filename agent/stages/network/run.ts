/**
 * Runs Network: looks at every port, measures those that have a link and an address one after the other against the box, those that the box has paired with
 * another host's against that, and reads the counters again.
 */
import type { LinkGrant } from "../../wire/order.ts";
import type { Measurement, NetworkFacts, Port } from "./facts.ts";
import { type Bench, callServer, type NetworkContext, openBench, type Patience } from "./measure.ts";
import { measureWithPeer } from "./pair.ts";
import { measurementMs, streamsFor } from "./plan.ts";
import { findInterfaces, readCounters, readPort } from "./ports.ts";

type ByMac = ReadonlyMap<string, readonly Measurement[]>;

const grantOf = ({ grant }: NetworkContext): LinkGrant | null => (grant?.value.kind === "link" ? grant.value : null);

/** Both directions of each port against the box. */
const measureWithBox = async (bench: Bench, { address, port }: LinkGrant, ports: readonly Port[]): Promise<ByMac> => {
  const { order, signal } = bench.context;
  // Once the server's own time to come back, once a measurement that broke off.
  const patience: Patience = { leftMs: order.retryS * 1_000 + measurementMs(order) };
  const found = new Map<string, readonly Measurement[]>();
  for (const { mac, name, linkUp, address: own, mbps } of ports) {
    if (name === undefined || linkUp === false || own === undefined) continue;
    const streams = streamsFor(mbps, order);
    const taken: Measurement[] = [];
    for (const direction of Array.from({ length: order.rounds }, () => ["to", "from"] as const).flat()) {
      if (signal.aborted) return found;
      bench.say(`${name}: measures ${direction} the box`);
      const call = { device: name, own, address, port, streams, direction };
      taken.push({ with: "box", ...(await callServer(bench, call, patience, true)) });
    }
    found.set(mac, taken);
  }
  return found;
};

/** The ports with their measurements, and their counters after them. */
const closePorts = async ({ system }: NetworkContext, ports: readonly Port[], ...found: readonly ByMac[]) => {
  const closed: Port[] = [];
  for (const port of ports)
    closed.push({
      ...port,
      after: port.name === undefined ? {} : await readCounters(system, port.name),
      measurements: found.flatMap((one) => one.get(port.mac) ?? []),
    });
  return closed;
};

/** The effects of Network. */
export const runNetwork = async (context: NetworkContext): Promise<NetworkFacts> => {
  const { system, order } = context;
  const grant = grantOf(context);
  const peer = grant?.peer ?? null;
  const names = await findInterfaces(system);
  const ports: Port[] = [];
  for (const ordered of order.ports) ports.push(await readPort(system, ordered, names.get(ordered.mac)));
  const lanes = ports.filter(({ address }) => address !== undefined).length + (peer?.links.length ?? 0);
  await using bench = openBench(context, 2 * order.rounds * lanes * measurementMs(order));
  const withBox = () => (grant === null ? new Map() : measureWithBox(bench, grant, ports));
  const withPeer = () => (peer === null ? new Map() : measureWithPeer(bench, peer, names));
  // Who calls first measures against the box before it, who listens after it: the box's link has one measurement at a time.
  const phases = peer?.role === "listens" ? [withPeer, withBox] : [withBox, withPeer];
  const found: ByMac[] = [];
  for (const phase of phases) found.push(await phase());
  const { loadS, rounds, pairWaitS } = order;
  return {
    ...{ loadS, rounds, pairWaitS },
    box:
      grant === null
        ? null
        : { address: grant.address, port: grant.port, ...(grant.boxMbps === undefined ? {} : { mbps: grant.boxMbps }) },
    peer:
      peer === null
        ? null
        : { hostName: peer.hostName, macs: peer.links.map(({ ownMac }) => ownMac), mbps: peer.links[0]?.mbps ?? 0 },
    ports: await closePorts(context, ports, ...found),
  };
};
