/** Descriptors to wait for: pipes, event counters and timers, by the C library. */
import { dlopen, ptr } from "bun:ffi";
import { closeSync, readSync, writeSync } from "node:fs";

const libc = dlopen("libc.so.6", {
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
  eventfd: { args: ["u32", "i32"], returns: "i32" },
  timerfd_create: { args: ["i32", "i32"], returns: "i32" },
  timerfd_settime: { args: ["i32", "i32", "ptr", "ptr"], returns: "i32" },
}).symbols;

const CLOEXEC = 0x80000;
const SEMAPHORE = 1;
const CLOCK_MONOTONIC = 1;

const opened = (fd: number): number => {
  if (fd < 0) throw new Error("no descriptor");
  return fd;
};

/** Both ends of a pipe: to read, to write. */
export const openPipe = (): readonly [number, number] => {
  const ends = new Int32Array(new ArrayBuffer(8));
  opened(libc.pipe2(ptr(ends.buffer), CLOEXEC));
  return [ends[0] ?? -1, ends[1] ?? -1];
};

/** A counter, from which each `takeOne` takes one (EFD_SEMAPHORE); readable while it is not 0. */
export const openCounter = (): number => opened(libc.eventfd(0, CLOEXEC | SEMAPHORE));

/** Counts it up. */
export const addTo = (counter: number, count: number): void => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(count));
  writeSync(counter, bytes);
};

/** Takes one from a counter, or reads a timer. */
export const takeOne = (fd: number): void => {
  readSync(fd, Buffer.alloc(8));
};

/** A timer that becomes readable once, after so many milliseconds. */
export const openTimer = (afterMs: number): number => {
  const fd = opened(libc.timerfd_create(CLOCK_MONOTONIC, CLOEXEC));
  const time = new BigInt64Array(new ArrayBuffer(32)); // interval and value, each seconds and nanoseconds
  time[2] = BigInt(Math.floor(afterMs / 1000));
  time[3] = BigInt(afterMs % 1000) * 1_000_000n;
  opened(libc.timerfd_settime(fd, 0, ptr(time.buffer), null));
  return fd;
};

/** Closes them. */
export const closeAll = (...fds: readonly number[]): void => {
  for (const fd of fds) closeSync(fd);
};
