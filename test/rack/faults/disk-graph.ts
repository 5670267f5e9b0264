/**
 * What lies between a disk's device and its image: QEMU's block nodes, from the image up. Pure.
 *
 *     device ── disk0 (raw) ── disk0-slow-1 (throttle) ── disk0-bad-1 (blkdebug) ── disk0-image (file)
 *
 * The device holds `disk0` for good. What is wrong with a disk are filters below it, and a disk that is well has none, so `disk0` can
 * be set upon another chain while the server runs. Each chain has a number, since the old one goes only when the new one is in use.
 */
import type { DiskFaults, IoErrorSpec } from "../declared-disk.ts";
import { placeOn } from "../declared-fields.ts";

/** A block node as QMP's `blockdev-add` and the command line's `-blockdev` take it. */
export type BlockNode = Readonly<Record<string, unknown>> & { readonly driver: string; readonly "node-name": string };

/** What is wrong with a disk's image: the faults that are filters. */
export type ChainFaults = Pick<DiskFaults, "ioErrors" | "speed" | "stalled" | "dead">;

/** Filters above an image. */
export interface Chain {
  /** From the image up; the last one is what `disk0` sits on. */
  readonly filters: readonly BlockNode[];
  /** Limits of the throttle's group, if there is one: an object of its own, made before the filters. */
  readonly group: { readonly id: string; readonly limits: Readonly<Record<string, number>> } | null;
  readonly topNode: string;
}

/** A disk among QEMU's nodes. */
export interface DiskNodes {
  readonly node: string;
  readonly image: string;
  readonly sizeBytes: number;
  readonly readOnly: boolean;
}

const SECTOR_BYTES = 512;
const EIO = 5;
/** A request longer than the shortest time-out of any kernel (30 s): the first sector takes 512 s. */
const STALL = { "bps-total": 1, "iops-total": 1 } as const;

/** Kinds of requests by direction. A write of zeros may come as a write, as its own kind, or as a discard. */
const REQUESTS = {
  read: ["read"],
  write: ["write", "write-zeroes", "discard"],
  both: ["read", "write", "write-zeroes", "discard"],
} as const;

/** Always on (event "none"), and every time again. */
const rule = (iotype: string, sector?: number) => ({
  ...{ event: "none", iotype, errno: EIO, immediately: true, once: false },
  ...(sector === undefined ? {} : { sector }),
});

/** A rule fits a request that touches its sector, so each bad sector has its own. */
const rulesOf = ({ at, length, on }: IoErrorSpec, sizeBytes: number) =>
  Array.from({ length: length / SECTOR_BYTES }, (_, i) => placeOn(at, sizeBytes) / SECTOR_BYTES + i).flatMap((sector) =>
    REQUESTS[on].map((iotype) => rule(iotype, sector)),
  );

const limitsOf = ({ speed, stalled }: ChainFaults): Readonly<Record<string, number>> | null => {
  if (stalled) return STALL;
  if (speed?.bytesPerS === undefined && speed?.iops === undefined) return null;
  return { "bps-total": speed.bytesPerS ?? 0, "iops-total": speed.iops ?? 0 };
};

/** The filters that these faults are. `number` tells this chain from those before. */
export const renderChain = (
  { node, sizeBytes }: Pick<DiskNodes, "node" | "sizeBytes">,
  faults: ChainFaults,
  number: number,
): Chain => {
  const image = `${node}-image`;
  const rules = faults.dead
    ? REQUESTS.both.map((iotype) => rule(iotype))
    : faults.ioErrors.flatMap((error) => rulesOf(error, sizeBytes));
  const bad = { driver: "blkdebug", "node-name": `${node}-bad-${number}`, image, "inject-error": rules };
  const isBad = rules.length > 0;
  const limits = limitsOf(faults);
  const group = limits === null ? null : { id: `${node}-speed-${number}`, limits };
  const slow = {
    driver: "throttle",
    "node-name": `${node}-slow-${number}`,
    "throttle-group": group?.id,
    file: isBad ? bad["node-name"] : image,
  };
  const filters: readonly BlockNode[] = [...(isBad ? [bad] : []), ...(group === null ? [] : [slow])];
  return { filters, group, topNode: filters.at(-1)?.["node-name"] ?? image };
};

/** The image itself. */
export const renderImageNode = ({ node, image, readOnly }: DiskNodes): BlockNode => ({
  driver: "file",
  "node-name": `${node}-image`,
  filename: image,
  "read-only": readOnly,
});

/** What the device holds, upon a chain. */
export const renderTopNode = (
  { node, readOnly }: Pick<DiskNodes, "node" | "readOnly">,
  { topNode }: Chain,
): BlockNode => ({
  driver: "raw",
  "node-name": node,
  file: topNode,
  "read-only": readOnly,
  discard: "unmap",
  "detect-zeroes": "unmap",
  // The page cache outlives a killed QEMU, so a flush to the medium would only cost time.
  cache: { "no-flush": true },
});
