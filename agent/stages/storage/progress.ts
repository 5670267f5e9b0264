/** How far all disks are together, how fast they go, and when they will be through. */
import type { StageContext } from "../runner.ts";
import type { StorageDisk, StorageOrder } from "./facts.ts";
import { expectedDiskMs, groupDisks } from "./order.ts";
import type { DiskWork, Pass } from "./pass.ts";
import type { Pace } from "./watch.ts";

/** See above. */
export interface Progress {
  /** Where the passes of a disk tell how they go. */
  of(disk: StorageDisk): DiskWork["tell"];
  done(disk: StorageDisk): void;
}

interface Share {
  /** Of the whole of its time, by what a healthy disk takes. */
  readonly totalMs: number;
  /** Of passes that are over. */
  beforeMs: number;
  pass: Pass | null;
  passMs: number;
  mbps: number;
}

const S_PER_MIN = 60;

/** `3 h 05 min`, `12 min`, `40 s`. */
export const durationText = (ms: number): string => {
  const s = Math.round(ms / 1_000);
  if (s < 90) return `${s} s`;
  const min = Math.round(s / S_PER_MIN);
  return min < 90 ? `${min} min` : `${Math.floor(min / 60)} h ${String(min % 60).padStart(2, "0")} min`;
};

/** Follows the disks of an order. */
export const createProgress = ({ order, system, progress }: StageContext<StorageOrder>): Progress => {
  const startMs = system.clock.monoMs();
  const shares = new Map<StorageDisk, Share>(
    order.disks.map((disk) => [
      disk,
      { totalMs: Math.max(1, expectedDiskMs(disk, order)), beforeMs: 0, pass: null, passMs: 0, mbps: 0 },
    ]),
  );
  // The slowest controller says how long it takes; the others are through before.
  const groups = groupDisks(order).map(({ disks, lanes }) => ({ disks, lanes }));
  const ratio = (): number => {
    const left = groups.map(({ disks, lanes }) => {
      const own = disks.flatMap((disk) => shares.get(disk) ?? []);
      const total = own.reduce((sum, share) => sum + share.totalMs, 0) / lanes;
      const done = own.reduce((sum, share) => sum + Math.min(share.totalMs, share.beforeMs + share.passMs), 0) / lanes;
      return { total, done };
    });
    const slowest = left.reduce((a, b) => (b.total - b.done > a.total - a.done ? b : a), { total: 1, done: 1 });
    return Math.min(1, slowest.done / slowest.total);
  };
  const tellAll = (): void => {
    const busy = [...shares].filter(([, share]) => share.pass !== null);
    const mbps = busy.reduce((sum, [, share]) => sum + share.mbps, 0);
    const done = ratio();
    const leftMs = done > 0.01 ? ((system.clock.monoMs() - startMs) / done) * (1 - done) : null;
    const [first] = busy;
    const what =
      busy.length === 1 && first !== undefined ? `${first[1].pass?.what} ${first[0].serial}` : `${busy.length} disks`;
    progress(
      done,
      [what, `${Math.round(mbps)} MB/s`, ...(leftMs === null ? [] : [`${durationText(leftMs)} left`])].join(", "),
    );
  };
  return {
    of: (disk) => (pass: Pass, pace: Pace) => {
      const share = shares.get(disk);
      if (share === undefined) return;
      if (share.pass !== pass) {
        share.beforeMs += share.pass?.expectedMs ?? 0;
        share.pass = pass;
      }
      const done = pass.orderedBytes === 0 ? 0 : Math.min(1, pace.movedBytes / pass.orderedBytes);
      share.passMs = done * pass.expectedMs;
      share.mbps = pace.nowMbps;
      tellAll();
    },
    done: (disk) => {
      const share = shares.get(disk);
      if (share === undefined) return;
      Object.assign(share, { beforeMs: share.totalMs, passMs: 0, pass: null, mbps: 0 });
      tellAll();
    },
  };
};
