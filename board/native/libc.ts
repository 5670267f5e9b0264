/** The C library, and its errors as upstream's native halves report them. For 64-bit Linux with glibc, which is what the box runs on. */
import { CString, dlopen, type Pointer, read } from "bun:ffi";
import { constants } from "node:os";

const library = dlopen("libc.so.6", {
  ioctl: { args: ["i32", "u64", "u64"], returns: "i32" },
  epoll_create1: { args: ["i32"], returns: "i32" },
  epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  strerror: { args: ["i32"], returns: "ptr" },
  __errno_location: { args: [], returns: "ptr" },
}).symbols;

/** Where this thread's errno lies. Asked once: nothing may come between a call and the look at its errno, another call least of all. */
const errnoAt = library.__errno_location();

/** What a call gave, or its errno as a negative number. */
const outcome = (value: number): number => (value === -1 && errnoAt !== null ? -read.i32(errnoAt, 0) : value);

/** `ioctl(2)` with a number or an address. */
export const ioctl = (fd: number, request: number, argument: number | Pointer): number =>
  outcome(library.ioctl(fd, request, argument));

/** `epoll_create1(2)`. */
export const createEpoll = (flags: number): number => outcome(library.epoll_create1(flags));

/** `epoll_ctl(2)`; `event` is null where none is needed. */
export const controlEpoll = (epoll: number, operation: number, fd: number, event: Pointer | null): number =>
  outcome(library.epoll_ctl(epoll, operation, fd, event));

/** Names of errors by number. What a bus answers when nobody acknowledges is missing in Node's table. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [121, "EREMOTEIO"],
  ...Object.entries(constants.errno).map(([name, number]) => [number, name] as const),
]);

/** An error of the system as Node-API modules make them: `errno` is positive, other than in errors of `node:fs`. */
export interface SystemError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;
}

/** Makes one. */
export const systemError = (errno: number, syscall: string): SystemError => {
  const code = NAMES.get(errno) ?? `E${errno}`;
  const text = library.strerror(errno);
  const words = text === null ? "" : ` ${new CString(text)},`;
  return Object.assign(new Error(`${code}:${words} ${syscall}`), { errno, code, syscall });
};
