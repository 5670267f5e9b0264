/**
 * A block device that is open for reading, past the page cache: what is read comes from the disk, now, and a test of terabytes does not drive the agent out of
 * memory. Every read has a deadline, because a dying disk answers after minutes or never.
 */
import { ptr } from "bun:ffi";
import { close, constants, fstat, open, read } from "node:fs";
import { promisify } from "node:util";
import type { Clock } from "../system/clock.ts";

/** Calls on descriptors rather than FileHandles: a handle closes itself when it is collected, and these must stay open as long as they are believed. */
const calls = {
  open: promisify(open),
  close: promisify(close),
  fstat: promisify(fstat),
  read: (fd: number, into: Uint8Array, at: number, length: number, position: number): Promise<number> =>
    new Promise((resolve, reject) => {
      read(fd, into, at, length, position, (error, count) => (error ? reject(error) : resolve(count)));
    }),
};

/** O_DIRECT wants memory, place and length in multiples of the disk's blocks, which are of 512 or 4096 bytes. */
export const ALIGN_BYTES = 4096;

/** A disk in error recovery answers within some ten seconds a block; the kernel gives a command up after 30 s, and tries it again. */
export const READ_TIMEOUT_MS = 90_000;

/** What a read came to. */
export type ReadOutcome =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: "error" | "hung"; readonly detail: string };

/** The name of the error that a system call gave: `EIO`. */
export const errorCode = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : String(error);

/** Whether the kernel said so, and not a mistake of ours. */
export const isSystemError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z0-9]+$/.test(error.code);

/** Memory that O_DIRECT accepts. It must not be a Buffer: Bun moves small ones. */
export const alignedBytes = (length: number): Uint8Array => {
  const raw = new Uint8Array(new ArrayBuffer(length + ALIGN_BYTES));
  const over = Number(ptr(raw)) % ALIGN_BYTES;
  const skip = over === 0 ? 0 : ALIGN_BYTES - over;
  return raw.subarray(skip, skip + length);
};

/** Major and minor number as sysfs writes them, from what fstat gives (glibc's gnu_dev_major and gnu_dev_minor). */
export const devNumberOf = (rdev: number): string => {
  const bits = BigInt(rdev);
  const major = ((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xfffff000n);
  const minor = (bits & 0xffn) | ((bits >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
};

/** The number of the block device behind a descriptor; null when it is none. */
export const blockNumberOf = async (fd: number): Promise<string | null> => {
  const stat = await calls.fstat(fd);
  return stat.isBlockDevice() ? devNumberOf(stat.rdev) : null;
};

/** Where other processes find what a descriptor of this one has open. The kernel follows it to the device itself, not to a name. */
export const descriptorPath = (fd: number): string => `/proc/${process.pid}/fd/${fd}`;

/** Waits for a read, but not for ever. After one that hung nothing more should be asked of the device: the read still occupies a thread. */
export const withDeadline = async (
  clock: Clock,
  reading: Promise<ReadOutcome>,
  timeoutMs: number,
): Promise<ReadOutcome> => {
  const over = new AbortController();
  const hung = clock.sleep(timeoutMs, over.signal).then((): ReadOutcome => {
    return { ok: false, reason: "hung", detail: `no answer within ${timeoutMs} ms` };
  });
  const first = await Promise.race([reading, hung]);
  over.abort();
  return first;
};

/** Fills `into` from a place on the device. */
export const readAt = (clock: Clock, fd: number, into: Uint8Array, offset: number): Promise<ReadOutcome> => {
  const reading = calls.read(fd, into, 0, into.length, offset).then(
    (count): ReadOutcome =>
      count === into.length
        ? { ok: true, bytes: into }
        : { ok: false, reason: "error", detail: `${count} of ${into.length} bytes` },
    (error: unknown): ReadOutcome => ({ ok: false, reason: "error", detail: errorCode(error) }),
  );
  return withDeadline(clock, reading, READ_TIMEOUT_MS);
};

/** A block device that is open for reading. */
export interface ReadableDevice extends AsyncDisposable {
  readonly devNumber: string;
  /** For tools that read. */
  readonly path: ReadablePath;
  /** Fills `into` from a place on the device. After a read that hung every other one is refused, and the memory of that one must not be used again. */
  read(into: Uint8Array, offset: number): Promise<ReadOutcome>;
}

declare const readable: unique symbol;
/**
 * A path for tools that read. It is a type of its own so that no tool that writes takes it; a tool that wanted to could open it for writing all the same, so
 * the argument lists of readers are made here and in the stages, and never hold anything else.
 */
export type ReadablePath = string & { readonly [readable]: true };

/** Opens a block device for reading; throws what the kernel says. Null when the node is no block device. */
export const openReadable = async (clock: Clock, path: string): Promise<ReadableDevice | null> => {
  const fd = await calls.open(path, constants.O_RDONLY | constants.O_DIRECT);
  const devNumber = await blockNumberOf(fd).catch(() => null);
  if (devNumber === null) {
    await calls.close(fd);
    return null;
  }
  let hung = false;
  return {
    devNumber,
    path: descriptorPath(fd) as ReadablePath,
    read: async (into, offset) => {
      if (hung) return { ok: false, reason: "hung", detail: "an earlier read hangs" };
      const outcome = await readAt(clock, fd, into, offset);
      hung = !outcome.ok && outcome.reason === "hung";
      return outcome;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = calls.close(fd);
      // A device that hangs may keep the call for ever; then it ends with the device.
      if (hung) void closed.catch(() => undefined);
      else await closed;
    },
  };
};
