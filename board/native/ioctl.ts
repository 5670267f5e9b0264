/** ioctls whose argument is memory: on this thread, or on one that may wait. */
import { ptr } from "bun:ffi";
import threadSource from "./ioctl-thread.ts" with { type: "text" };
import type { IoctlDone, IoctlOrder } from "./ioctl-thread.ts";

import { ioctl } from "./libc.ts";
import { openThread, type Thread } from "./thread.ts";

/** Memory for an ioctl: a structure and whatever its pointers point to, in one piece. */
export interface Memory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Pointers inside: at the first offset shall lie the address of the second. */
  readonly pointers: readonly (readonly [number, number])[];
}

/** Runs one and waits. Gives its value, or a negative errno; the memory holds what the kernel wrote. */
export const runIoctl = (fd: number, request: number, { bytes, pointers }: Memory): number => {
  const base = ptr(bytes.buffer);
  const view = new DataView(bytes.buffer);
  for (const [at, to] of pointers) view.setBigUint64(at, BigInt(base + to), true);
  return ioctl(fd, request, base);
};

let thread: Thread | null = null;
let lastId = 0;
const waiting = new Map<number, (done: IoctlDone | Error) => void>();

const settle = (id: number, done: IoctlDone | Error): void => {
  const tell = waiting.get(id);
  waiting.delete(id);
  if (waiting.size === 0) thread?.unref(); // nothing is under way that the process should stay for
  tell?.(done);
};

/** Started at the first use: who writes whole messages with `i2cWrite` never needs it. */
const startThread = (): Thread =>
  openThread<IoctlDone>(
    threadSource,
    (done) => settle(done.id, done),
    (why) => {
      thread = null;
      for (const id of [...waiting.keys()]) settle(id, new Error(`the thread for ioctls failed: ${why}`));
    },
  );

/** Runs one on the other thread, in the order of the calls. Tells the value and the memory afterwards, or why the thread failed. */
export const queueIoctl = (
  fd: number,
  request: number,
  { bytes, pointers }: Memory,
  tell: (done: IoctlDone | Error) => void,
): void => {
  thread ??= startThread();
  lastId += 1;
  waiting.set(lastId, tell);
  thread.ref();
  const order: IoctlOrder = { id: lastId, fd, request, bytes, pointers };
  thread.postMessage(order);
};
