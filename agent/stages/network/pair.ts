/**
 * Measuring with another host under test. One listens, the other calls and sends; then the roles are swapped. Both take the steps in the same order without a word
 * between them: a listening end waits for its call, and a calling end calls until somebody listens.
 */
import { present } from "../../probes/label.ts";
import type { LinkGrant } from "../../wire/order.ts";
import type { Measurement } from "./facts.ts";
import { type Bench, callServer, type Patience, runSeen } from "./measure.ts";
import { readOutcome } from "./outcome.ts";
import { measurementMs, renderAddAddress, renderRemoveAddress, renderServer, streamsFor } from "./plan.ts";

/** The partner, as the box named it. */
export type Peer = NonNullable<LinkGrant["peer"]>;
type Link = Peer["links"][number];

/** Between two steps both ends only swap their roles; an end that is late by more has gone. */
const SWAP_MS = 20_000;
const TOOL_MS = 10_000;
const PAUSE_MS = 1_000;
const FAREWELL_MS = 2_000;

/** Serves one call, and counts what came. A server that ends without one is started again while its partner may still come. */
const listen = async (
  { context, keep }: Bench,
  peer: Peer,
  place: { readonly device: string; readonly own: string },
  streams: number,
  patience: Patience,
): Promise<Measurement> => {
  const { system, signal, order, log } = context;
  const argv = renderServer(place, peer.port);
  for (let tries = 1; ; tries += 1) {
    const startMs = system.clock.monoMs();
    const limitMs = Math.max(0, patience.leftMs) + measurementMs(order);
    const { result, portBytes } = await runSeen(context, argv, { ...place, direction: "from" }, limitMs);
    keep(result.stdout);
    const outcome = readOutcome(result);
    const measured = { with: "peer" as const, direction: "from" as const, tries, streams };
    if (outcome.mbps !== undefined) return { ...measured, ...outcome, ...present({ portBytes }) };
    if (result.end === "timed-out") return { ...measured, trouble: "no-partner", reason: "nobody called in its time" };
    log("warn", `iperf3 listening at ${place.device}: ${outcome.trouble}: ${outcome.reason}`);
    // A call that broke off was the measurement: the partner has gone on.
    if (outcome.trouble === "lost" || signal.aborted || patience.leftMs <= 0) return { ...measured, ...outcome };
    await system.clock.sleep(PAUSE_MS, signal);
    patience.leftMs -= system.clock.monoMs() - startMs;
  }
};

/** All steps at one pair of ports. What a partner does not come for is not waited for again. */
const measureLink = async (
  bench: Bench,
  peer: Peer,
  link: Link,
  device: string,
  patience: Patience,
): Promise<readonly Measurement[]> => {
  const { order, signal } = bench.context;
  const own = link.ownAddress.split("/", 1)[0] ?? "";
  const streams = streamsFor(link.mbps, order);
  const steps = Array.from({ length: order.rounds }, () => [true, false]).flat();
  const found: Measurement[] = [];
  for (const first of steps) {
    if (signal.aborted) break;
    const listens = (peer.role === "listens") === first;
    const call = { device, own, address: link.address, port: peer.port, streams, direction: "to" as const };
    const measured: Measurement = listens
      ? await listen(bench, peer, { device, own }, streams, patience)
      : { with: "peer", ...(await callServer(bench, call, patience, false)) };
    found.push(measured);
    patience.leftMs = measured.mbps === undefined ? 0 : SWAP_MS;
  }
  return found;
};

/** Measures each pair of ports in the order that both hosts were given. Answers the measurements by MAC. */
export const measureWithPeer = async (
  bench: Bench,
  peer: Peer,
  names: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly Measurement[]>> => {
  const { system, signal, order, farewell, log } = bench.context;
  const lifeS = peer.waitS + Math.ceil((2 * order.rounds * measurementMs(order) * peer.links.length) / 1_000) + 120;
  const patience: Patience = { leftMs: peer.waitS * 1_000 };
  const found = new Map<string, readonly Measurement[]>();
  for (const link of peer.links) {
    const device = names.get(link.ownMac);
    if (device === undefined || signal.aborted) continue;
    bench.say(`measures with ${peer.hostName}`);
    const added = await system.exec({ argv: renderAddAddress(device, link.ownAddress, lifeS), timeoutMs: TOOL_MS });
    if (added.exitCode !== 0) log("warn", `${device} took no address for the pair: ${added.stderr.trim()}`);
    found.set(link.ownMac, await measureLink(bench, peer, link, device, patience));
    await farewell({ argv: renderRemoveAddress(device, link.ownAddress), timeoutMs: FAREWELL_MS });
  }
  return found;
};
