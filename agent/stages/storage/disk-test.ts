/** The passes over one disk, in their order. A disk that failed one is spared the rest: what they would say is known, or wrong. */
import type { DiskAnswer } from "../../disks/answer.ts";
import { given, refused } from "../../disks/answer.ts";
import { errorCode, isSystemError, openReadable, type ReadablePath } from "../../disks/device.ts";
import { type DiskSystem, findTarget } from "../../disks/identity.ts";
import type { WritableDisk, WritablePath } from "../../disks/writable.ts";
import {
  extentBytes,
  movedBytes,
  patternsArgv,
  randomReadArgv,
  randomWriteArgv,
  readArgv,
  verifyArgv,
  writeArgv,
} from "./commands.ts";
import type { PassFacts, StorageDisk, StorageOrder } from "./facts.ts";
import { extentOfDisk } from "./order.ts";
import { type DiskWork, type Pass, runPass } from "./pass.ts";

const MB = 1e6;

const surfacePasses = (path: WritablePath, disk: StorageDisk, order: StorageOrder): readonly Pass[] => {
  const extent = extentOfDisk(disk, order);
  const timed = (bytes: number) => ({
    tool: "fio" as const,
    orderedBytes: bytes,
    expectedMs: (bytes / MB / order.classMBps[disk.class]) * 1_000,
  });
  if (disk.surface === "patterns")
    return [
      {
        what: "patterns",
        argv: patternsArgv(path, disk.sizeBytes, order.mostErrors),
        ...timed(movedBytes("patterns", extent)),
        tool: "badblocks",
      },
    ];
  return [
    { what: "write", argv: writeArgv(path, extent), ...timed(extentBytes(extent)) },
    { what: "verify", argv: verifyArgv(path, extent), ...timed(extentBytes(extent)) },
  ];
};

const byTime = (order: StorageOrder) => ({ tool: "fio" as const, orderedBytes: 0, expectedMs: order.randomS * 1_000 });

/** What is done to a disk that is written. */
export const writingPasses = (path: WritablePath, disk: StorageDisk, order: StorageOrder): readonly Pass[] => [
  ...surfacePasses(path, disk, order),
  ...(order.randomS === 0
    ? []
    : [
        { what: "random-read" as const, argv: randomReadArgv(path, order.randomS), ...byTime(order) },
        { what: "random-write" as const, argv: randomWriteArgv(path, order.randomS), ...byTime(order) },
      ]),
];

/** What is done to a disk that is only read. */
export const readingPasses = (path: ReadablePath, disk: StorageDisk, order: StorageOrder): readonly Pass[] => {
  const extent = extentOfDisk(disk, order);
  const bytes = extentBytes(extent);
  const expectedMs = (bytes / MB / order.classMBps[disk.class]) * 1_000;
  return [
    { what: "read", tool: "fio", argv: readArgv(path, extent), orderedBytes: bytes, expectedMs },
    ...(order.randomS === 0
      ? []
      : [{ what: "random-read" as const, argv: randomReadArgv(path, order.randomS), ...byTime(order) }]),
  ];
};

/** Whether it is worth going on. */
const isSound = ({ end, errorCount, exitCode }: PassFacts): boolean =>
  end === "exited" && errorCount === 0 && exitCode === 0;

const runPasses = async (work: DiskWork, passes: readonly Pass[]): Promise<PassFacts[]> => {
  const done: PassFacts[] = [];
  for (const pass of passes) {
    if (work.context.signal.aborted) break;
    const facts = await runPass(work, pass);
    done.push(facts);
    if (!isSound(facts)) break;
  }
  return done;
};

type Around = Omit<DiskWork, "devNumber">;

/** Tests a disk that may be written. */
export const testWritable = (around: Around, writable: WritableDisk): Promise<PassFacts[]> =>
  runPasses(
    { ...around, devNumber: writable.devNumber },
    writingPasses(writable.path, around.disk, around.context.order),
  );

/** Finds, opens and tests a disk that is only read. */
export const testReadable = async (around: Around, system: DiskSystem): Promise<DiskAnswer<PassFacts[]>> => {
  const found = await findTarget(system, around.disk, around.context.signal);
  if (!found.ok) return found;
  const { name, devNumber } = found.value;
  try {
    await using device = await openReadable(system.clock, `${system.deviceRoot}/${name}`);
    if (device?.devNumber !== devNumber)
      return refused("swapped", `${name} is now ${device?.devNumber ?? "no block device"}`);
    return given(
      await runPasses({ ...around, devNumber }, readingPasses(device.path, around.disk, around.context.order)),
    );
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return refused("unreadable", `${name} cannot be opened: ${errorCode(error)}`);
  }
};
