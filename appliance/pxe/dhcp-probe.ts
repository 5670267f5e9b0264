/**
 * A question that every DHCP server answers, and the reading of its answers (RFC 2131, options of RFC 2132). Whoever answers with an address, or with a place to boot
 * from, would do so to the servers as well. Nothing is ever requested: an offer that nobody takes is forgotten by its server. Pure.
 */
import { macBytes } from "../../agent/system/mac.ts";

/** Where servers and clients listen. */
export const DHCP_PORTS = { server: 67, client: 68 } as const;

/** RFC 2131, figure 1: fixed fields, then this cookie (99.130.83.99), then options. */
const FIXED_BYTES = 236;
const COOKIE = 0x63825363;
const OPTIONS_AT = FIXED_BYTES + 4;
/** Relays and old servers drop what is shorter (RFC 1542, 2.1). */
const LEAST_BYTES = 300;
const AT = { op: 0, hardware: 1, hardwareLength: 2, transaction: 4, flags: 10, hardwareAddress: 28 } as const;
const [REQUEST, REPLY, ETHERNET, ETHERNET_BYTES] = [1, 2, 1, 6];
/** The answer shall go to everybody: it names an address that this machine does not have, and would not be taken in otherwise. */
const BROADCAST_FLAG = 0x8000;
const OPTION = { pad: 0, messageType: 53, server: 54, wanted: 55, vendorClass: 60, end: 255 } as const;
const [DISCOVER, OFFER] = [1, 2];
/** Subnet mask, router, boot file: what firmware asks for, too. */
const WANTED = [1, 3, 67];
/** As firmware calls itself (RFC 4578, 2.1): a ProxyDHCP server answers nobody else. */
const VENDOR_CLASS = "PXEClient:Arch:00007:UNDI:003016";

/** DHCPDISCOVER in the name of this MAC. `transaction` is 32 bits that the answers repeat. */
export const renderDiscover = (mac: string, transaction: number): Uint8Array => {
  const vendor = new TextEncoder().encode(VENDOR_CLASS);
  const options = [
    ...[OPTION.messageType, 1, DISCOVER],
    ...[OPTION.wanted, WANTED.length, ...WANTED],
    ...[OPTION.vendorClass, vendor.length, ...vendor],
    OPTION.end,
  ];
  const packet = new Uint8Array(Math.max(LEAST_BYTES, OPTIONS_AT + options.length));
  const view = new DataView(packet.buffer);
  packet[AT.op] = REQUEST;
  packet[AT.hardware] = ETHERNET;
  packet[AT.hardwareLength] = ETHERNET_BYTES;
  view.setUint32(AT.transaction, transaction);
  view.setUint16(AT.flags, BROADCAST_FLAG);
  packet.set(macBytes(mac), AT.hardwareAddress);
  view.setUint32(FIXED_BYTES, COOKIE);
  packet.set(options, OPTIONS_AT);
  return packet;
};

/** The first option of each kind; what is cut off is not there. */
const readOptions = (packet: Uint8Array): ReadonlyMap<number, Uint8Array> => {
  const options = new Map<number, Uint8Array>();
  for (let at = OPTIONS_AT; at < packet.length; ) {
    const kind = packet[at] ?? OPTION.end;
    if (kind === OPTION.end) break;
    const size = kind === OPTION.pad ? -1 : (packet[at + 1] ?? 0);
    const value = packet.subarray(at + 2, at + 2 + size);
    if (kind !== OPTION.pad && value.length === size && !options.has(kind)) options.set(kind, value);
    at += 2 + size;
  }
  return options;
};

/** The address of the server (option 54) that offers something in this transaction; null for anything else that may come to a port. */
export const parseOffer = (packet: Uint8Array, transaction: number): string | null => {
  if (packet.length <= OPTIONS_AT || packet[AT.op] !== REPLY) return null;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  if (view.getUint32(AT.transaction) !== transaction || view.getUint32(FIXED_BYTES) !== COOKIE) return null;
  const options = readOptions(packet);
  const server = options.get(OPTION.server);
  return options.get(OPTION.messageType)?.[0] === OFFER && server?.length === 4 ? [...server].join(".") : null;
};
