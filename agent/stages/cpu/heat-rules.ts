/** What heat did to the processors: temperatures, throttling, speed. Pure. */
import type { Limits } from "../limits.ts";
import type { Finding, Rule } from "../rule.ts";
import type { CpuFacts, SocketLoadFacts } from "./facts.ts";
import type { CPU_LIMITS } from "./limits.ts";

type Figures = Limits<typeof CPU_LIMITS>;
type Heat = CpuFacts["temperatures"][number];

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** Sensors by their chip, in order. */
const byChip = (sensors: readonly Heat[]): readonly (readonly [Heat, ...Heat[]])[] => {
  const chips = new Map<string, [Heat, ...Heat[]]>();
  for (const sensor of sensors) {
    const before = chips.get(sensor.chip);
    if (before === undefined) chips.set(sensor.chip, [sensor]);
    else before.push(sensor);
  }
  return [...chips.values()];
};

const findChipHeat = (
  sensors: readonly [Heat, ...Heat[]],
  what: string,
  allowedC: (sensor: Heat) => number,
  worst: "FAIL" | "WARN",
): Finding => {
  const [first, ...others] = sensors.map((sensor) => ({ sensor, allowedC: allowedC(sensor) }));
  const hottest = others.reduce(
    (worse, one) => (one.sensor.tempC.max - one.allowedC > worse.sensor.tempC.max - worse.allowedC ? one : worse),
    first as NonNullable<typeof first>,
  );
  const { tempC, name, criticalC } = hottest.sensor;
  const isHot = tempC.max > hottest.allowedC;
  const bears = criticalC === undefined ? "" : `; it protects itself at ${rounded(criticalC)} °C`;
  return {
    verdict: isHot ? worst : "PASS",
    component: `${what} ${hottest.sensor.chip}`,
    message: `${name} reached ${rounded(tempC.max)} °C under load${bears}.`,
    measured: `${rounded(tempC.max)} °C`,
    limit: `at most ${rounded(hottest.allowedC)} °C`,
  };
};

const findProcessorHeat = ({ temperatures }: CpuFacts, { marginC, maxTempC }: Figures): readonly Finding[] => {
  const chips = byChip(temperatures.filter(({ isProcessor }) => isProcessor));
  if (chips.length === 0)
    return [
      { verdict: "SKIPPED", component: "processors", message: "The kernel has no temperature of a processor here." },
    ];
  const allowedC = ({ criticalC }: Heat): number =>
    Math.min(maxTempC, (criticalC ?? Number.POSITIVE_INFINITY) - marginC);
  return chips.map((sensors) => findChipHeat(sensors, "processor", allowedC, "FAIL"));
};

const findNeighbourHeat = ({ temperatures }: CpuFacts, { marginC }: Figures): readonly Finding[] => {
  const limited = temperatures.filter(({ isProcessor, criticalC }) => !isProcessor && criticalC !== undefined);
  if (limited.length === 0)
    return [
      { verdict: "SKIPPED", component: "other parts", message: "No other part names the temperature that it bears." },
    ];
  return byChip(limited).map((sensors) =>
    findChipHeat(sensors, "part", ({ criticalC = 0 }) => criticalC - marginC, "WARN"),
  );
};

const socketName = ({ socket }: Pick<SocketLoadFacts, "socket">): string => `processor socket ${socket}`;

const findThrottling = ({ sockets }: CpuFacts): readonly Finding[] =>
  sockets.map((socket): Finding => {
    const { coreThrottles, packageThrottles } = socket;
    const component = socketName(socket);
    if (coreThrottles === undefined && packageThrottles === undefined)
      return {
        verdict: "SKIPPED",
        component,
        message: "The kernel does not count throttling on this kind of processor.",
      };
    const total = (coreThrottles ?? 0) + (packageThrottles ?? 0);
    return {
      verdict: total > 0 ? "WARN" : "PASS",
      component,
      message:
        total > 0
          ? `It slowed down for heat: its cores ${coreThrottles ?? 0} times, as a whole ${packageThrottles ?? 0} times.`
          : "It never slowed down for heat.",
      measured: `${total}`,
      limit: "0",
    };
  });

const findSlowness = ({ sockets }: CpuFacts, { baseSpeedPercent }: Figures): readonly Finding[] =>
  sockets.map((socket): Finding => {
    const { speedMhz, baseMhz } = socket;
    const component = socketName(socket);
    if (speedMhz === undefined || baseMhz === undefined)
      return {
        verdict: "SKIPPED",
        component,
        message: "The kernel does not know its speed, or not the one it promises.",
      };
    const percent = (speedMhz.mean / baseMhz) * 100;
    return {
      verdict: percent < baseSpeedPercent ? "WARN" : "PASS",
      component,
      message: `Under load it ran at ${Math.round(speedMhz.mean)} MHz on the mean; its maker promises ${Math.round(baseMhz)} MHz.`,
      measured: `${rounded(percent)} %`,
      limit: `at least ${baseSpeedPercent} %`,
    };
  });

/** The rules about heat and speed. */
export const HEAT_RULES: readonly Rule<CpuFacts, Figures>[] = [
  {
    code: "cpu.temperature",
    worst: "FAIL",
    source:
      "the processor's own critical temperature less a margin, and the host's limit (limits.cpu.marginC, maxTempC)",
    action: "Look at heat sink, thermal paste, fans and air ducts; compare with a server of the same kind.",
    find: findProcessorHeat,
  },
  {
    code: "cpu.neighbour-temperature",
    worst: "WARN",
    source: "the part's own critical temperature less a margin (limits.cpu.marginC)",
    action: "Look at fans and air ducts: the processors' heat reaches this part.",
    find: findNeighbourHeat,
  },
  {
    code: "cpu.throttled",
    worst: "WARN",
    source: "the processor's own temperature threshold (Linux therm_throt.c): 0 times within the stage",
    action: "Look at heat sink, thermal paste, fans and air ducts.",
    find: findThrottling,
  },
  {
    code: "cpu.speed",
    worst: "WARN",
    source: "the maker's base frequency (cpufreq base_frequency, ACPI CPPC nominal_freq)",
    action: "Look at the power limit and profile in the BIOS setup, at power supplies, and at cooling.",
    find: findSlowness,
  },
];
