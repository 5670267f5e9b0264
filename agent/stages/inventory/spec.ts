/** Inventory: what the server is made of. It says what is wrong by itself; what was expected is the box's SpecValidate. */
import { Inventory } from "../../wire/inventory.ts";
import { defineStage } from "../stage.ts";
import { describeHardware, judgeInventory } from "./summary.ts";

/** The pure half of Inventory. */
export const inventory = defineStage({
  state: "InventoryCheck",
  title: "Inventory",
  facts: Inventory,
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
  expectedMs: () => 60_000,
  judge: judgeInventory,
  summarise: ({ hardware }) => describeHardware(hardware),
});
