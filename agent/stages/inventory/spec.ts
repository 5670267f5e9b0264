/** Inventory: what the server is made of. It says what is wrong by itself; what was expected is the box's SpecValidate. */
import * as v from "valibot";
import { Inventory } from "../../wire/inventory.ts";
import { defineStage } from "../stage.ts";
import { INVENTORY_RULES } from "./rules.ts";
import { describeHardware, judgeInventory } from "./summary.ts";

/** The pure half of Inventory. */
export const inventory = defineStage({
  state: "InventoryCheck",
  key: "inventory",
  title: "Inventory",
  facts: Inventory,
  order: v.object({}),
  limits: {},
  packages: [
    "dmidecode",
    "util-linux",
    "smartmontools",
    "nvme-cli",
    "pciutils",
    "ethtool",
    "lldpd",
    "lshw",
    "ipmitool",
  ],
  rules: INVENTORY_RULES.map(({ code, verdict, source, action }) => ({
    ...{ code, worst: verdict, source, action, silent: true as const },
  })),
  orderOf: () => ({}),
  plan: () => ({ expectedMs: 60_000, steps: [{ what: "Reads what the server is made of; writes nothing" }] }),
  judge: judgeInventory,
  summarise: ({ hardware }) => describeHardware(hardware),
});
