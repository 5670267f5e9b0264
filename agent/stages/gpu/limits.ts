/** GPU's figures. Pure. */
import type { LimitTable } from "../limits.ts";

/** See the entries. */
export const GPU_LIMITS = {
  loadS: {
    what: "how long the GPUs are loaded",
    unit: "s",
    source: "5 min are past the point where temperatures stand still; 1 h is what burn-in suites do, 8 h is a soak",
    default: { quick: 300, standard: 3_600, soak: 28_800 },
    min: 1,
    max: 604_800,
  },
  memoryPercent: {
    what: "how much of a GPU's free memory is tested",
    unit: "%",
    source: "95 %: the driver needs some for itself while kernels run",
    default: 95,
    min: 10,
    max: 100,
  },
  coveragePercent: {
    what: "least share of a GPU's whole memory that must have been tested",
    unit: "%",
    source: "80 %, as for main memory: Open Compute's test of memory requires that much",
    default: 80,
    min: 1,
    max: 100,
  },
  marginC: {
    what: "least distance from the temperature at which the GPU slows itself down",
    unit: "°C",
    source: "5 °C, as for every other part; at 0 the GPU protects itself",
    default: 5,
    min: 0,
    max: 50,
  },
  maxTempC: {
    what: "highest temperature of a GPU that does not tell its margin",
    unit: "°C",
    source: "90 °C: most GPUs slow down between 83 and 95 °C",
    default: 90,
    min: 30,
    max: 125,
  },
  throttlePercent: {
    what: "most of its time at work that the hardware may hold a GPU back",
    unit: "%",
    source: "10 %: a moment at the first rise of power is no fault, a slowdown that stays is",
    default: 10,
    min: 0,
    max: 100,
  },
  correctedErrors: {
    what: "most corrected memory errors while the stage runs",
    unit: "errors",
    source: "0: a repaired server should show none within hours; fleets take boards out at some 10 000 in their life",
    default: 0,
    min: 0,
    max: 1_000_000,
  },
  retiredPages: {
    what: "most memory pages that a board may have retired in its life",
    unit: "pages",
    source: "NVIDIA, Dynamic Page Retirement: boards with 60 or more are to be returned",
    default: 59,
    min: 0,
    max: 64,
  },
  spreadPercent: {
    what: "most by which one GPU may compute less than the best of its model in the server",
    unit: "%",
    source: "10 %: boards of one model differ by a few percent at one power limit",
    default: 10,
    min: 1,
    max: 100,
  },
} as const satisfies LimitTable;
