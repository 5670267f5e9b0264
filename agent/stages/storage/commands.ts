/**
 * The very commands of Storage: what the plan shows and what the runner starts. Pure.
 *
 * This is the only file that names tools which write to disks. Each of them takes a `WritablePath`, which only an open, checked disk has, or the plan's
 * stand-in, which is no path.
 */
import type { ReadablePath } from "../../disks/device.ts";
import { GRANULE_BYTES } from "../../disks/own-blocks.ts";
import type { WritablePath } from "../../disks/writable.ts";
import type { SurfaceKind } from "./facts.ts";

/** What stands for a disk in a plan. */
export type PlannedPath = `<disk ${string}>`;
/** A disk that is written. */
export type WriteTarget = WritablePath | PlannedPath;
/** A disk that is read. */
export type ReadTarget = ReadablePath | WriteTarget;
type Argv = readonly [string, ...string[]];

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const BLOCK_BYTES = MIB;
const SMALL_DISK_BYTES = GIB;

/** Where a test goes: stripes of one length at one distance, and the end; or everything. */
export interface Extent {
  readonly sizeBytes: number;
  /** Absent when everything is tested. */
  readonly stripes?: { readonly count: number; readonly lengthBytes: number; readonly gapBytes: number };
  /** The last MiBs, which no whole number of blocks or stripes may reach. */
  readonly end: { readonly offset: number; readonly length: number };
}

/** Which parts of a disk a test goes over. A sample that would be all of it is all of it. */
export const extentOf = (
  sizeBytes: number,
  sample: { readonly percent: number; readonly gib: number } | null,
): Extent => {
  const lengthBytes = sizeBytes > SMALL_DISK_BYTES ? 16 * MIB : BLOCK_BYTES;
  // Its offset is a block of our own, so that the wipe probe knows it again.
  const offset = Math.max(0, Math.floor((sizeBytes - lengthBytes) / GRANULE_BYTES) * GRANULE_BYTES);
  const end = { offset, length: Math.floor((sizeBytes - offset) / GRANULE_BYTES) * GRANULE_BYTES };
  if (sample === null) return { sizeBytes, end };
  const wanted = Math.min((sizeBytes * sample.percent) / 100, sample.gib * GIB);
  const count = Math.max(2, Math.ceil(wanted / lengthBytes));
  const distance = Math.floor(sizeBytes / count / BLOCK_BYTES) * BLOCK_BYTES;
  if (distance <= lengthBytes) return { sizeBytes, end };
  return { sizeBytes, end, stripes: { count, lengthBytes, gapBytes: distance - lengthBytes } };
};

/** Bytes that one pass over an extent moves. */
export const extentBytes = ({ sizeBytes, stripes, end }: Extent): number =>
  (stripes === undefined ? Math.floor(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES : stripes.count * stripes.lengthBytes) +
  end.length;

/** Our blocks: a header with its place and a checksum in each 4 KiB, so that one that lies elsewhere, or is an older one, is found. */
const VERIFY = ["--verify=crc32c", `--verify_interval=${GRANULE_BYTES}`] as const;
const FIO = [
  "--direct=1",
  "--ioengine=libaio",
  "--verify_state_save=0",
  "--output-format=json",
  "--eta=never",
] as const;
/** Goes on after an error, to find them all; what the disk refused is then counted in the documents of `--status-interval` alone. Its exit code then says nothing: fio 3.33 ends with 0 after verify errors. */
const GO_ON = "--continue_on_error=all";

const stretches = (extent: Extent, ...how: readonly string[]): readonly string[] => {
  const { stripes, end } = extent;
  const main =
    stripes === undefined
      ? [`--size=${Math.floor(extent.sizeBytes / BLOCK_BYTES) * BLOCK_BYTES}`]
      : [
          "--zonemode=strided",
          `--zonesize=${stripes.lengthBytes}`,
          `--zonerange=${stripes.lengthBytes}`,
          `--zoneskip=${stripes.gapBytes}`,
          `--io_size=${stripes.count * stripes.lengthBytes}`,
        ];
  return [
    "--name=surface",
    ...how,
    ...main,
    "--name=end",
    "--stonewall",
    ...how,
    `--offset=${end.offset}`,
    `--size=${end.length}`,
  ];
};

/** Writes an extent. Nothing is remembered of what was written: the blocks say it themselves, and 20 TB of memories would fill the RAM. */
export const writeArgv = (path: WriteTarget, extent: Extent): Argv => [
  "fio",
  ...[...FIO, ...VERIFY, "--do_verify=0", GO_ON, `--bs=${BLOCK_BYTES}`, "--iodepth=16", `--filename=${path}`],
  ...stretches(extent, "--rw=write"),
];

/** Reads an extent back and compares. */
export const verifyArgv = (path: WriteTarget, extent: Extent): Argv => [
  "fio",
  "--readonly",
  ...[...FIO, ...VERIFY, GO_ON, `--bs=${BLOCK_BYTES}`, "--iodepth=16", `--filename=${path}`],
  ...stretches(extent, "--rw=read"),
];

/** Reads an extent. */
export const readArgv = (path: ReadTarget, extent: Extent): Argv => [
  "fio",
  "--readonly",
  ...[...FIO, GO_ON, `--bs=${BLOCK_BYTES}`, "--iodepth=16", `--filename=${path}`],
  ...stretches(extent, "--rw=read"),
];

/** Random access. Writes leave blocks of our own. */
export const randomReadArgv = (path: ReadTarget, seconds: number): Argv => [
  "fio",
  "--readonly",
  ...[
    ...FIO,
    GO_ON,
    "--bs=4096",
    "--iodepth=32",
    "--time_based",
    `--runtime=${seconds}`,
    "--randrepeat=0",
    "--norandommap",
  ],
  ...[`--filename=${path}`, "--name=random", "--rw=randread"],
];

/** See `randomReadArgv`. */
export const randomWriteArgv = (path: WriteTarget, seconds: number): Argv => [
  "fio",
  ...[...FIO, ...VERIFY, "--do_verify=0", GO_ON],
  ...["--bs=4096", "--iodepth=32", "--time_based", `--runtime=${seconds}`, "--randrepeat=0", "--norandommap"],
  ...[`--filename=${path}`, "--name=random", "--rw=randwrite"],
];

const MAX_BLOCKS = 2 ** 32;

/** badblocks counts blocks in 32 bits (e2fsprogs, misc/badblocks.c), so its default of 1 KiB refuses disks from 4 TiB on. */
export const badblocksBlockBytes = (sizeBytes: number): number => {
  let bytes = 4 * KIB;
  while (sizeBytes / bytes >= MAX_BLOCKS) bytes *= 2;
  return bytes;
};

/** Blocks that are tested at once: twice as much memory. */
const AT_ONCE_BYTES = 16 * MIB;
/** The patterns 0xaa, 0x55, 0xff and 0x00, each written and read back (badblocks(8), -w). */
export const PATTERNS = 4;

/** `-f` because the disk is held open exclusively, by us. Its exit code says nothing about bad blocks (LP#1733923). */
export const patternsArgv = (path: WriteTarget, sizeBytes: number, mostErrors: number): Argv => {
  const block = badblocksBlockBytes(sizeBytes);
  return [
    "badblocks",
    ...["-w", "-f", "-v", "-b", String(block), "-c", String(Math.max(1, AT_ONCE_BYTES / block))],
    ...["-e", String(mostErrors), path],
  ];
};

/** What a kind of test moves, writing and reading together. */
export const movedBytes = (kind: SurfaceKind, extent: Extent): number => {
  if (kind === "patterns") return 2 * PATTERNS * extent.sizeBytes;
  return extentBytes(extent) * (kind === "sampled-write" || kind === "full-write" ? 2 : 1);
};
