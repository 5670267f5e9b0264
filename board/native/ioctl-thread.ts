/**
 * Runs ioctls that wait for a bus, in a thread of their own. `ioctl.ts` loads this file as text, so that it comes along in bundles and executables; it can
 * therefore import nothing of ours.
 */
import { dlopen, ptr, read } from "bun:ffi";

/** An ioctl whose argument is memory. */
export interface IoctlOrder {
  readonly id: number;
  readonly fd: number;
  readonly request: number;
  readonly bytes: Uint8Array;
  /** Pointers inside: at the first offset lies the address of the second. */
  readonly pointers: readonly (readonly [number, number])[];
}

/** What came of it: the call's value or a negative errno, and the memory afterwards. */
export interface IoctlDone {
  readonly id: number;
  readonly value: number;
  readonly bytes: Uint8Array;
}

declare const self: Worker;

const libc = dlopen("libc.so.6", {
  ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  __errno_location: { args: [], returns: "ptr" },
}).symbols;
const errnoAt = libc.__errno_location();

self.onmessage = ({ data: { id, fd, request, bytes, pointers } }: MessageEvent<IoctlOrder>): void => {
  // An ArrayBuffer made by itself stays where it is; that of a small typed array may move.
  const memory = new ArrayBuffer(bytes.length);
  const after = new Uint8Array(memory);
  after.set(bytes);
  const base = ptr(memory);
  for (const [at, to] of pointers) new DataView(memory).setBigUint64(at, BigInt(base + to), true);
  const value = libc.ioctl(fd, request, base);
  const done: IoctlDone = { id, value: value === -1 && errnoAt !== null ? -read.i32(errnoAt, 0) : value, bytes: after };
  postMessage(done);
};

/** What the compiler takes a text import of this file for. */
export default "ioctl-thread.ts";
