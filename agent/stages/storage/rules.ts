/** What Storage says is wrong: a table of rules. Pure. */
import { type Finding, judgeBy, type Rule } from "../rule.ts";
import type { DiskStorage, PassFacts, StorageFacts } from "./facts.ts";
import type { StorageLimits } from "./limits.ts";
import { PROBE_RULES, perDisk } from "./probe-rules.ts";
import { sizeText } from "./words.ts";

type Told = Omit<Finding, "component">;

const NOT_TESTED: Told = { verdict: "SKIPPED", message: "It was not tested." };
const SURFACE: ReadonlySet<string> = new Set(["write", "verify", "read", "patterns"]);
const surfaceOf = ({ passes }: DiskStorage): readonly PassFacts[] => passes.filter(({ what }) => SURFACE.has(what));

const MOST_PLACES = 4;
const KINDS = { read: "could not be read", write: "could not be written", verify: "came back wrong" } as const;

const errorText = ({ what, errorCount, errors }: PassFacts): string => {
  const places = errors.slice(0, MOST_PLACES).map(({ kind, offsetBytes }) => `${offsetBytes ?? "?"} ${KINDS[kind]}`);
  const count = `${errorCount} ${errorCount === 1 ? "error" : "errors"} in ${what}`;
  return places.length === 0 ? count : `${count} (byte ${places.join(", byte ")})`;
};

const WHY: Readonly<Record<PassFacts["end"], string>> = {
  exited: "ended too early",
  signalled: "was ended by a signal",
  "timed-out": "took more than twice its time",
  absent: "is not installed",
  stalled: "stalled",
  "gave-up": "had too many errors",
};

/** It must have done what was ordered; that it ended well is not enough. */
const LEAST_SHARE = 0.999;
const isWhole = ({ end, exitCode, orderedBytes, movedBytes, failures }: PassFacts): boolean =>
  end === "exited" && exitCode === 0 && failures.length === 0 && movedBytes >= orderedBytes * LEAST_SHARE;

const passText = (pass: PassFacts): string => {
  const { what, end, movedBytes, orderedBytes, failures, exitCode } = pass;
  const ended = end === "exited" && exitCode !== 0 ? `ended with code ${exitCode ?? "unknown"}` : WHY[end];
  const words = failures.length === 0 ? "" : `: ${failures.join("; ")}`;
  return `${what} ${ended} after ${sizeText(movedBytes)} of ${sizeText(orderedBytes)}${words}`;
};

const WRITTEN = new Set(["sampled-write", "full-write"]);

const findSurface = (disk: DiskStorage, { order }: StorageFacts): readonly Told[] => {
  const passes = surfaceOf(disk);
  if (passes.length === 0) return [NOT_TESTED];
  const wrong = passes.filter(({ errorCount }) => errorCount > 0);
  const errors = passes.reduce((sum, { errorCount }) => sum + errorCount, 0);
  const figures = { measured: `${errors} errors`, limit: "0 errors" };
  if (wrong.length > 0) return [{ verdict: "FAIL", message: `${wrong.map(errorText).join("; ")}.`, ...figures }];
  const broken = passes.find((pass) => !isWhole(pass));
  if (broken !== undefined) return [{ verdict: "ERROR", message: `The surface is not known: ${passText(broken)}.` }];
  const names = passes.map(({ what }) => what);
  if (WRITTEN.has(disk.surface) && names.includes("write") && !names.includes("verify"))
    return [{ verdict: "ERROR", message: "What was written was not read back." }];
  const moved = Math.max(...passes.map(({ movedBytes }) => movedBytes));
  const why = order.disks.find(({ serial }) => serial === disk.serial)?.whyNot;
  const kept = names.includes("read") ? ` Nothing was written${why === undefined ? "" : `: ${why}`}.` : "";
  return [{ verdict: "PASS", message: `${disk.surface}: ${sizeText(moved)}, no error.${kept}`, ...figures }];
};

const findStalled = (disk: DiskStorage, { order }: StorageFacts): readonly Told[] => {
  if (disk.passes.length === 0) return [NOT_TESTED];
  const limit = `below ${order.stallPercent} % of its median for less than ${order.stallS} s`;
  const stalled = disk.passes.find(({ end }) => end === "stalled");
  return stalled === undefined
    ? [{ verdict: "PASS", message: "It never stood still.", limit }]
    : [
        {
          verdict: "FAIL",
          message: `It stood still in ${stalled.what}, after ${sizeText(stalled.movedBytes)}.`,
          limit,
        },
      ];
};

type Figure = "hdd" | "ssd" | "nvme" | "virtual";
const classOf = ({ serial }: DiskStorage, { order }: StorageFacts): Figure =>
  order.disks.find((disk) => disk.serial === serial)?.class ?? "virtual";

/** A disk too slow to come to its end is judged by what it moved until then. */
const findSpeed = (disk: DiskStorage, facts: StorageFacts, limits: StorageLimits): readonly Told[] => {
  const kind = classOf(disk, facts);
  const floor = {
    hdd: limits.hddFloorMBps,
    ssd: limits.ssdFloorMBps,
    nvme: limits.nvmeFloorMBps,
    virtual: limits.virtualFloorMBps,
  }[kind];
  const speeds = surfaceOf(disk).flatMap(({ what, mbps }) => (mbps === undefined ? [] : [{ what, mbps }]));
  const slowest = speeds.toSorted((a, b) => a.mbps - b.mbps)[0];
  if (slowest === undefined) return [NOT_TESTED];
  return [
    {
      verdict: slowest.mbps < floor ? "FAIL" : "PASS",
      message: speeds.map(({ what, mbps }) => `${what} ${Math.round(mbps)} MB/s`).join(", "),
      measured: `${Math.round(slowest.mbps * 10) / 10} MB/s`,
      limit: `at least ${floor} MB/s`,
    },
  ];
};

const randomOf = ({ passes }: DiskStorage): PassFacts | undefined => passes.find(({ what }) => what === "random-read");

/** Random access that could not be measured, or nothing to say against it. */
const randomTrouble = (disk: DiskStorage, { order }: StorageFacts): Told | undefined => {
  const random = randomOf(disk);
  if (order.randomS === 0) return { verdict: "SKIPPED", message: "Random access was not ordered." };
  if (random === undefined) return NOT_TESTED;
  if (random.errorCount > 0) return { verdict: "ERROR", message: `${errorText(random)}.` };
  return isWhole(random) && random.iops !== undefined
    ? undefined
    : { verdict: "ERROR", message: `Random access is not known: ${passText(random)}.` };
};

const findIops = (disk: DiskStorage, facts: StorageFacts, limits: StorageLimits): readonly Told[] => {
  const trouble = randomTrouble(disk, facts);
  if (trouble !== undefined) return [trouble];
  const floor = { hdd: limits.hddIops, ssd: limits.ssdIops, nvme: limits.nvmeIops, virtual: limits.virtualIops }[
    classOf(disk, facts)
  ];
  const iops = Math.round(randomOf(disk)?.iops ?? 0);
  const written = disk.passes.find(({ what }) => what === "random-write")?.iops;
  return [
    {
      verdict: iops < floor ? "FAIL" : "PASS",
      message: `${iops} random reads a second${written === undefined ? "" : `, ${Math.round(written)} random writes`}.`,
      measured: `${iops} IOPS`,
      limit: `at least ${floor} IOPS`,
    },
  ];
};

const findLatency = (disk: DiskStorage, facts: StorageFacts, limits: StorageLimits): readonly Told[] => {
  const trouble = randomTrouble(disk, facts);
  if (trouble !== undefined) return [trouble];
  const most = { hdd: limits.hddP99Ms, ssd: limits.ssdP99Ms, nvme: limits.nvmeP99Ms, virtual: limits.virtualP99Ms }[
    classOf(disk, facts)
  ];
  const p99Ms = randomOf(disk)?.p99Ms;
  if (p99Ms === undefined) return [{ verdict: "ERROR", message: "fio did not say how long reads took." }];
  return [
    {
      verdict: p99Ms > most ? "WARN" : "PASS",
      message: `99 of 100 random reads took at most ${Math.round(p99Ms * 100) / 100} ms.`,
      measured: `${Math.round(p99Ms * 100) / 100} ms`,
      limit: `at most ${most} ms`,
    },
  ];
};

/** Random reads and writes have errors too. */
const findRandomErrors = (disk: DiskStorage): readonly Told[] => {
  const random = disk.passes.filter(({ what }) => what.startsWith("random"));
  if (random.length === 0) return [NOT_TESTED];
  const wrong = random.filter(({ errorCount }) => errorCount > 0);
  if (wrong.length > 0) return [{ verdict: "FAIL", message: `${wrong.map(errorText).join("; ")}.` }];
  const broken = random.find((pass) => !isWhole(pass));
  return broken === undefined
    ? [{ verdict: "PASS", message: "No error under random access." }]
    : [{ verdict: "ERROR", message: `Random access is not known: ${passText(broken)}.` }];
};

/** The rules. */
export const STORAGE_RULES: readonly Rule<StorageFacts, StorageLimits>[] = [
  ...PROBE_RULES,
  {
    code: "storage.surface",
    worst: "FAIL",
    source: "what is written is what is read back: 0 errors (fio with crc32c and places, or badblocks)",
    action:
      "Replace the disk. Where several disks of one controller fail, look at cable, backplane and controller first.",
    find: perDisk(findSurface),
  },
  {
    code: "storage.random-errors",
    worst: "FAIL",
    source: "0 errors under random access",
    action: "Replace the disk; look at the kernel's log for resets of its link.",
    find: perDisk(findRandomErrors),
  },
  {
    code: "storage.stalled",
    worst: "FAIL",
    source: "a disk in good health never falls to nearly nothing for two minutes (limits.storage.stallPercent, stallS)",
    action: "Look at the kernel's log for timeouts and resets; change cable or slot, then the disk.",
    find: perDisk(findStalled),
  },
  {
    code: "storage.speed",
    worst: "FAIL",
    source: "floors by class, Canonical Checkbox (limits.storage.hddFloorMBps …)",
    action: "Look at the link's speed and at disks of the same model beside it; replace one that stays slow.",
    find: perDisk(findSpeed),
  },
  {
    code: "storage.random-iops",
    worst: "FAIL",
    source: "a tenth of what data sheets say (limits.storage.hddIops …)",
    action: "Look at the link, at write caching and at temperature; replace a disk that stays slow.",
    find: perDisk(findIops),
  },
  {
    code: "storage.latency",
    worst: "WARN",
    source: "99 of 100 random reads (limits.storage.hddP99Ms …): a dying hard disk shows here first",
    action: "Compare with disks of the same model; watch its reallocated and pending sectors.",
    find: perDisk(findLatency),
  },
];

/** Facts to checks. */
export const judgeStorage = judgeBy(STORAGE_RULES);
