/** What Storage is ordered to do, and the plan of it: commands, disks by serial, time. Pure. */
import type { DiskClass, DiskTarget } from "../../wire/order.ts";
import type { Brief, PlanStep, StagePlan } from "../stage.ts";
import {
  type Extent,
  extentOf,
  movedBytes,
  type PlannedPath,
  patternsArgv,
  randomReadArgv,
  randomWriteArgv,
  readArgv,
  verifyArgv,
  writeArgv,
} from "./commands.ts";
import type { StorageDisk, StorageOrder, SurfaceKind } from "./facts.ts";
import type { StorageLimits } from "./limits.ts";

const MB = 1e6;
/** The wipe probe of one disk: a hundred samples; and what goes around. */
const PROBE_MS = 4_000;
const AROUND_MS = 10_000;

/** What is done to a disk. Only hard disks get four patterns: flash would wear out and show nothing more. */
const surfaceOf = ({ mayWrite, class: kind }: DiskTarget, level: number): SurfaceKind => {
  if (!mayWrite) return level === 1 ? "sampled-read" : "full-read";
  if (level === 1) return "sampled-write";
  return level === 3 && kind === "hdd" ? "patterns" : "full-write";
};

/** What this server's disks are to do. */
export const orderStorage = ({ disks, destructive, limits }: Brief<StorageLimits>): StorageOrder => ({
  destructive,
  disks: disks.map((disk) => ({ ...disk, surface: surfaceOf(disk, limits.surfaceLevel) })),
  samplePercent: limits.samplePercent,
  sampleGib: limits.sampleGib,
  randomS: limits.randomS,
  classMBps: {
    hdd: limits.hddMBps,
    ssd: limits.ssdMBps,
    nvme: limits.nvmeMBps,
    virtual: limits.virtualMBps,
  },
  controllerMBps: limits.controllerMBps,
  stallPercent: limits.stallPercent,
  stallS: limits.stallS,
  mostErrors: limits.mostErrors,
});

/** Whether a disk is written. */
export const isWritten = ({ surface, mayWrite }: StorageDisk, { destructive }: StorageOrder): boolean =>
  destructive && mayWrite && (surface === "sampled-write" || surface === "full-write" || surface === "patterns");

/** The part of a disk that is tested. */
export const extentOfDisk = ({ sizeBytes, surface }: StorageDisk, order: StorageOrder): Extent =>
  extentOf(sizeBytes, surface.startsWith("sampled") ? { percent: order.samplePercent, gib: order.sampleGib } : null);

/** How long a healthy disk of its class takes. */
export const expectedDiskMs = (disk: StorageDisk, order: StorageOrder): number => {
  const randomMs = order.randomS * 1_000 * (isWritten(disk, order) ? 2 : 1);
  return (movedBytes(disk.surface, extentOfDisk(disk, order)) / MB / order.classMBps[disk.class]) * 1_000 + randomMs;
};

/** Disks that share a controller: as many at a time as it carries. A disk whose controller is unknown stands alone. */
export const groupDisks = (
  order: StorageOrder,
): readonly { readonly disks: readonly StorageDisk[]; readonly lanes: number }[] => {
  const groups = Map.groupBy(order.disks, (disk) =>
    disk.class === "nvme" ? disk.serial : (disk.pciAddress ?? disk.serial),
  );
  return [...groups.values()].map((disks) => {
    const fastest = Math.max(...disks.map((disk) => order.classMBps[disk.class]));
    return { disks, lanes: Math.max(1, Math.min(disks.length, Math.floor(order.controllerMBps / fastest))) };
  });
};

/** When the lanes of a group are through, each taking the next disk as it is free. */
const groupMs = (disks: readonly StorageDisk[], lanes: number, order: StorageOrder): number => {
  const busyMs = new Array<number>(lanes).fill(0);
  for (const disk of disks) {
    const next = busyMs.indexOf(Math.min(...busyMs));
    busyMs[next] = (busyMs[next] ?? 0) + expectedDiskMs(disk, order);
  }
  return Math.max(0, ...busyMs);
};

const WORDS: Readonly<Record<DiskClass, string>> = {
  hdd: "hard disk",
  ssd: "SSD",
  nvme: "NVMe drive",
  virtual: "virtual disk",
};
const percentText = (bytes: number, of: number): string => `${Math.round((bytes / of) * 1000) / 10} %`;

const stepsOf = (disk: StorageDisk, order: StorageOrder): readonly PlanStep[] => {
  const { serial, sizeBytes, surface } = disk;
  const path: PlannedPath = `<disk ${serial}>`;
  const named = `${WORDS[disk.class]} ${serial}`;
  const extent = extentOfDisk(disk, order);
  const part =
    extent.stripes === undefined ? "all" : percentText(extent.stripes.count * extent.stripes.lengthBytes, sizeBytes);
  const random: readonly PlanStep[] =
    order.randomS === 0
      ? []
      : [{ what: `Reads ${named} at random for ${order.randomS} s`, argv: randomReadArgv(path, order.randomS) }];
  if (!isWritten(disk, order)) {
    const why = disk.whyNot === undefined ? "" : ` It is not written: ${disk.whyNot}`;
    return [{ what: `Reads ${part} of ${named}.${why}`, argv: readArgv(path, extent) }, ...random];
  }
  const test: readonly PlanStep[] =
    surface === "patterns"
      ? [
          {
            what: `Writes four patterns over ${named} and reads each back`,
            argv: patternsArgv(path, sizeBytes, order.mostErrors),
            wipes: serial,
          },
        ]
      : [
          { what: `Writes ${part} of ${named}`, argv: writeArgv(path, extent), wipes: serial },
          { what: `Reads it back and compares`, argv: verifyArgv(path, extent) },
        ];
  return [
    { what: `Looks whether ${named} is blank; data on any disk stops all of it before anything is written` },
    ...test,
    ...random,
    ...(order.randomS === 0
      ? []
      : [
          {
            what: `Writes ${named} at random for ${order.randomS} s`,
            argv: randomWriteArgv(path, order.randomS),
            wipes: serial,
          },
        ]),
  ];
};

/** The order as commands and time. */
export const planStorage = (order: StorageOrder): StagePlan => ({
  expectedMs: Math.round(
    AROUND_MS +
      order.disks.length * PROBE_MS +
      Math.max(0, ...groupDisks(order).map(({ disks, lanes }) => groupMs(disks, lanes, order))),
  ),
  steps: order.disks.flatMap((disk) => stepsOf(disk, order)),
});
