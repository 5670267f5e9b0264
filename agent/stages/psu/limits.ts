/** PSU's figures. Pure. */
import type { LimitTable } from "../limits.ts";

/** See the entries. */
export const PSU_LIMITS = {
  idleS: {
    what: "how long the server is watched idle",
    unit: "s",
    source: "Canonical Checkbox watches fans idle for 10 s; BMCs average power over some seconds more",
    default: 20,
    min: 1,
    max: 3_600,
  },
  loadS: {
    what: "how long it is watched under load of processors and disks together",
    unit: "s",
    source: "2 min for the voltage, the fans and the BMC's average to settle; 10 min where there is time",
    default: { quick: 120, standard: 600, soak: 600 },
    min: 1,
    max: 86_400,
  },
  risePercent: {
    what: "least rise of the server's power over idle",
    unit: "%",
    source: "20 %: processors alone draw a third to two thirds of a server's power",
    default: 20,
    min: 1,
    max: 1_000,
  },
  sharePercent: {
    what: "most by which a supply's share may differ from an equal one",
    unit: "%",
    source: "30 %: supplies that share a load do so within some percent; one that idles is a standby or is going",
    default: 30,
    min: 1,
    max: 100,
  },
} as const satisfies LimitTable;
