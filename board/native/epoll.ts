/**
 * The native half of epoll (onoff's way to hear of edges): what `require("bindings")("epoll.node")` gives it.
 *
 * One epoll instance and one thread that waits in it serve all `Epoll` objects of the process. The thread is started by the first `add`; it keeps the process alive as
 * long as a descriptor is registered, and no longer.
 */
import { ptr } from "bun:ffi";
import threadSource from "./epoll-thread.ts" with { type: "text" };
import type { EpollOrder } from "./epoll-thread.ts";

import { controlEpoll, createEpoll, systemError } from "./libc.ts";
import { openThread, type Thread } from "./thread.ts";

const EPOLL_CLOEXEC = 0x80000;
const CONTROL = { add: 1, remove: 2, modify: 3 } as const;
const EBADF = 9;
const ENOENT = 2;

/** struct epoll_event { u32 events; u64 data } is packed on x86 and nowhere else (`<sys/epoll.h>`). */
const PACKED = process.arch === "x64";
const EVENT_BYTES = PACKED ? 12 : 16;
const DATA_AT = PACKED ? 4 : 8;

/** Called for each event, or with an error when waiting failed for good. */
export type EpollCallback = (error: Error | null, fd?: number, events?: number) => void;

interface Registration {
  readonly owner: Epoll;
  readonly fd: number;
  readonly callback: EpollCallback;
}

/**
 * What is registered, by a number of its own that the kernel hands back with an event. The descriptor would not do: a number that was closed and opened anew would get
 * the events of the old file.
 */
const registrations = new Map<number, Registration>();
let lastRegistration = 0;

const findRegistration = (owner: Epoll, fd: number): number | undefined =>
  registrations.entries().find(([, one]) => one.owner === owner && one.fd === fd)?.[0];

interface Waiter {
  readonly epoll: number;
  readonly thread: Thread;
}
let waiter: Waiter | null = null;

/** Tells whoever registered what the thread has found, then lets it go on: also when a callback throws. */
const takeEvent = (shared: Int32Array): void => {
  const [, errno = 0, events = 0, id = 0] = shared;
  try {
    if (errno !== 0) for (const one of [...registrations.values()]) one.callback(systemError(errno, "epoll_wait"));
    const one = registrations.get(id); // gone if it was removed after the kernel had reported it
    if (errno === 0) one?.callback.call(one.owner, null, one.fd, events);
  } finally {
    Atomics.store(shared, 0, 1);
    Atomics.notify(shared, 0);
  }
};

const openWaiter = (): Waiter => {
  const epoll = createEpoll(EPOLL_CLOEXEC);
  if (epoll < 0) throw systemError(-epoll, "epoll_create1");
  const shared = new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT);
  const thread = openThread<null>(
    threadSource,
    () => takeEvent(new Int32Array(shared)),
    (why) => {
      throw new Error(`the thread for epoll failed: ${why}`);
    },
  );
  const order: EpollOrder = { epoll, shared, eventBytes: EVENT_BYTES, registrationAt: DATA_AT };
  thread.postMessage(order);
  return { epoll, thread };
};

/** `epoll_ctl` with these events for this registration. Gives 0 or a negative errno. */
const control = (operation: number, fd: number, events: number, id: number): number => {
  waiter ??= openWaiter();
  const memory = new ArrayBuffer(EVENT_BYTES);
  const view = new DataView(memory);
  view.setInt32(0, events | 0, true);
  view.setInt32(DATA_AT, id, true);
  return controlEpoll(waiter.epoll, operation, fd, ptr(memory));
};

const forget = (id: number): void => {
  registrations.delete(id);
  if (registrations.size === 0) waiter?.thread.unref();
};

/** Descriptors and the callback that hears of them. */
export class Epoll {
  static readonly EPOLLIN = 0x1;
  static readonly EPOLLPRI = 0x2;
  static readonly EPOLLOUT = 0x4;
  static readonly EPOLLERR = 0x8;
  static readonly EPOLLHUP = 0x10;
  static readonly EPOLLRDHUP = 0x2000;
  static readonly EPOLLONESHOT = 1 << 30;
  static readonly EPOLLET = 1 << 31;

  readonly #callback: EpollCallback;
  #closed = false;

  constructor(callback: EpollCallback) {
    if (typeof callback !== "function") throw new Error("Epoll needs a function to call");
    this.#callback = callback;
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Begins to listen for events of a descriptor. */
  add(fd: number, events: number): this {
    this.#check("add", fd, events);
    const id = lastRegistration + 1;
    const outcome = control(CONTROL.add, fd, events, id);
    if (outcome < 0) throw systemError(-outcome, "epoll_ctl");
    lastRegistration = id;
    // Whoever is known under this number had a file that was closed without being removed.
    for (const [stale, one] of [...registrations]) if (one.fd === fd) registrations.delete(stale);
    registrations.set(id, { owner: this, fd, callback: this.#callback });
    waiter?.thread.ref();
    return this;
  }

  /** Listens for other events; arms a descriptor of EPOLLONESHOT again. */
  modify(fd: number, events: number): this {
    this.#check("modify", fd, events);
    const id = findRegistration(this, fd);
    const outcome = id === undefined ? -ENOENT : control(CONTROL.modify, fd, events, id);
    if (outcome < 0) throw systemError(-outcome, "epoll_ctl");
    return this;
  }

  /** Listens no longer. A descriptor that was closed is forgotten all the same, and the error told. */
  remove(fd: number): this {
    this.#check("remove", fd, 0);
    const id = findRegistration(this, fd);
    const outcome = id === undefined ? -ENOENT : control(CONTROL.remove, fd, 0, id);
    if (id !== undefined && (outcome === 0 || outcome === -EBADF || outcome === -ENOENT)) forget(id);
    if (outcome < 0) throw systemError(-outcome, "epoll_ctl");
    return this;
  }

  /** Removes all and ends. */
  close(): null {
    if (this.#closed) throw new Error("close was called before");
    const own = registrations.values().filter(({ owner }) => owner === this);
    for (const { fd } of [...own]) this.remove(fd);
    this.#closed = true;
    return null;
  }

  #check(name: string, fd: unknown, events: unknown): void {
    if (this.#closed) throw new Error(`${name} after close`);
    if (!Number.isInteger(fd) || typeof events !== "number") throw new Error(`${name} needs a descriptor and events`);
  }
}
