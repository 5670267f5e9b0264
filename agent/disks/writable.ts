/**
 * The one door: the only function of the program that yields a path to write to (D4).
 *
 * It asks everything again that could have changed since the disk was looked at, opens the disk exclusively, and only then asks once more, of exactly the
 * device that is now open. The descriptor stays open as long as the `WritableDisk` lives, and tools get the path of that descriptor: what they open is the
 * device that was checked, whatever its name means by then. While it is open the kernel gives its number to no other disk.
 */
import assert from "node:assert/strict";
import { close, constants, open } from "node:fs";
import { promisify } from "node:util";
import { type DiskAnswer, given, refused } from "./answer.ts";
import type { BlockView } from "./block.ts";
import { type EndHashes, hashOf, lastMiBAt } from "./contents.ts";
import { alignedBytes, blockNumberOf, descriptorPath, errorCode, isSystemError, readAt } from "./device.ts";
import { type DiskName, type DiskSystem, findTarget, isSameBlock, recheckOpened } from "./identity.ts";
import { leaveKey, permit, type WipeOrder } from "./permission.ts";
import { SAMPLE_BYTES } from "./sample-plan.ts";
import type { WipeProbe } from "./wipe-probe.ts";
import { findWriters } from "./writers.ts";

const openFile = promisify(open);
const closeFile = promisify(close);

declare const writable: unique symbol;
/** A path that tools may write to. It has no other source than an open `WritableDisk`. */
export type WritablePath = string & { readonly [writable]: true };

/** A disk that may be written, open as long as this lives. Its private part makes the type one that nothing else can be. */
class Writable implements AsyncDisposable {
  readonly serial: string;
  readonly sizeBytes: number;
  readonly name: string;
  readonly devNumber: string;
  #fd: number | null;

  constructor(fd: number, { name, devNumber, sizeBytes }: BlockView, serial: string) {
    this.#fd = fd;
    this.serial = serial;
    this.name = name;
    this.devNumber = devNumber;
    this.sizeBytes = sizeBytes;
  }

  /** For tools that write. A closed disk has none: to ask is a bug. */
  get path(): WritablePath {
    assert(this.#fd !== null, `disk ${this.serial} was given back`);
    return descriptorPath(this.#fd) as WritablePath;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const fd = this.#fd;
    this.#fd = null;
    if (fd !== null) await closeFile(fd);
  }
}

/** A disk that may be written. Only `mintWritable` makes one. */
export type WritableDisk = Writable;

/** Overrides and probes that were used in the life of this process. The box keeps its own record, which outlives it. */
const usedLeaves = new Set<string>();
const usedProbes = new WeakSet<WipeProbe>();

const CODES: Readonly<Record<string, "open-elsewhere" | "read-only" | "not-found">> = {
  EBUSY: "open-elsewhere",
  EROFS: "read-only",
  EACCES: "read-only",
  EPERM: "read-only",
  ENOENT: "not-found",
  ENODEV: "not-found",
  ENXIO: "not-found",
  ENOMEDIUM: "not-found",
};

/** Exclusive opening of a block device claims it as a mount does: the kernel refuses when anything else has claimed it or a part of it (block/bdev.c). */
const openExclusively = async (path: string): Promise<DiskAnswer<number>> => {
  try {
    return given(await openFile(path, constants.O_RDWR | constants.O_EXCL | constants.O_DIRECT));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return refused(CODES[errorCode(error)] ?? "unreadable", `${path}: ${errorCode(error)}`);
  }
};

const readHash = async (system: DiskSystem, fd: number, offset: number, length: number): Promise<string | null> => {
  const outcome = await readAt(system.clock, fd, alignedBytes(length), offset);
  return outcome.ok ? hashOf(outcome.bytes) : null;
};

/** Both ends as they are on the device that is open now. */
const hashEnds = async (system: DiskSystem, fd: number, sizeBytes: number): Promise<EndHashes> => {
  const length = Math.min(SAMPLE_BYTES, sizeBytes);
  const head = await readHash(system, fd, 0, length);
  return { head, tail: await readHash(system, fd, lastMiBAt(sizeBytes), length) };
};

type Refused = ReturnType<typeof refused>;

/** Everything again, of the device that is open. */
const refusalOfOpened = async (
  system: DiskSystem,
  fd: number,
  target: DiskName,
  probe: WipeProbe,
): Promise<Refused | undefined> => {
  const devNumber = await blockNumberOf(fd);
  if (devNumber !== probe.block.devNumber)
    return refused(
      "swapped",
      `${probe.block.name} was ${probe.block.devNumber} and is ${devNumber ?? "no block device"}`,
    );
  const again = await recheckOpened(system, devNumber, probe.block, target);
  if (!again.ok) return again;
  const writers = await findWriters(system.files, again.value);
  if (writers.length > 0)
    return refused("open-elsewhere", `${probe.block.name}: processes ${writers.join(", ")} may write to it`);
  const hashes = await hashEnds(system, fd, again.value.sizeBytes);
  if (hashes.head !== probe.hashes.head || hashes.tail !== probe.hashes.tail)
    return refused("content-changed", `${probe.block.name}: its first or last MiB changed since it was looked at`);
  return undefined;
};

/**
 * Makes a disk writable, or says why not. `probe` must be of this disk, at most a minute old, and not have served before; whatever it saw but blankness
 * needs the order's leave for this very disk and attempt.
 */
export const mintWritable = async (
  system: DiskSystem,
  order: WipeOrder,
  target: DiskName,
  probe: WipeProbe | null,
  signal: AbortSignal,
): Promise<DiskAnswer<WritableDisk>> => {
  const question = () => ({ order, target, probe, nowMonoMs: system.clock.monoMs(), usedLeaves, usedProbes });
  const first = permit(question());
  if (!first.ok) return first;
  assert(probe !== null, "a disk without a probe was refused");
  const found = await findTarget(system, target, signal);
  if (!found.ok) return found;
  if (!isSameBlock(found.value, probe.block))
    return refused("swapped", `${found.value.name} is another disk than the one that was looked at`);
  signal.throwIfAborted();
  const opened = await openExclusively(`${system.deviceRoot}/${found.value.name}`);
  if (!opened.ok) return opened;
  const fd = opened.value;
  let kept = false;
  try {
    const refusal = await refusalOfOpened(system, fd, target, probe);
    if (refusal !== undefined) return refusal;
    signal.throwIfAborted();
    const leave = permit(question()); // the looks above took their time
    if (!leave.ok) return leave;
    usedProbes.add(probe);
    if (leave.value !== null) usedLeaves.add(leaveKey(leave.value, target.serial));
    kept = true;
    return given(new Writable(fd, found.value, target.serial));
  } finally {
    if (!kept) await closeFile(fd);
  }
};
