/** Limits for virtual servers: every stage measures the real thing, for seconds in place of minutes. */

/**
 * What an emulated processor moves and checks, for the limits of Storage: how long a disk's pass is waited for, and how many disks are tested at a time. By a real
 * disk's speed a pass of some MiB may last half a minute, and nine at once on a machine that is busy elsewhere last longer.
 */
export const EMULATED_DISKS = {
  ...{ hddMBps: 5, ssdMBps: 5, nvmeMBps: 5, virtualMBps: 5 },
  controllerMBps: 20,
} as const;

/** Merged into the expected spec of a virtual server under `limits`. */
export const SHORT_LIMITS = {
  smart: { pollS: 2 },
  cpu: { loadS: 5 },
  // An image of 160 MB and its live system are much of a gibibyte.
  memory: { loadS: 20, perGibS: 0, reserveMib: 128, coveragePercent: 30 },
  // A disk of some MiB is tested whole: of 1 % of it only the start of the tools would be measured. Emulated, it is as fast as the machine below it.
  storage: { ...EMULATED_DISKS, randomS: 2, samplePercent: 100, virtualFloorMBps: 0, virtualIops: 0 },
  // A virtual card has no speed of its own, and an emulated processor moves what it can.
  network: { loadS: 3, warmUpS: 1, floorMbps: 10 },
  psu: { idleS: 6, loadS: 8 },
} as const;
