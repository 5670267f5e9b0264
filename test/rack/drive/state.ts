/** What a drive is now: what was declared, what has changed since, and the self-test that runs. */
import type { DiskSpec } from "../declared-disk.ts";
import type { DriveSpec, SELF_TEST_OUTCOMES } from "../declared-drive.ts";
import { placeOn, type RangeSpec } from "../declared-fields.ts";

/** Bytes of a sector. */
export const SECTOR_BYTES = 512;
const MS_PER_S = 1000;
const LOG_ENTRIES = 20;

/** How a self-test ended. */
export type SelfTestOutcome = (typeof SELF_TEST_OUTCOMES)[number];
/** A kind of self-test. */
export type SelfTestKind = "short" | "long";
/** What can change of a drive while it runs. */
export type DriveChange = Omit<DriveSpec, "protocol">;

/** A self-test that ended. */
export interface SelfTestEnd {
  readonly kind: SelfTestKind;
  readonly outcome: SelfTestOutcome;
  readonly atHours: number;
  /** Where it found the first bad sector; null if it did not fail in a place. */
  readonly failingSector: number | null;
}

/** What nobody declared: a drive that has worked for half a year and is well. */
const WELL = {
  failing: false,
  temperatureC: 34,
  powerOnHours: 4321,
  reallocated: 0,
  pending: 0,
  uncorrectable: 0,
  crcErrors: 0,
  grownDefects: 0,
  readErrors: 0,
  writeErrors: 0,
  verifyErrors: 0,
  nonMediumErrors: 0,
  percentUsed: 0,
  delayMs: 0,
  mediumErrors: [] as readonly RangeSpec[],
  selfTest: { outcome: "passed" as SelfTestOutcome, failingAt: 0, shortS: 1, longS: 3 },
};
/** Everything that can be declared, with a value. */
export type Health = Readonly<typeof WELL>;

/** A drive's state. */
export interface DriveState {
  readonly disk: DiskSpec;
  readonly isAta: boolean;
  readonly sectors: number;
  health(): Health;
  /** Takes what is named, and leaves the rest. */
  change(change: DriveChange): void;
  /** The first bad sector of a part of the disk; null if all can be read. Counted as an error of reading. */
  findBad(sector: number, count: number): number | null;
  /** A write makes bad sectors good: they are replaced from now on. */
  replaceBad(sector: number, count: number): void;
  startSelfTest(kind: SelfTestKind): void;
  abortSelfTest(): void;
  /** Share of the running self-test that is still to come, with its kind; null if none runs. */
  running(): { readonly kind: SelfTestKind; readonly remaining: number } | null;
  /** Self-tests that ended, the last one first. */
  ended(): readonly SelfTestEnd[];
}

interface Bad {
  readonly from: number;
  readonly to: number;
}

const defined = (change: DriveChange): Partial<Health> =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));

/** Opens a drive as declared, by a clock in milliseconds. */
export const openDrive = (disk: DiskSpec, now: () => number): DriveState => {
  const { protocol = "scsi", ...declared } = disk.drive ?? {};
  let health: Health = WELL;
  let bad: readonly Bad[] = [];
  let started: { readonly kind: SelfTestKind; readonly atMs: number } | null = null;
  let log: readonly SelfTestEnd[] = [];

  const end = (kind: SelfTestKind, outcome: SelfTestOutcome): void => {
    const { failingAt } = health.selfTest;
    const failingSector = outcome === "read-failure" ? placeOn(failingAt, disk.size) / SECTOR_BYTES : null;
    log = [{ kind, outcome, atHours: health.powerOnHours, failingSector }, ...log].slice(0, LOG_ENTRIES);
    started = null;
  };
  /** What is left of the test that runs; one whose time is over ends here, since nobody saw it end before. */
  const running = () => {
    if (started === null) return null;
    const { kind, atMs } = started;
    const durationMs = (kind === "short" ? health.selfTest.shortS : health.selfTest.longS) * MS_PER_S;
    const leftMs = atMs + durationMs - now();
    if (leftMs > 0) return { kind, remaining: leftMs / durationMs };
    end(kind, health.selfTest.outcome);
    return null;
  };
  const change = (wanted: DriveChange): void => {
    running(); // a test that is over has the outcome of its time
    health = { ...health, ...defined(wanted) };
    if (wanted.mediumErrors === undefined) return;
    bad = wanted.mediumErrors.map(({ at, length }) => {
      const from = placeOn(at, disk.size) / SECTOR_BYTES;
      return { from, to: from + length / SECTOR_BYTES };
    });
  };
  change(declared);
  const hits = ({ from, to }: Bad, sector: number, count: number): boolean => from < sector + count && sector < to;
  return {
    disk,
    isAta: protocol === "ata",
    sectors: disk.size / SECTOR_BYTES,
    health: () => health,
    change,
    findBad: (sector, count) => {
      const found = bad.filter((range) => hits(range, sector, count)).map(({ from }) => Math.max(from, sector));
      if (found.length === 0) return null;
      health = { ...health, readErrors: health.readErrors + 1 };
      return Math.min(...found);
    },
    replaceBad: (sector, count) => {
      const end = sector + count;
      const replaced = bad.reduce(
        (sum, { from, to }) => sum + Math.max(0, Math.min(to, end) - Math.max(from, sector)),
        0,
      );
      if (replaced === 0) return;
      bad = bad
        .flatMap(({ from, to }) => [
          { from, to: Math.min(to, sector) },
          { from: Math.max(from, end), to },
        ])
        .filter(({ from, to }) => from < to);
      const { reallocated, grownDefects, pending } = health;
      health = {
        ...health,
        reallocated: reallocated + replaced,
        grownDefects: grownDefects + replaced,
        pending: Math.max(0, pending - replaced),
      };
    },
    startSelfTest: (kind) => {
      if (running() !== null) end(started?.kind ?? kind, "aborted");
      started = { kind, atMs: now() };
    },
    abortSelfTest: () => {
      const test = running();
      if (test !== null) end(test.kind, "aborted");
    },
    running,
    ended: () => {
      running();
      return log;
    },
  };
};
