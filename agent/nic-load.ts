/**
 * `vetbox-agent nic-load`: sends as much as a port carries for a while, to nobody. Each frame goes from the port's own address to the port's own address: a switch has
 * learned that this address is behind the very cable that the frame came from, and drops it there (IEEE 802.1Q, 8.6.1), so that no other port of it carries any.
 */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { readFileSync } from "node:fs";
import { defineCommand } from "citty";
import { Fault } from "./system/fault.ts";

/** From <bits/socket.h>, <asm-generic/socket.h> and <linux/if_ether.h>. */
const [AF_PACKET, SOCK_RAW, SOL_SOCKET, SO_SNDTIMEO] = [17, 3, 1, 21];
const SOCKADDR_LL_BYTES = 20;
const TIMEVAL_BYTES = 16;
/** The longest frame without jumbo and tag, less its checksum. */
const FRAME_BYTES = 1514;
/** For experiments within one's own network (IEEE 802, 9.2.3): no stack takes it for its own. */
const ETHERTYPE = 0x88b5;
/** How many frames are sent between two looks at the clock. */
const ROUND = 256;

/** What was sent. */
export interface NicLoadReport {
  readonly port: string;
  readonly sentFrames: number;
  /** Times that the port took nothing for a while. */
  readonly refusals: number;
}

const open = () =>
  dlopen("libc.so.6", {
    socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    setsockopt: { args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
    bind: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
    send: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64 },
    close: { args: [FFIType.i32], returns: FFIType.i32 },
  }).symbols;

/** Memory whose address stays: a bare array buffer, never a pooled one. */
const fixedBytes = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(new ArrayBuffer(size));

const attribute = (port: string, name: string): string => {
  if (!/^[^/\s]{1,15}$/.test(port) || port === "." || port === "..") throw new Fault("bad-input", { port });
  try {
    return readFileSync(`/sys/class/net/${port}/${name}`, "utf8").trim();
  } catch (cause) {
    throw new Fault("bad-input", { port, detail: "there is no such port" }, { cause });
  }
};

const frameOf = (mac: string): Uint8Array => {
  const address = mac.split(":").map((byte) => Number.parseInt(byte, 16));
  const frame = fixedBytes(FRAME_BYTES);
  crypto.getRandomValues(frame);
  frame.set([...address, ...address, ETHERTYPE >> 8, ETHERTYPE & 0xff]);
  return frame;
};

/** Sends until the time is over. Root is needed. */
export const runNicLoad = (port: string, seconds: number): NicLoadReport => {
  const libc = open();
  const frame = frameOf(attribute(port, "address"));
  const fd = libc.socket(AF_PACKET, SOCK_RAW, 0); // protocol 0: nothing is ever received
  const address = new DataView(fixedBytes(SOCKADDR_LL_BYTES).buffer); // family, protocol, interface; the rest is zero
  address.setUint16(0, AF_PACKET, true);
  address.setInt32(4, Number(attribute(port, "ifindex")), true);
  const patience = new DataView(fixedBytes(TIMEVAL_BYTES).buffer);
  patience.setBigInt64(8, 100_000n, true); // µs: a cable that was pulled must not hold the load up
  const isOpen =
    fd >= 0 &&
    libc.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, ptr(patience.buffer), TIMEVAL_BYTES) === 0 &&
    libc.bind(fd, ptr(address.buffer), SOCKADDR_LL_BYTES) === 0;
  if (!isOpen) throw new Fault("network", { port, detail: "no packet socket: root is needed" });
  const endMs = performance.now() + seconds * 1000;
  let [sentFrames, refusals] = [0, 0];
  while (performance.now() < endMs)
    for (let i = 0; i < ROUND; i += 1)
      // The array itself and not its address: nothing else would keep its memory from being collected meanwhile.
      if (Number(libc.send(fd, frame, FRAME_BYTES, 0)) === FRAME_BYTES) sentFrames += 1;
      else {
        refusals += 1;
        break;
      }
  libc.close(fd);
  return { port, sentFrames, refusals };
};

/** The command. */
export const nicLoadCommand = defineCommand({
  meta: {
    name: "nic-load",
    description:
      "Send as many frames as a port carries, to its own address, and print how many as JSON. Exit codes: 0 done; 2 wrong or missing word.",
  },
  args: {
    port: { type: "string", description: "Kernel name of the port", required: true },
    seconds: { type: "string", description: "How long", required: true },
  },
  run: ({ args }) => {
    if (!/^\d{1,7}$/.test(args.seconds)) throw new Fault("bad-input", { seconds: args.seconds });
    process.stdout.write(`${JSON.stringify(runNicLoad(args.port, Number(args.seconds)))}\n`);
  },
});
