/**
 * Looks for DHCP servers on the servers' network beside the box's own: one that somebody plugged in gives addresses that lead nowhere, or another system to boot. The
 * question is asked again and again; who has answered lately is there.
 */
import { createSocket, type Socket } from "node:dgram";
import type { Logger } from "pino";
import type { Clock } from "../../agent/system/clock.ts";
import type { OtherDhcp } from "../core/views.ts";
import { DHCP_PORTS, parseOffer, renderDiscover } from "./dhcp-probe.ts";

/** What the look-out is made of. */
export interface OtherDhcpParts {
  /** MAC of the box's interface on the servers' network, its address there, and the directed broadcast: `10.77.0.255`. */
  readonly mac: string;
  readonly address: string;
  readonly broadcast: string;
  /** The MAC behind an address of that network, if the kernel knows it. */
  readonly neighbour: (address: string) => string | null;
  /** 32 bits. */
  readonly transaction: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The open look-out. */
export interface OtherDhcpWatch extends AsyncDisposable {
  /** Who answers now, by address. */
  servers(): readonly OtherDhcp[];
}

/** A server that was plugged in is found within this; one that was unplugged is forgotten after three times as long. */
const ASK_EVERY_MS = 10_000;
const FORGET_AFTER_MS = 3 * ASK_EVERY_MS;
/** More than any network has: somebody makes them up. */
const MOST_SERVERS = 16;

const bind = async (socket: Socket): Promise<void> => {
  const bound = Promise.withResolvers<void>();
  socket.on("error", bound.reject); // later ones find it settled
  socket.bind({ port: DHCP_PORTS.client, address: "0.0.0.0", exclusive: false }, bound.resolve);
  await bound.promise;
  socket.setBroadcast(true);
};

/** Opens the look-out. Where the clients' port is taken by another program there is none, and the log says so. */
export const openOtherDhcpWatch = async (parts: OtherDhcpParts): Promise<OtherDhcpWatch> => {
  const { mac, address: own, broadcast, neighbour, clock, log } = parts;
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  const ending = new AbortController();
  const lastSeenMs = new Map<string, number>();
  let transaction = parts.transaction();
  const ask = (address: string): Promise<string | undefined> => {
    const sent = Promise.withResolvers<string | undefined>();
    socket.send(renderDiscover(mac, transaction), DHCP_PORTS.server, address, (err) => sent.resolve(err?.message));
    return sent.promise;
  };
  const forget = (): void => {
    for (const [address, seenMs] of lastSeenMs)
      if (clock.monoMs() - seenMs >= FORGET_AFTER_MS) lastSeenMs.delete(address);
  };
  const servers = (): readonly OtherDhcp[] => {
    forget();
    return [...lastSeenMs.keys()]
      .map((address) => ({ address, mac: neighbour(address) }))
      .toSorted((one, other) => one.address.localeCompare(other.address, "en", { numeric: true }));
  };

  socket.on("message", (packet) => {
    const address = parseOffer(packet, transaction);
    if (address === null || address === own) return;
    forget();
    if (!lastSeenMs.has(address)) {
      if (lastSeenMs.size >= MOST_SERVERS) return;
      log.warn({ address }, "another DHCP server answers on the servers' network");
      void ask(address); // not by broadcast: the kernel must find out its MAC
    }
    lastSeenMs.set(address, clock.monoMs());
  });

  const askForEver = async (): Promise<void> => {
    let told: string | undefined;
    while (!ending.signal.aborted) {
      transaction = parts.transaction();
      const trouble = await ask(broadcast); // an interface without a cable, for one
      if (trouble !== undefined && trouble !== told) log.debug({ trouble }, "cannot look for other DHCP servers now");
      told = trouble;
      await clock.sleep(ASK_EVERY_MS, ending.signal);
    }
  };

  try {
    await bind(socket);
  } catch (err) {
    socket.close();
    log.warn({ err }, "cannot look for other DHCP servers: the clients' port 68 is not to be had");
    return { servers: () => [], [Symbol.asyncDispose]: async () => {} };
  }
  const asking = askForEver();
  return {
    servers,
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await asking;
      socket.close();
    },
  };
};
