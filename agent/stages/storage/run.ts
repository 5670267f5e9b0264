/**
 * Runs Storage.
 *
 * First every disk that is to be written is looked at. Data on any of them that nobody allowed to wipe stops the stage before a byte is written to any. Then
 * all of them are opened exclusively at once and held to the end: an override does not run out while a disk waits for its turn, and nothing can take one
 * meanwhile. Then they are tested, as many at a time as their controllers carry.
 */
import type { DiskSystem } from "../../disks/identity.ts";
import { leaveOf, MAX_PROBE_AGE_MS, type WipeLeave, type WipeOrder } from "../../disks/permission.ts";
import { probeWipe, type WipeLook } from "../../disks/wipe-probe.ts";
import { mintWritable, type WritableDisk } from "../../disks/writable.ts";
import type { DiskRefusal } from "../../wire/wipe.ts";
import type { StageContext } from "../runner.ts";
import { testReadable, testWritable } from "./disk-test.ts";
import type { DiskStorage, StorageDisk, StorageFacts, StorageOrder } from "./facts.ts";
import { groupDisks, isWritten } from "./order.ts";
import { createProgress, type Progress } from "./progress.ts";

type Context = StageContext<StorageOrder>;

/** Disks that are looked at at a time. A read that hangs keeps a thread of the agent for good, so there are never many. */
const PROBE_LANES = 4;
/** Before this much of its age a look is taken again, so that it is not too old when it is used. */
const PROBE_MARGIN_MS = 15_000;

/** Does some work on every item, so many at a time. */
const inLanes = async <Item>(
  items: Iterable<Item>,
  lanes: number,
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  const waiting = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
};

/** What is known of each disk so far, by its place in the order. */
interface Desk {
  readonly context: Context;
  readonly system: DiskSystem;
  readonly leave: WipeLeave | null;
  readonly looks: Map<StorageDisk, WipeLook>;
  readonly refusals: Map<StorageDisk, DiskRefusal>;
  readonly opened: Map<StorageDisk, WritableDisk>;
  readonly passes: Map<StorageDisk, DiskStorage["passes"]>;
}

const lookAt = async ({ context, system, looks }: Desk, disk: StorageDisk): Promise<void> => {
  const look = await probeWipe(system, disk, context.signal);
  looks.set(disk, look);
  const { verdict, evidence, refusal } = look.facts;
  const names = evidence.map(({ name, label }) => (label === undefined ? name : `${name} ${label}`)).slice(0, 8);
  context.log(
    verdict === "clean" ? "info" : "warn",
    `disk ${disk.serial}: ${verdict} ${refusal?.detail ?? names.join(", ")}`,
  );
};

const mayWipe = ({ leave, system }: Desk, { serial }: StorageDisk): boolean =>
  leave?.serials.includes(serial) === true && system.clock.monoMs() < leave.expiresMonoMs;

/** Disks with data that nobody allowed to wipe. One is enough to write to none. */
const isHeld = (desk: Desk): boolean =>
  [...desk.looks].some(([disk, { facts }]) => facts.verdict === "data" && !mayWipe(desk, disk));

/** Opens a disk exclusively, if its look allows it. One that grew old, while others were looked at, is taken again. */
const openDisk = async (desk: Desk, disk: StorageDisk, held: AsyncDisposableStack): Promise<void> => {
  const { context, system, looks, refusals, opened } = desk;
  const { destructive, disks } = context.order;
  const order: WipeOrder = { attempt: context.attempt, destructive, targets: disks, leave: desk.leave };
  const first = looks.get(disk)?.probe ?? null;
  const isOld = first !== null && system.clock.monoMs() - first.atMonoMs > MAX_PROBE_AGE_MS - PROBE_MARGIN_MS;
  if (isOld) await lookAt(desk, disk);
  const look = looks.get(disk);
  const refusal = look?.facts.refusal;
  const answer =
    refusal === undefined
      ? await mintWritable(system, order, disk, look?.probe ?? null, context.signal)
      : { ok: false as const, refusal };
  if (answer.ok) opened.set(disk, held.use(answer.value));
  else {
    refusals.set(disk, answer.refusal);
    context.log("warn", `disk ${disk.serial} is left alone: ${answer.refusal.code}, ${answer.refusal.detail}`);
  }
};

const testDisk = async (desk: Desk, disk: StorageDisk, progress: Progress): Promise<void> => {
  const { context, system, refusals, opened, passes } = desk;
  if (context.signal.aborted || refusals.has(disk)) return;
  const around = { context, disk, tell: progress.of(disk) };
  const writable = opened.get(disk);
  if (writable !== undefined) passes.set(disk, await testWritable(around, writable));
  else {
    const read = await testReadable(around, system);
    if (read.ok) passes.set(disk, read.value);
    else refusals.set(disk, read.refusal);
  }
  progress.done(disk);
};

const factsOf = (desk: Desk, held: boolean): StorageFacts => ({
  order: desk.context.order,
  held,
  disks: desk.context.order.disks.map((disk) => {
    const [probe, refusal] = [desk.looks.get(disk)?.facts, desk.refusals.get(disk)];
    const byOverride = desk.opened.has(disk) && probe?.verdict !== "clean" ? desk.leave?.overrideId : undefined;
    return {
      serial: disk.serial,
      surface: disk.surface,
      ...(probe === undefined ? {} : { probe }),
      ...(refusal === undefined ? {} : { refusal }),
      ...(byOverride === undefined ? {} : { overrideId: byOverride }),
      passes: desk.passes.get(disk) ?? [],
    };
  }),
});

const leaveIn = ({ grant, attempt }: Context): WipeLeave | null =>
  grant?.value.kind === "wipe" ? leaveOf(grant.value, attempt, grant.sinceMonoMs) : null;

/** The effects of Storage on a machine whose devices' nodes are there. */
export const createStorageRunner =
  (deviceRoot: string) =>
  async (context: Context): Promise<StorageFacts> => {
    const { order, signal } = context;
    const desk: Desk = {
      context,
      system: { ...context.system, deviceRoot },
      leave: leaveIn(context),
      looks: new Map(),
      refusals: new Map(),
      opened: new Map(),
      passes: new Map(),
    };
    const written = order.disks.filter((disk) => isWritten(disk, order));
    context.progress(0, `looks at ${written.length} disks`);
    await inLanes(written, PROBE_LANES, (disk) => lookAt(desk, disk));
    if (isHeld(desk)) return factsOf(desk, true);
    await using held = new AsyncDisposableStack();
    for (const disk of written) await openDisk(desk, disk, held);
    // A look that was taken again may have seen what the first one did not.
    if (isHeld(desk)) return factsOf(desk, true);
    signal.throwIfAborted();
    const progress = createProgress(context);
    await Promise.all(
      groupDisks(order).map(({ disks, lanes }) => inLanes(disks, lanes, (disk) => testDisk(desk, disk, progress))),
    );
    return factsOf(desk, false);
  };

/** The effects of Storage on this machine. */
export const runStorage = createStorageRunner("/dev");
