/** The exact commands of GPU, for the plan and for the runner alike. Pure. */
import { gpuLoadArgv } from "../../cuda/run-load.ts";
import { SAMPLE_COLUMNS, STATE_COLUMNS } from "../../probes/nvidia-smi/columns.ts";
import { gpuQueryArgv, sampleEveryS } from "../../probes/nvidia-smi/state.ts";
import type { PlanStep } from "../stage.ts";
import type { GpuOrder } from "./facts.ts";

/** The kernel log, with its levels. */
export const KERNEL_LOG_ARGV = ["dmesg", "-r"] as const;

/** gpu-burn on all GPUs, with as much memory as the box's own load takes. */
export const burnArgv = ({ burnS, memoryPercent }: GpuOrder): [string, ...string[]] => [
  ...(["gpu_burn", "-m", `${memoryPercent}%`, String(burnS)] as const),
];

/** DCGM's diagnostic, at a level, as JSON. */
export const diagnosisArgv = ({ diagnosisLevel }: GpuOrder): [string, ...string[]] => [
  ...(["dcgmi", "diag", "-r", String(diagnosisLevel), "-j"] as const),
];

/** Seconds, two minutes, half an hour (DCGM's user guide, run levels), and as much again. */
const DIAGNOSIS_MS: Readonly<Record<number, number>> = { 1: 60_000, 2: 300_000, 3: 3_600_000 };
/** How long a level's diagnostic may take. */
export const diagnosisLimitMs = (level: number): number => DIAGNOSIS_MS[level] ?? 60_000;

const toolSteps = (order: GpuOrder): readonly PlanStep[] => [
  ...(order.burnS === 0
    ? []
    : [{ what: "Multiplies matrices with gpu-burn, if the image has it", argv: burnArgv(order) }]),
  ...(order.diagnosisLevel === 0
    ? []
    : [{ what: "Runs NVIDIA's diagnostic, if the image has it", argv: diagnosisArgv(order) }]),
];

/** What will be done with these GPUs. */
export const planSteps = (order: GpuOrder): readonly PlanStep[] => {
  const { gpus, loadS, memoryPercent } = order;
  const ask = gpuQueryArgv("query-gpu", STATE_COLUMNS);
  const sample = gpuQueryArgv("query-gpu", SAMPLE_COLUMNS, sampleEveryS(loadS));
  if (gpus.length === 0) return [{ what: "Looks whether there is a GPU; the inventory knows of no NVIDIA GPU" }];
  return [
    { what: "Reads how the GPUs are, before and after", argv: ask },
    { what: "Reads errors of the driver, before and after", argv: KERNEL_LOG_ARGV },
    ...gpus.map((pciAddress) => ({
      what: `Loads GPU ${pciAddress}, checks its arithmetic and ${memoryPercent} % of its free memory`,
      argv: gpuLoadArgv(["vetbox-agent"], { pciAddress, seconds: loadS, memoryPercent }),
    })),
    { what: "Samples all GPUs while they are loaded", argv: sample },
    ...toolSteps(order),
  ];
};
