/**
 * Wakes a host: magic packets by UDP to both usual ports, and as a raw frame for NICs and switches that drop directed broadcasts.
 *
 * One call is one try of a second or less. Whether it worked is known when the host asks for an address; until then the outbox calls again.
 */
import { createSocket } from "node:dgram";
import type { Logger } from "pino";
import type { Clock } from "../../agent/system/clock.ts";
import { Fault } from "../../agent/system/fault.ts";
import { interfaceMac, openPacketSocket } from "../../agent/system/packet-socket.ts";
import { renderMagicPacket, renderWakeFrame } from "./magic-packet.ts";

/** Whom to wake, and through which interface of the box. */
export interface WakeRequest {
  readonly mac: string;
  readonly interface: string;
  /** The box's own address there: packets leave from it, so on no other network. */
  readonly address: string;
  /** The network's directed broadcast: `10.77.0.255`. */
  readonly broadcast: string;
}

/** What was sent. */
export interface WakeReport {
  readonly udpPackets: number;
  readonly rawFrames: number;
}

/** "discard" and "echo": no service answers there, and both are in use for this. */
const PORTS = [9, 7] as const;
/** The first packet is often lost while a switch port or the NIC's own logic comes up. */
const ROUNDS = 3;
const PAUSE_MS = 100;

/** Sends one try. Throws a Fault when nothing at all could be sent. */
export const wakeHost = async (request: WakeRequest, clock: Clock, log: Logger): Promise<WakeReport> => {
  const udp: unknown[] = [];
  const raw: unknown[] = [];
  let udpPackets = 0;
  let rawFrames = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round > 0) await clock.sleep(PAUSE_MS);
    await sendUdp(request).then(
      (count) => {
        udpPackets += count;
      },
      (error) => udp.push(error),
    );
    try {
      sendRaw(request);
      rawFrames += 1;
    } catch (error) {
      raw.push(error);
    }
  }
  const { mac, interface: interfaceName } = request;
  if (udp[0] !== undefined) log.warn({ err: udp[0], mac, interfaceName }, "waking by UDP failed");
  if (raw[0] !== undefined) log.warn({ err: raw[0], mac, interfaceName }, "waking by raw frame failed");
  if (udpPackets + rawFrames === 0)
    throw new Fault("network", { mac, interfaceName, reason: "no wake-up packet could be sent" }, { cause: udp[0] });
  return { udpPackets, rawFrames };
};

const sendRaw = ({ mac, interface: interfaceName }: WakeRequest): void => {
  using socket = openPacketSocket(interfaceName);
  if (!socket.send(renderWakeFrame(mac, interfaceMac(interfaceName))))
    throw new Fault("network", { interfaceName, reason: "the frame was not sent" });
};

/** One packet to each port. */
const sendUdp = async (request: WakeRequest): Promise<number> => {
  const socket = createSocket("udp4");
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // an error after the last send is nobody's
  socket.on("error", failed.reject);
  const bound = new Promise<void>((resolve) => socket.bind(0, request.address, resolve));
  try {
    await Promise.race([bound, failed.promise]);
    socket.setBroadcast(true);
    const packet = renderMagicPacket(request.mac);
    for (const port of PORTS) {
      const sent = new Promise<void>((resolve, reject) =>
        socket.send(packet, port, request.broadcast, (error) => (error === null ? resolve() : reject(error))),
      );
      await Promise.race([sent, failed.promise]);
    }
    return PORTS.length;
  } finally {
    socket.close();
  }
};
