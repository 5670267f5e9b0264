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

/** Sectors that cannot be read: the first one, and the first one behind them. */
interface Bad {
  readonly from: number;
  readonly to: number;
}

const badOf = ({ at, length }: RangeSpec, diskBytes: number): Bad => {
  const from = placeOn(at, diskBytes) / SECTOR_BYTES;
  return { from, to: from + length / SECTOR_BYTES };
};
/** The part of `bad` that lies within these sectors; null if none does. */
const within = ({ from, to }: Bad, part: Bad): Bad | null =>
  from < part.to && part.from < to ? { from: Math.max(from, part.from), to: Math.min(to, part.to) } : null;
/** What is left of `bad` without these sectors. */
const without = ({ from, to }: Bad, part: Bad): readonly Bad[] =>
  [
    { from, to: Math.min(to, part.from) },
    { from: Math.max(from, part.to), to },
  ].filter((rest) => rest.from < rest.to);

type SelfTests = Pick<DriveState, "startSelfTest" | "abortSelfTest" | "running" | "ended">;

/** The drive's self-tests. One whose time is over ends when somebody looks, with the outcome that is declared then. */
const openSelfTests = (health: () => Health, diskBytes: number, now: () => number): SelfTests => {
  let started: { readonly kind: SelfTestKind; readonly atMs: number } | null = null;
  let log: readonly SelfTestEnd[] = [];
  const end = (kind: SelfTestKind, outcome: SelfTestOutcome): void => {
    const { selfTest, powerOnHours } = health();
    const failingSector = outcome === "read-failure" ? placeOn(selfTest.failingAt, diskBytes) / SECTOR_BYTES : null;
    log = [{ kind, outcome, atHours: powerOnHours, failingSector }, ...log].slice(0, LOG_ENTRIES);
    started = null;
  };
  const running = () => {
    if (started === null) return null;
    const { kind, atMs } = started;
    const { shortS, longS, outcome } = health().selfTest;
    const durationMs = (kind === "short" ? shortS : longS) * MS_PER_S;
    const leftMs = atMs + durationMs - now();
    if (leftMs > 0) return { kind, remaining: leftMs / durationMs };
    end(kind, outcome);
    return null;
  };
  const abortSelfTest = (): void => {
    const test = running();
    if (test !== null) end(test.kind, "aborted");
  };
  return {
    running,
    abortSelfTest,
    startSelfTest: (kind) => {
      abortSelfTest();
      started = { kind, atMs: now() };
    },
    ended: () => {
      running();
      return log;
    },
  };
};

const defined = (change: DriveChange): Partial<Health> =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));

/** Opens a drive as declared, by a clock in milliseconds. */
export const openDrive = (disk: DiskSpec, now: () => number): DriveState => {
  const { protocol = "scsi", ...declared } = disk.drive ?? {};
  let health: Health = WELL;
  let bad: readonly Bad[] = [];
  const tests = openSelfTests(() => health, disk.size, now);
  const change = (wanted: DriveChange): void => {
    tests.running(); // a test that is over has the outcome of its time
    health = { ...health, ...defined(wanted) };
    if (wanted.mediumErrors !== undefined) bad = wanted.mediumErrors.map((range) => badOf(range, disk.size));
  };
  change(declared);
  return {
    ...tests,
    disk,
    isAta: protocol === "ata",
    sectors: disk.size / SECTOR_BYTES,
    health: () => health,
    change,
    findBad: (sector, count) => {
      const found = bad.flatMap((range) => within(range, { from: sector, to: sector + count }) ?? []);
      if (found.length === 0) return null;
      health = { ...health, readErrors: health.readErrors + 1 };
      return Math.min(...found.map(({ from }) => from));
    },
    replaceBad: (sector, count) => {
      const part = { from: sector, to: sector + count };
      const replaced = bad
        .flatMap((range) => within(range, part) ?? [])
        .reduce((sum, { from, to }) => sum + to - from, 0);
      if (replaced === 0) return;
      bad = bad.flatMap((range) => without(range, part));
      const { reallocated, grownDefects, pending } = health;
      health = {
        ...health,
        reallocated: reallocated + replaced,
        grownDefects: grownDefects + replaced,
        pending: Math.max(0, pending - replaced),
      };
    },
  };
};
