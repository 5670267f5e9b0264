/** Inventories for tests: what a test does not name is not there. */
import {
  type Hardware,
  INVENTORY_VERSION,
  type Inventory,
  type ProbeReport,
  UNKNOWN_HARDWARE,
} from "../../agent/wire/inventory.ts";

/** An inventory with these parts, and probes that all answered unless told otherwise. */
export const inventoryWith = (parts: Partial<Hardware>, probes: readonly ProbeReport[] = []): Inventory => ({
  version: INVENTORY_VERSION,
  hardware: { ...UNKNOWN_HARDWARE, ...parts },
  probes: [...probes],
});

/** The same inventory with some parts replaced. */
export const withParts = (inventory: Inventory, parts: Partial<Hardware>): Inventory => ({
  ...inventory,
  hardware: { ...inventory.hardware, ...parts },
});
