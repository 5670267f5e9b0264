/** The exact commands of GPU, for the plan and for the runner alike. Pure. */
import { gpuLoadArgv } from "../../cuda/run-load.ts";
import { SAMPLE_COLUMNS, STATE_COLUMNS } from "../../probes/nvidia-smi/columns.ts";
import { gpuQueryArgv, sampleEveryS } from "../../probes/nvidia-smi/state.ts";
import type { PlanStep } from "../stage.ts";
import type { GpuOrder } from "./facts.ts";

/** The kernel log, with its levels. */
export const KERNEL_LOG_ARGV = ["dmesg", "-r"] as const;

/** What will be done with these GPUs. */
export const planSteps = ({ gpus, loadS, memoryPercent }: GpuOrder): readonly PlanStep[] => {
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
  ];
};
