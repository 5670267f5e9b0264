/** The runner of every built stage. A stage in the catalog without its line here does not compile. */
import type { BuiltStage } from "./catalog.ts";
import { runCpu } from "./cpu/run.ts";
import { runGpu } from "./gpu/run.ts";
import { runInventory } from "./inventory/run.ts";
import { runMemory } from "./memory/run.ts";
import { runNetwork } from "./network/run.ts";
import { runPsu } from "./psu/run.ts";
import type { Runner } from "./runner.ts";
import { runSmart } from "./smart/run.ts";
import { runStorage } from "./storage/run.ts";

/** The runners by stage. */
export const RUNNERS: { readonly [Stage in BuiltStage]: Runner<Stage> } = {
  InventoryCheck: runInventory,
  SMART: runSmart,
  CPUStress: runCpu,
  Memory: runMemory,
  Storage: runStorage,
  Network: runNetwork,
  GPU: runGpu,
  PSU: runPsu,
};
