/** Puts what the probes read together into one inventory: pure. Each fact has one source of first choice; others fill gaps. */
import { INVENTORY_VERSION, type Inventory, type ProbeReport, UNKNOWN_HARDWARE } from "../../wire/inventory.ts";
import { assembleBoard, assembleCpu, assembleMemory } from "./board.ts";
import { assembleDisks } from "./disks.ts";
import { assembleNics } from "./network.ts";
import { assemblePci, assembleSlots } from "./pci.ts";
import type { ProbeFacts } from "./probes.ts";
import { summariseInventory } from "./summary.ts";

/** The whole inventory. `bootMac` is the MAC that the boot script named. */
export const assembleInventory = (
  facts: ProbeFacts,
  probes: readonly ProbeReport[],
  bootMac: string | null,
): Inventory => {
  const pci = assemblePci(facts);
  const found: Inventory = {
    version: INVENTORY_VERSION,
    hardware: {
      ...UNKNOWN_HARDWARE,
      board: assembleBoard(facts),
      cpu: assembleCpu(facts),
      memory: assembleMemory(facts),
      disks: assembleDisks(facts),
      nics: assembleNics(facts, pci, bootMac),
      pci,
      slots: assembleSlots(facts),
    },
    probes: [...probes],
  };
  return { ...found, hardware: { ...found.hardware, summary: summariseInventory(found) } };
};
