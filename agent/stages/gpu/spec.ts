/** GPU: whether NVIDIA's GPUs compute and remember rightly under load, stay cool, keep their links, and what their driver says of them. */
import { judgeBy } from "../rule.ts";
import { defineStage } from "../stage.ts";
import { planSteps } from "./commands.ts";
import { GpuFacts, GpuOrder, NVIDIA } from "./facts.ts";
import { GPU_LIMITS } from "./limits.ts";
import { GPU_RULES } from "./rules.ts";

/** VGA and 3D controllers (PCI Code and ID Assignment). */
const GPU_CLASSES: ReadonlySet<string> = new Set(["0300", "0302"]);
/** Looking at the bus. */
const LOOK_MS = 20_000;
/** The driver's start, twice what it tells, and letting go; some of it for each GPU, as all of them are asked in one call. */
const AROUND_MS = 60_000;
const EACH_MS = 10_000;

/** The pure half of GPU. */
export const gpu = defineStage({
  state: "GPU",
  key: "gpu",
  title: "GPU",
  facts: GpuFacts,
  order: GpuOrder,
  limits: GPU_LIMITS,
  // NVIDIA's driver and tools come with the image's own profile for it; without them the stage says SKIPPED.
  packages: ["util-linux"],
  rules: GPU_RULES,
  orderOf: ({ hardware, limits }) => {
    const shown = hardware.pci.filter(({ classId = "", vendorId }) => GPU_CLASSES.has(classId) && vendorId === NVIDIA);
    // A GPU that only its driver knows has a UUID of that driver.
    const known = hardware.gpus.filter(({ uuid }) => uuid?.startsWith("GPU-"));
    const addresses = [...shown.map(({ address }) => address), ...known.map(({ pciAddress }) => pciAddress)];
    return {
      ...{ loadS: Math.round(limits.loadS), memoryPercent: Math.round(limits.memoryPercent) },
      ...{ burnS: Math.round(limits.burnS), diagnosisLevel: Math.round(limits.diagnosisLevel) },
      gpus: [...new Set(addresses)].sort(),
    };
  },
  // gpu-burn and the diagnostic are not reckoned in: nobody knows before the boot whether the image has them. They fit into what a stage may be late.
  plan: (order) => ({
    expectedMs: order.gpus.length === 0 ? LOOK_MS : order.loadS * 1_000 + AROUND_MS + EACH_MS * order.gpus.length,
    steps: planSteps(order),
  }),
  judge: judgeBy(GPU_RULES),
  summarise: ({ gpus, driver }) => {
    if (gpus.length === 0) return driver === undefined ? "no GPU" : "GPUs without a driver";
    const loaded = gpus.flatMap(({ load }) => (load?.end === "ended" ? [load] : []));
    const gflops = loaded.reduce((sum, { mostGflops = 0 }) => sum + mostGflops, 0);
    return `${loaded.length} of ${gpus.length} GPUs loaded to the end, ${Math.round(gflops / 1_000)} TFLOP/s`;
  },
});
