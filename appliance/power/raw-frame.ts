/** Sends one whole Ethernet frame through packet(7), which needs CAP_NET_RAW. Bun has no such socket. */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { readFileSync } from "node:fs";
import { Fault } from "../../agent/system/fault.ts";

/** From <bits/socket.h>. */
const AF_PACKET = 17;
const SOCK_RAW = 3;
/** `struct sockaddr_ll` of <linux/if_packet.h>; of its fields a send needs the family and the interface. */
const ADDRESS_BYTES = 20;
const INTERFACE_AT = 4;

/** The symbols are looked up at the first frame, so that a box without such a libc still has UDP. */
const openLibc = () =>
  dlopen("libc.so.6", {
    socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    sendto: {
      args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32, FFIType.ptr, FFIType.u32],
      returns: FFIType.i64,
    },
    close: { args: [FFIType.i32], returns: FFIType.i32 },
  });
let libc: ReturnType<typeof openLibc>["symbols"] | null = null;

/** The MAC of an interface of this machine. */
export const interfaceMac = (name: string): string => readInterface(name, "address");

/** Sends a frame out of an interface. Throws a Fault when that is not allowed, or there is no such interface. */
export const sendFrame = (interfaceName: string, frame: Uint8Array<ArrayBuffer>): void => {
  libc ??= openLibc().symbols;
  const address = new Uint8Array(new ArrayBuffer(ADDRESS_BYTES)); // an array buffer of its own does not move
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setInt32(INTERFACE_AT, Number(readInterface(interfaceName, "ifindex")), true);
  const fd = libc.socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) throw new Fault("network", { interfaceName, reason: "no packet socket: CAP_NET_RAW is missing" });
  try {
    const sent = Number(libc.sendto(fd, ptr(frame), frame.length, 0, ptr(address), ADDRESS_BYTES));
    if (sent !== frame.length) throw new Fault("network", { interfaceName, reason: "the frame was not sent" });
  } finally {
    libc.close(fd);
  }
};

const readInterface = (name: string, attribute: "address" | "ifindex"): string => {
  try {
    return readFileSync(`/sys/class/net/${name}/${attribute}`, "utf8").trim();
  } catch (error) {
    throw new Fault("network", { interfaceName: name, reason: "there is no such interface" }, { cause: error });
  }
};
