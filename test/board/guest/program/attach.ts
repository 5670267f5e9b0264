/**
 * Plugs a device of a USB/IP server into this kernel: asks the server for it on a socket, and hands the socket to vhci_hcd, which speaks from then on.
 *
 * By bun:ffi, because the kernel wants the number of a blocking socket (kernel: drivers/usb/usbip/vhci_sysfs.c).
 */
import { dlopen } from "bun:ffi";
import { readFileSync, writeFileSync } from "node:fs";
import { type Decoded, decodeImportReply, type Imported, renderImportRequest } from "../../usbip/protocol.ts";

const VHCI = "/sys/devices/platform/vhci_hcd.0";
/** A port of the virtual hub that nothing is plugged into (VDEV_ST_NULL). */
const FREE = "004";
const [AF_INET, SOCK_STREAM, IPPROTO_TCP, TCP_NODELAY] = [2, 1, 6, 1];
const REPLY_BYTES = 512;

const libc = dlopen("libc.so.6", {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  read: { args: ["i32", "ptr", "u64"], returns: "i64" },
  write: { args: ["i32", "ptr", "u64"], returns: "i64" },
  close: { args: ["i32"], returns: "i32" },
}).symbols;

const need = (what: string, result: number | bigint): number => {
  if (result < 0) throw new Error(`${what} failed`);
  return Number(result);
};

/** `struct sockaddr_in`: family in the machine's order, port and address in the network's. */
const renderAddress = (address: string, port: number): Uint8Array => {
  const bytes = new Uint8Array(16);
  bytes.set([AF_INET, 0, port >> 8, port & 0xff, ...address.split(".").map(Number)]);
  return bytes;
};

const connect = (address: string, port: number): number => {
  const socket = need("socket", libc.socket(AF_INET, SOCK_STREAM, 0));
  const where = renderAddress(address, port);
  need(`connect to ${address}:${port}`, libc.connect(socket, where, where.length));
  const on = Uint8Array.of(1, 0, 0, 0);
  need("setsockopt", libc.setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, on, on.length));
  return socket;
};

/** Reads exactly the answer: what follows it is the kernel's. */
const readReply = (socket: number): Imported | null => {
  const reply = new Uint8Array(REPLY_BYTES);
  let count = 0;
  for (;;) {
    const byte = new Uint8Array(1);
    if (need("read", libc.read(socket, byte, 1)) === 0) throw new Error("the server hung up");
    reply.set(byte, count);
    count += 1;
    const decoded: Decoded<Imported | null> = decodeImportReply(reply.subarray(0, count));
    if (decoded.kind === "malformed") throw new Error(decoded.why);
    if (decoded.kind === "message") return decoded.message;
  }
};

/** `hub port sta spd dev sockfd local_busid`, one port a line; the first free one of the hub for USB 2. */
const findFreePort = (status: string): number => {
  const ports = status.split("\n").map((line) => line.trim().split(/\s+/));
  const free = ports.find(([hub, , state]) => hub === "hs" && state === FREE);
  if (free?.[1] === undefined) throw new Error("no free port on the virtual hub");
  return Number(free[1]);
};

/** Imports the device and plugs it in; false when the server does not have it. */
export const attachDevice = (address: string, port: number, busId: string): boolean => {
  const socket = connect(address, port);
  try {
    const request = renderImportRequest(busId);
    need("write", libc.write(socket, request, request.length));
    const imported = readReply(socket);
    if (imported === null) return false;
    const hubPort = findFreePort(readFileSync(`${VHCI}/status`, "utf8"));
    writeFileSync(`${VHCI}/attach`, `${hubPort} ${socket} ${imported.deviceId} ${imported.speed}`);
    return true;
  } finally {
    libc.close(socket); // the kernel holds it by itself now
  }
};
