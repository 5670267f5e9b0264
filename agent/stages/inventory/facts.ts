/** Puts what the probes read together into one inventory: pure. Each fact has one source of first choice; others fill gaps. */
import { present } from "../../probes/label.ts";
import { INVENTORY_VERSION, type Inventory, type ProbeReport, UNKNOWN_HARDWARE } from "../../wire/inventory.ts";
import { assembleBoard, assembleCpu, assembleMemory } from "./board.ts";
import { assembleDisks } from "./disks.ts";
import { listFirmware } from "./firmware.ts";
import { assembleGpus } from "./gpus.ts";
import { assembleBmc, assembleFans, assembleSensors } from "./management.ts";
import { withErrorCounts } from "./memory-errors.ts";
import { assembleNics } from "./network.ts";
import { assemblePci, assembleSlots } from "./pci.ts";
import type { ProbeFacts } from "./probes.ts";
import { assemblePsus } from "./psus.ts";
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
      memory: withErrorCounts(assembleMemory(facts), facts.edac),
      disks: assembleDisks(facts),
      nics: assembleNics(facts, pci, bootMac),
      pci,
      slots: assembleSlots(facts),
      gpus: assembleGpus(pci, facts),
      psus: assemblePsus(facts),
      fans: assembleFans(facts),
      sensors: assembleSensors(facts),
      kernel: facts.kernel ?? UNKNOWN_HARDWARE.kernel,
      ...present({ bmc: assembleBmc(facts) }),
    },
    probes: [...probes],
  };
  const hardware = { ...found.hardware, firmware: listFirmware(found.hardware) };
  return { ...found, hardware: { ...hardware, summary: summariseInventory({ ...found, hardware }) } };
};
