/**
 * Waits in `epoll_wait` so that the JavaScript thread need not. `epoll.ts` loads this file as text, so that it comes along in bundles and executables; it can therefore
 * import nothing of ours.
 *
 * One event at a time: it is told, and the next wait begins when that one has been handled. So a level that nobody has cleared yet is not told twice, nothing piles up,
 * and while there is no event the thread sleeps in the kernel.
 */
import { dlopen, ptr, read } from "bun:ffi";

/** What the thread needs to begin. */
export interface EpollOrder {
  readonly epoll: number;
  /** Four numbers: whether the last event was handled, errno, events, registration. */
  readonly shared: SharedArrayBuffer;
  readonly eventBytes: number;
  readonly registrationAt: number;
}

declare const self: Worker;

const EINTR = 4;
const libc = dlopen("libc.so.6", {
  epoll_wait: { args: ["i32", "ptr", "i32", "i32"], returns: "i32" },
  __errno_location: { args: [], returns: "ptr" },
}).symbols;
const errnoAt = libc.__errno_location();

/** Waits for an event however often a signal interrupts. Gives 0 or an errno. */
const awaitEvent = (epoll: number, event: ReturnType<typeof ptr>): number => {
  for (;;) {
    if (libc.epoll_wait(epoll, event, 1, -1) >= 0) return 0;
    const errno = errnoAt === null ? EINTR : read.i32(errnoAt, 0);
    if (errno !== EINTR) return errno;
  }
};

self.onmessage = ({ data: { epoll, shared, eventBytes, registrationAt } }: MessageEvent<EpollOrder>): void => {
  const told = new Int32Array(shared);
  const memory = new ArrayBuffer(eventBytes); // made by itself, it stays where it is
  const event = ptr(memory);
  const view = new DataView(memory);
  for (let errno = 0; errno === 0; ) {
    errno = awaitEvent(epoll, event);
    told[1] = errno;
    told[2] = view.getInt32(0, true);
    told[3] = view.getInt32(registrationAt, true);
    Atomics.store(told, 0, 0);
    postMessage(null);
    while (Atomics.load(told, 0) === 0) Atomics.wait(told, 0, 0);
  }
};

/** What the compiler takes a text import of this file for. */
export default "epoll-thread.ts";
