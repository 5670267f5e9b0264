/** Memory's figures. Pure. */
import type { LimitTable } from "../limits.ts";

/** See the entries. */
export const MEMORY_LIMITS = {
  loadS: {
    what: "least time that the memory is tested",
    unit: "s",
    source:
      "5 min finds what is broken, half an hour to an hour what is weak (stressapptest's own advice); 12 h is a burn-in",
    default: { quick: 300, standard: 1_800, soak: 43_200 },
    min: 2,
    max: 604_800,
  },
  perGibS: {
    what: "time for each GiB, where that is longer",
    unit: "s/GiB",
    source: "Canonical Checkbox: 10 s for each GiB",
    default: { quick: 1, standard: 10, soak: 10 },
    min: 0,
    max: 600,
  },
  coveragePercent: {
    what: "least part of the memory that is tested",
    unit: "%",
    source: "OCP diagnostics, stressapptest sample: memory_coverage of at least 80 %",
    default: 80,
    min: 1,
    max: 99,
  },
  reserveMib: {
    what: "memory that is left to the live system, unless that were more than half of what is free",
    unit: "MiB",
    source: "the live system needs 300 MiB beside what it holds already, and the kernel its page tables",
    default: 512,
    min: 64,
    max: 65_536,
  },
  reservePercent: {
    what: "the same in parts of the memory, where that is more",
    unit: "%",
    source: "page tables take 0.2 %, structures of the test 1 %, the kernel's own caches the rest",
    default: 3,
    min: 1,
    max: 50,
  },
  correctedErrors: {
    what: "corrected errors of one module within the stage at which it is replaced",
    unit: "errors",
    source:
      "a module in good health has none in an hour; ten are no cosmic ray (rasdaemon replaces a page at 50 a day)",
    default: 10,
    min: 1,
    max: 1_000_000,
  },
} as const satisfies LimitTable;
