/** What memory, heat and the presence of parts say. Pure. */
import type { Finding } from "../stages/rule.ts";
import type { KernelError, Watch } from "../wire/watch.ts";
import type { WatchLimits } from "./limits.ts";
import { errorsOf, grownOf, growthOf, orQuiet, saidBy, type WatchRule } from "./rule.ts";

/** Lines about memory belong to the counters; without counters they speak for themselves. */
const memoryLines = (watch: Watch, fits: (error: KernelError) => boolean): readonly KernelError[] => {
  const isCounted = grownOf(watch, "memory-corrected").length + grownOf(watch, "memory-uncorrected").length > 0;
  return isCounted ? [] : errorsOf(watch, (error) => error.kind === "memory" && fits(error));
};

const findLostMemory = (watch: Watch): readonly Finding[] => [
  ...grownOf(watch, "memory-uncorrected").map(
    (change): Finding => ({
      verdict: "FAIL",
      component: change.component,
      message: "Errors that could not be corrected.",
      measured: `${growthOf(change)}`,
      limit: "0",
    }),
  ),
  ...memoryLines(watch, ({ grave }) => grave === true).map(
    (error): Finding => ({ verdict: "FAIL", component: error.component ?? "memory", message: saidBy(error) }),
  ),
];

const findCorrectedMemory = (watch: Watch, { memoryFailCount }: WatchLimits): readonly Finding[] => {
  const told = (component: string, count: number, message: string): Finding => ({
    verdict: count >= memoryFailCount ? "FAIL" : "WARN",
    component,
    message,
    measured: `${count}`,
    limit: count >= memoryFailCount ? `below ${memoryFailCount}` : "0",
  });
  return [
    ...grownOf(watch, "memory-corrected").map((change) =>
      told(change.component, growthOf(change), "Errors that were corrected."),
    ),
    ...memoryLines(watch, ({ grave }) => grave !== true).map((error) =>
      told(error.component ?? "memory", error.count, saidBy(error)),
    ),
  ];
};

/** Lines about heat belong to the counters; without counters they speak for themselves. */
const findThrottling = (watch: Watch): readonly Finding[] => {
  const counted = grownOf(watch, "throttle").map(
    (change): Finding => ({
      verdict: "WARN",
      component: change.component,
      message: "It was slowed down because of heat.",
      measured: `${growthOf(change)} times`,
      limit: "0 times",
    }),
  );
  if (counted.length > 0) return counted;
  return errorsOf(watch, ({ kind, text }) => kind === "thermal" && !CRITICAL.test(text)).map((error) => ({
    verdict: "WARN",
    component: error.component ?? "processors",
    message: saidBy(error),
  }));
};

const CRITICAL = /critical temperature/;

const findHeat = (watch: Watch): readonly Finding[] => [
  ...watch.temperatures
    .filter(({ tempC, criticalC }) => tempC >= criticalC)
    .map(
      ({ name, tempC, criticalC }): Finding => ({
        verdict: "FAIL",
        component: `sensor ${name}`,
        message: "It was as hot as its part must never be.",
        measured: `${tempC} °C`,
        limit: `below ${criticalC} °C`,
      }),
    ),
  ...errorsOf(watch, ({ kind, text }) => kind === "thermal" && CRITICAL.test(text)).map(
    (error): Finding => ({ verdict: "FAIL", component: error.component ?? "kernel", message: saidBy(error) }),
  ),
];

/** The rules. */
export const PART_RULES: readonly WatchRule[] = [
  {
    code: "watch.gone",
    worst: "FAIL",
    source: "what was there when the stage began",
    action: "Look for the device: power, seat, cable. Start the server again; replace what does not come back.",
    find: (watch) =>
      orQuiet(
        watch.gone.map((component) => ({ verdict: "FAIL", component, message: "It is not there any more." })),
        watch,
        {
          component: "devices",
          sources: ["pci", "nics"],
          message: "Every PCI device and network interface is still there.",
        },
      ),
  },
  {
    code: "watch.memory-uncorrected",
    worst: "FAIL",
    source: "OCP error monitor: 0 uncorrected errors",
    action: "Replace the module that is named; if the error stays with the slot, suspect the board or the processor.",
    find: (watch) =>
      orQuiet(findLostMemory(watch), watch, {
        component: "memory",
        sources: ["memory"],
        message: "No error that could not be corrected.",
      }),
  },
  {
    code: "watch.memory-corrected",
    worst: "FAIL",
    source: "post-repair practice: any corrected error in a run is told, ten fail (limits.watch.memoryFailCount)",
    action: "Seat the module again; replace it if errors come back.",
    find: (watch, limits) =>
      orQuiet(findCorrectedMemory(watch, limits), watch, {
        component: "memory",
        sources: ["memory"],
        message: "No error had to be corrected.",
      }),
  },
  {
    code: "watch.throttled",
    worst: "WARN",
    source: "thermal_throttle counters of each processor: 0 on a server that is cooled well",
    action: "Look at heat sinks, paste, fans and air ducts.",
    find: (watch) =>
      orQuiet(findThrottling(watch), watch, {
        component: "processors",
        sources: ["processors", "kernel"],
        kinds: ["throttle"],
        message: "No processor was slowed down by heat.",
      }),
  },
  {
    code: "watch.temperature",
    worst: "FAIL",
    source: "the part's own critical limit (hwmon temp*_crit)",
    action: "Look at heat sinks, paste, fans and air ducts.",
    find: (watch) =>
      orQuiet(findHeat(watch), watch, {
        component: "temperatures",
        sources: ["temperatures"],
        message: `${watch.temperatures.length} sensors stayed below their limits.`,
      }),
  },
];
