/** Two calls of the C library that the character device needs and the runtime does not have. */
import { dlopen, ptr } from "bun:ffi";

const library = dlopen("libc.so.6", {
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
}).symbols;

const F_SETFL = 4;
const O_NONBLOCK = 0o4000;
const CLOCK_MONOTONIC = 1;

/** `fcntl(2)`: a read gives EAGAIN where it would wait. */
export const setNonBlocking = (fd: number): void => {
  if (library.fcntl(fd, F_SETFL, O_NONBLOCK) !== 0) throw new Error(`descriptor ${fd} cannot be read without waiting`);
};

/** The clock that the kernel stamps edges with. The runtime's own clocks begin elsewhere. */
export const monotonicNs = (): bigint => {
  const time = new BigInt64Array(new ArrayBuffer(16));
  library.clock_gettime(CLOCK_MONOTONIC, ptr(time.buffer));
  return (time[0] ?? 0n) * 1_000_000_000n + (time[1] ?? 0n);
};
