/** What the SMART stage is ordered to do, and the plan of it: commands and time. Pure. */
import * as v from "valibot";
import { abortArgv, enableArgv, pollArgv, readArgv, type SelfTestKind, startArgv } from "../../probes/smartctl/argv.ts";
import { count } from "../../wire/fields.ts";
import type { DiskFacts } from "../../wire/hardware/disks.ts";
import { DiskTarget } from "../../wire/order.ts";
import type { Brief, PlanStep, StagePlan } from "../stage.ts";
import { SELF_TESTS } from "./facts.ts";
import type { SmartLimits } from "./limits.ts";

const minutes = v.pipe(count, v.minValue(1));

/** One disk, with the time that its self-tests take. */
const SmartDisk = v.object({ ...DiskTarget.entries, shortTestMinutes: minutes, longTestMinutes: minutes });
/** One disk, with the time that its self-tests take. */
export type SmartDisk = v.InferOutput<typeof SmartDisk>;

/** The order of SMART. */
export const SmartOrder = v.object({
  disks: v.array(SmartDisk),
  /** One after the other; a drive that fails the first is spared the second. */
  selfTests: v.array(v.picklist(SELF_TESTS)),
  pollS: v.pipe(count, v.minValue(1)),
});
/** The order of SMART. */
export type SmartOrder = v.InferOutput<typeof SmartOrder>;

const BYTES_PER_MB = 1e6;
const S_PER_MINUTE = 60;
/** Reading all drives twice. A drive that hangs is given up within the time that the box allows beyond this. */
const READ_MS = 90_000;
/** A drive misjudges its own test; twice its estimate is what the box waits for as well. */
const MOST_TIMES = 2;
/** A drive that ends its test at once is seen at the first look, one that waits for its turn later. */
const GRACE_S = 60;

/** Minutes for which a drive's self-test runs, by its estimate. */
export const testMinutes = (disk: SmartDisk, kind: SelfTestKind): number =>
  kind === "short" ? disk.shortTestMinutes : disk.longTestMinutes;

/** When a self-test that has not ended is given up. */
export const testLimitMs = (disk: SmartDisk, kind: SelfTestKind): number =>
  (MOST_TIMES * testMinutes(disk, kind) * S_PER_MINUTE + GRACE_S) * 1_000;

const longMinutes = (disk: DiskTarget, limits: SmartLimits): number =>
  disk.class === "hdd"
    ? Math.ceil(disk.sizeBytes / BYTES_PER_MB / limits.longTestMBps / S_PER_MINUTE)
    : limits.longTestMinutes;

/** The disk as the inventory had it, with what the drive said of its self-tests. */
const factsOf = (disks: readonly DiskFacts[], target: DiskTarget): DiskFacts | undefined =>
  disks.find((disk) => disk.serial === target.serial && disk.sizeBytes === target.sizeBytes);

/** What this server's drives are to do. */
export const orderSmart = ({ disks, hardware, limits }: Brief<SmartLimits>): SmartOrder => ({
  disks: disks.map((disk) => {
    const health = factsOf(hardware.disks, disk)?.health;
    return {
      ...disk,
      shortTestMinutes: Math.max(1, health?.shortTestMinutes ?? limits.shortTestMinutes),
      longTestMinutes: Math.max(1, health?.longTestMinutes ?? longMinutes(disk, limits)),
    };
  }),
  selfTests: SELF_TESTS.slice(0, limits.selfTestLevel),
  pollS: limits.pollS,
});

const named = ({ serial }: DiskTarget) => ({ type: "<type>", device: `<disk ${serial}>` });

/** What a person sees of the self-test of one disk. */
const testSteps = (order: SmartOrder, disk: SmartDisk): readonly PlanStep[] => [
  { what: `Reads what disk ${disk.serial} says of itself, before and after`, argv: readArgv(named(disk)) },
  { what: `Switches SMART on, should it be off`, argv: enableArgv(named(disk)) },
  ...order.selfTests.flatMap((kind): readonly PlanStep[] => [
    { what: `Begins a ${kind} self-test, about ${testMinutes(disk, kind)} min`, argv: startArgv(named(disk), kind) },
  ]),
  ...(order.selfTests.length === 0
    ? []
    : [
        { what: `Asks every ${order.pollS} s how far it is`, argv: pollArgv(named(disk)) },
        {
          what: "Ends a self-test that runs already, and its own when the stage is cancelled",
          argv: abortArgv(named(disk)),
        },
      ]),
];

/** Drives test themselves beside each other, so the slowest one counts. */
export const planSmart = (order: SmartOrder): StagePlan => {
  const slowest = order.selfTests.map((kind) => Math.max(0, ...order.disks.map((disk) => testMinutes(disk, kind))));
  return {
    expectedMs: READ_MS + slowest.reduce((sum, each) => sum + each, 0) * S_PER_MINUTE * 1_000,
    steps: order.disks.flatMap((disk) => testSteps(order, disk)),
  };
};
