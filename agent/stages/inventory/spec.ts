/** Inventory: what the server is made of. It fails nothing by itself; what was expected is the box's SpecValidate. */
import type { Check } from "../../wire/check.ts";
import { Inventory, type ProbeReport } from "../../wire/inventory.ts";
import { defineStage } from "../stage.ts";

/** A probe that did not answer is no finding about the hardware, and no pass either. */
const checkOfProbe = (probe: ProbeReport): Check => {
  const component = `probe ${probe.probe}`;
  const message = probe.reason ?? probe.status;
  switch (probe.status) {
    case "ok":
      return { code: "inventory.probe", verdict: "PASS", component, message: "The probe answered." };
    case "device-absent":
      return { code: "inventory.probe-device-absent", verdict: "SKIPPED", component, message };
    case "tool-absent":
      return {
        code: "inventory.probe-tool-absent",
        verdict: "ERROR",
        component,
        message,
        action: "Rebuild the live image.",
      };
    case "timed-out":
      return {
        code: "inventory.probe-timed-out",
        verdict: "ERROR",
        component,
        message,
        action: "Run the stage again; if it repeats, suspect the device it reads.",
      };
    case "failed":
      return {
        code: "inventory.probe-failed",
        verdict: "ERROR",
        component,
        message,
        action: "See the raw output among the artifacts.",
      };
  }
};

/** The pure half of Inventory. */
export const inventory = defineStage({
  state: "InventoryCheck",
  title: "Inventory",
  facts: Inventory,
  packages: ["dmidecode", "util-linux", "pciutils"],
  expectedMs: () => 60_000,
  judge: (facts) => facts.probes.map(checkOfProbe),
  summarise: (facts) =>
    [
      facts.cpu.model ?? "CPU unknown",
      `${facts.cpu.threadCount} threads`,
      `${facts.memory.populatedCount} of ${facts.memory.slotCount} DIMM slots`,
      `${facts.disks.length} disks`,
      `${facts.nics.length} NICs`,
    ].join(", "),
});
