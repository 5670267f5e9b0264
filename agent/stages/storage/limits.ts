/** Every figure of Storage. Pure. */
import type { Limits, LimitTable } from "../limits.ts";

const CHECKBOX = "Canonical Checkbox, disk_read_performance: 80 MB/s for ATA, 200 MB/s for flash";
const speed = (what: string, value: number) => ({
  what: `Speed of a healthy ${what}, for the times of the plan and for how many are tested at a time`,
  unit: "MB/s",
  source: "data sheets: average over the surface, less a tenth",
  default: value,
  min: 1,
  max: 20_000,
});
const floor = (what: string, value: number, source: string) => ({
  what: `Least speed of a ${what} over its surface, written or read`,
  unit: "MB/s",
  source,
  default: value,
  min: 0,
  max: 20_000,
});
const iops = (what: string, value: number, source: string) => ({
  what: `Least random reads of 4 KiB of a ${what}, 32 at a time`,
  unit: "IOPS",
  source,
  default: value,
  min: 0,
  max: 10_000_000,
});
const latency = (what: string, value: number, source: string) => ({
  what: `Most time for 99 of 100 random reads of a ${what}, 32 at a time`,
  unit: "ms",
  source,
  default: value,
  min: 1,
  max: 600_000,
});
const BY_DESIGN = "not measured by this host: no other host does without";

/** The limits. */
export const STORAGE_LIMITS = {
  surfaceLevel: {
    what: "Surface test: 1 sampled, 2 whole, 3 whole with four patterns on hard disks",
    unit: "level",
    source: "profiles: quick samples, standard writes and reads all once, soak four times",
    default: { quick: 1, standard: 2, soak: 3 },
    min: 1,
    max: 3,
  },
  samplePercent: {
    what: "Share of a disk that a sampled test takes",
    unit: "%",
    source: "stripes over the whole surface: a head that is bad shows in 1 %, a single sector seldom",
    default: 1,
    min: 0.01,
    max: 100,
  },
  sampleGib: {
    what: "Most of a disk that a sampled test takes",
    unit: "GiB",
    source: "a quarter of an hour of a hard disk for writing and reading",
    default: 64,
    min: 0.03125,
    max: 4_096,
  },
  randomS: {
    what: "Time of random reads, and of random writes where the disk is written",
    unit: "s",
    source: "OpenStack Ironic, burn-in: 60 s; half of it gives the same figures on a disk alone",
    default: { quick: 30, standard: 60, soak: 300 },
    min: 0,
    max: 86_400,
  },
  hddMBps: speed("hard disk", 160),
  ssdMBps: speed("SATA or SAS SSD", 400),
  nvmeMBps: speed("NVMe drive", 1_200),
  virtualMBps: speed("virtual disk", 100),
  controllerMBps: {
    what: "What one controller carries",
    unit: "MB/s",
    source: "PCIe 3.0 ×8, the link of most host bus adapters: 7.9 GB/s less protocol",
    default: 6_000,
    min: 10,
    max: 100_000,
  },
  hddFloorMBps: floor("hard disk", 60, `${CHECKBOX}; the inner tracks are half as fast as the outer ones`),
  ssdFloorMBps: floor("SATA or SAS SSD", 150, `${CHECKBOX}; written whole, when its fast cache is full`),
  nvmeFloorMBps: floor("NVMe drive", 200, CHECKBOX),
  virtualFloorMBps: floor("virtual disk", 1, BY_DESIGN),
  hddIops: iops(
    "hard disk",
    60,
    "7200 rpm: 8.3 ms a turn and 8 ms a seek are 80; a healthy queue of 32 gives 150 to 200",
  ),
  ssdIops: iops("SATA or SAS SSD", 10_000, "data sheets: 75 000 to 98 000; a tenth is a fault, not a model"),
  nvmeIops: iops("NVMe drive", 30_000, "data sheets: 300 000 and more; a tenth is a fault, not a model"),
  virtualIops: iops("virtual disk", 20, BY_DESIGN),
  hddP99Ms: latency(
    "hard disk",
    1_500,
    "32 reads in a queue at 60 a second are half a second; a retry within the drive takes longer",
  ),
  ssdP99Ms: latency("SATA or SAS SSD", 50, "data sheets: below 1 ms; housekeeping takes tens"),
  nvmeP99Ms: latency("NVMe drive", 20, "data sheets: below 1 ms"),
  virtualP99Ms: latency("virtual disk", 10_000, BY_DESIGN),
  stallPercent: {
    what: "Share of its own median speed below which a disk stalls",
    unit: "%",
    source: "a healthy disk never falls below half of its median; error recovery takes it to nearly nothing",
    default: 5,
    min: 0.1,
    max: 90,
  },
  stallS: {
    what: "How long it may stall",
    unit: "s",
    source: "the kernel resets a drive that does not answer for 30 s, some times over",
    default: 120,
    min: 2,
    max: 3_600,
  },
  mostErrors: {
    what: "Errors after which a disk is known to be bad, and its test ends",
    unit: "errors",
    source: "one is enough for the verdict; a hundred show where they lie",
    default: 100,
    min: 1,
    max: 100_000,
  },
} as const satisfies LimitTable;

/** The limits in force. */
export type StorageLimits = Limits<typeof STORAGE_LIMITS>;
