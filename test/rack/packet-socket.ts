/** Whole Ethernet frames on an interface, through packet(7): what Bun's sockets do not offer, and what a sleeping NIC sees. */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { Fault } from "../../agent/system/fault.ts";

const libc = dlopen("libc.so.6", {
  socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  bind: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  recv: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64 },
  send: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64 },
  close: { args: [FFIType.i32], returns: FFIType.i32 },
  if_nametoindex: { args: [FFIType.ptr], returns: FFIType.u32 },
}).symbols;

/** From <bits/socket.h> and <linux/if_ether.h>. */
const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETH_P_ALL = 0x0003;
const SOCKADDR_LL_BYTES = 20;
/** A frame without jumbo or tags has 1514 bytes; a receive with offload may be as long as a whole IP packet. */
const FRAME_MAX_BYTES = 65_536;

/** Whole frames, both ways, blocking. */
export interface PacketSocket extends Disposable {
  receive(): Uint8Array;
  send(frame: Uint8Array): void;
}

/** Memory whose address stays: a bare array buffer, never a pooled one. */
const fixedBytes = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(new ArrayBuffer(size));

/** Opens the interface of this network namespace. */
export const openPacketSocket = (interfaceName: string): PacketSocket => {
  const name = fixedBytes(interfaceName.length + 1);
  name.set(new TextEncoder().encode(interfaceName));
  const index = libc.if_nametoindex(ptr(name));
  const networkOrder = ((ETH_P_ALL & 0xff) << 8) | (ETH_P_ALL >> 8);
  const fd = libc.socket(AF_PACKET, SOCK_RAW, networkOrder);
  const address = fixedBytes(SOCKADDR_LL_BYTES); // family, protocol (network order), interface; the rest is zero
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, ETH_P_ALL, false);
  view.setInt32(4, index, true);
  if (index === 0 || fd < 0 || libc.bind(fd, ptr(address), SOCKADDR_LL_BYTES) !== 0)
    throw new Fault("network", {
      interfaceName,
      index,
      fd,
      detail: "no packet socket: root is needed, and the interface",
    });
  const buffer = fixedBytes(FRAME_MAX_BYTES);
  const at = ptr(buffer);
  return {
    receive: () => {
      const size = Number(libc.recv(fd, at, FRAME_MAX_BYTES, 0));
      if (size < 0) throw new Fault("network", { interfaceName, detail: "recv failed" });
      return buffer.slice(0, size);
    },
    send: (frame) => {
      const copy = fixedBytes(frame.length);
      copy.set(frame);
      const sent = Number(libc.send(fd, ptr(copy), frame.length, 0));
      if (sent !== frame.length) throw new Fault("network", { interfaceName, detail: "send failed" });
    },
    [Symbol.dispose]: () => void libc.close(fd),
  };
};
