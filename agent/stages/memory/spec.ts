/** Memory: as much of it as the live system can spare is written and read back, and the controllers' error counts are watched by slot. */
import { judgeBy } from "../rule.ts";
import { defineStage, type StagePlan } from "../stage.ts";
import { memoryArgv } from "./commands.ts";
import { MemoryFacts, MemoryOrder } from "./facts.ts";
import { MEMORY_LIMITS } from "./limits.ts";
import { MEMORY_RULES, sizeText } from "./rules.ts";

const GIB = 2 ** 30;
/** Filling it once and giving it back, by size (a server fills some 10 GiB a second), and what goes around. */
const FILL_MS_PER_GIB = 100;
const AROUND_MS = 15_000;

const planMemory = ({ loadS, reserveMib, reservePercent, installed }: MemoryOrder): StagePlan => ({
  expectedMs: Math.round(loadS * 1000 + ((installed.visibleBytes ?? 0) / GIB) * FILL_MS_PER_GIB + AROUND_MS),
  steps: [
    {
      what: `Tests what is available less ${reserveMib} MiB or ${reservePercent} %, for ${loadS} s, in a cgroup of its own`,
      argv: memoryArgv("stressapptest", "<bytes>", loadS, "<CPUs>"),
    },
    {
      what: "Instead of that where stressapptest is missing or memory is too small for it",
      argv: memoryArgv("stress-ng", "<bytes>", loadS, "<CPUs>"),
    },
  ],
});

const summariseMemory = ({ order, visibleBytes, testedBytes, attempts, errors = [] }: MemoryFacts): string => {
  const percent = visibleBytes === 0 ? 0 : Math.floor((testedBytes / visibleBytes) * 100);
  const wrong = attempts.at(-1)?.incidentCount ?? 0;
  const counted = errors.reduce((sum, { corrected, uncorrected }) => sum + corrected + uncorrected, 0);
  return [
    `${sizeText(testedBytes)} of ${sizeText(visibleBytes)} (${percent} %) tested for ${order.loadS} s`,
    wrong === 0 ? "nothing wrong" : `${wrong} wrong places`,
    ...(counted === 0 ? [] : [`${counted} errors counted`]),
  ].join(", ");
};

/** The pure half of Memory. */
export const memory = defineStage({
  state: "Memory",
  key: "memory",
  title: "Memory",
  facts: MemoryFacts,
  order: MemoryOrder,
  limits: MEMORY_LIMITS,
  packages: ["stressapptest", "stress-ng"],
  rules: MEMORY_RULES,
  orderOf: ({ hardware, limits: { loadS, perGibS, reserveMib, reservePercent } }) => ({
    loadS: Math.max(loadS, Math.round(((hardware.memory.visibleBytes ?? 0) / GIB) * perGibS)),
    ...{ reserveMib, reservePercent, installed: hardware.memory },
  }),
  plan: planMemory,
  judge: judgeBy(MEMORY_RULES),
  summarise: summariseMemory,
});
