/** Whole Ethernet frames on an interface, through packet(7), which needs CAP_NET_RAW: Bun has no such socket. */
import { dlopen, FFIType } from "bun:ffi";
import { readFileSync } from "node:fs";
import { Fault } from "./fault.ts";

/** From <bits/socket.h>, <asm-generic/socket.h> and <linux/if_ether.h>. */
const [AF_PACKET, SOCK_RAW, SOL_SOCKET, SO_SNDTIMEO, ETH_P_ALL] = [17, 3, 1, 21, 0x0003];
/** `struct sockaddr_ll` of <linux/if_packet.h>: family, protocol (network order), interface; the rest is zero. */
const ADDRESS = { bytes: 20, family: 0, protocol: 2, interface: 4 } as const;
/** `struct timeval`: seconds and microseconds, 64 bits each; zero is for ever. */
const TIMEVAL_BYTES = 16;
/** A receive with offload may be as long as a whole IP packet. */
const FRAME_MAX_BYTES = 65_536;

/** Both ways, blocking. */
export interface PacketSocket extends Disposable {
  /** False when the interface did not take the frame, or not in time. */
  send(frame: Uint8Array): boolean;
  /** The next frame that comes or goes; only of a socket that was opened to receive. */
  receive(): Uint8Array;
}

/** How a socket is opened. */
export interface PacketOptions {
  /** Without it nothing is ever queued for it. */
  readonly receives?: boolean;
  /** Whole milliseconds that a send may wait for an interface that takes nothing: a cable that was pulled. Without it, for ever. */
  readonly patienceMs?: number;
}

// The symbols are looked up at the first socket, so that a machine without such a libc lacks nothing but frames.
const openLibc = () =>
  dlopen("libc.so.6", {
    socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    setsockopt: { args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
    bind: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
    send: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64 },
    recv: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64 },
    close: { args: [FFIType.i32], returns: FFIType.i32 },
  }).symbols;
let libc: ReturnType<typeof openLibc> | null = null;

/** An attribute of an interface of this network namespace, trimmed. Throws `network` when there is no such interface. */
const readInterface = (name: string, attribute: "address" | "ifindex"): string => {
  try {
    if (!/^[^/\s]{1,15}$/.test(name) || name === "." || name === "..") throw new Error("no name of an interface");
    return readFileSync(`/sys/class/net/${name}/${attribute}`, "utf8").trim();
  } catch (cause) {
    throw new Fault("network", { interfaceName: name, reason: "there is no such interface" }, { cause });
  }
};

/** The MAC of an interface of this machine. */
export const interfaceMac = (name: string): string => readInterface(name, "address");

const networkOrder = (short: number): number => ((short & 0xff) << 8) | (short >> 8);

/** Opens an interface of this network namespace. Throws `network` when there is none, or the right is missing. */
export const openPacketSocket = (
  interfaceName: string,
  { receives = false, patienceMs = 0 }: PacketOptions = {},
): PacketSocket => {
  libc ??= openLibc();
  const { socket, setsockopt, bind, send, recv, close } = libc;
  const protocol = receives ? ETH_P_ALL : 0;
  const address = new Uint8Array(ADDRESS.bytes);
  const fields = new DataView(address.buffer);
  fields.setUint16(ADDRESS.family, AF_PACKET, true);
  fields.setUint16(ADDRESS.protocol, protocol, false);
  fields.setInt32(ADDRESS.interface, Number(readInterface(interfaceName, "ifindex")), true);
  const patience = BigInt64Array.of(BigInt(Math.trunc(patienceMs / 1000)), BigInt((patienceMs % 1000) * 1000));
  const fd = socket(AF_PACKET, SOCK_RAW, networkOrder(protocol));
  // The arrays themselves and not their addresses: nothing else would keep their memory from being collected meanwhile.
  const isOpen =
    fd >= 0 &&
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, patience, TIMEVAL_BYTES) === 0 &&
    bind(fd, address, ADDRESS.bytes) === 0;
  if (!isOpen) {
    if (fd >= 0) close(fd);
    throw new Fault("network", { interfaceName, reason: "no packet socket: CAP_NET_RAW is missing" });
  }
  const buffer = new Uint8Array(receives ? FRAME_MAX_BYTES : 0);
  return {
    send: (frame) => Number(send(fd, frame, frame.length, 0)) === frame.length,
    receive: () => {
      const size = Number(recv(fd, buffer, buffer.length, 0));
      if (size < 0) throw new Fault("network", { interfaceName, reason: "nothing can be received" });
      return buffer.slice(0, size);
    },
    [Symbol.dispose]: () => void close(fd),
  };
};
