/** CPUStress: every processor under full load, every result checked, and sums with known answers on each of them. */
import { loadFinding } from "../load-facts.ts";
import { judgeBy } from "../rule.ts";
import { defineStage, type StagePlan } from "../stage.ts";
import { canaryArgv, loadArgv } from "./commands.ts";
import { CpuFacts, CpuOrder } from "./facts.ts";
import { CPU_LIMITS } from "./limits.ts";
import { CPU_RULES } from "./rules.ts";

/** Starting, and reading the processors before and after. */
const AROUND_MS = 10_000;

const planCpu = ({ loadS, expectedCpus }: CpuOrder): StagePlan => ({
  expectedMs: loadS * 1000 + AROUND_MS,
  steps: [
    { what: `Loads every processor for ${loadS} s and checks every result`, argv: loadArgv(loadS) },
    {
      what: `Meanwhile computes known answers on each of ${expectedCpus ?? "the"} logical processors`,
      argv: canaryArgv(["<agent>"], "<CPU>", Math.max(1, Math.floor(loadS * 0.9))),
    },
  ],
});

const summariseCpu = ({ order, onlineCount, load, canaries, temperatures }: CpuFacts): string => {
  const hottest = Math.max(...temperatures.filter(({ isProcessor }) => isProcessor).map(({ tempC }) => tempC.max));
  const wrong = canaries.filter(({ end, miscomputes }) => end === "crashed" || miscomputes.length > 0).length;
  return [
    `${onlineCount} CPUs, ${order.loadS} s of load`,
    loadFinding("", load, order.loadS).verdict === "PASS"
      ? "all results right"
      : `stress-ng ${load.end} ${load.exitCode ?? load.signal ?? ""}`.trim(),
    wrong === 0 ? "known answers right" : `${wrong} CPUs with wrong answers`,
    ...(Number.isFinite(hottest) ? [`${Math.round(hottest)} °C`] : []),
  ].join(", ");
};

/** The pure half of CPUStress. */
export const cpu = defineStage({
  state: "CPUStress",
  key: "cpu",
  title: "CPU",
  facts: CpuFacts,
  order: CpuOrder,
  limits: CPU_LIMITS,
  packages: ["stress-ng", "util-linux"],
  rules: CPU_RULES,
  orderOf: ({ limits, hardware }) => {
    const seen = hardware.cpu.onlineCount ?? hardware.cpu.threadCount;
    return { loadS: limits.loadS, ...(seen === 0 ? {} : { expectedCpus: seen }) };
  },
  plan: planCpu,
  judge: judgeBy(CPU_RULES),
  summarise: summariseCpu,
});
