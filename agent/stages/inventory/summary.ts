/** The judgement of an inventory: one check for each probe. Pure; the summary counts the checks. */
import type { Check } from "../../wire/check.ts";
import type { Inventory, InventorySummary, ProbeReport } from "../../wire/inventory.ts";
import type { Verdict } from "../../wire/names.ts";

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

/** All findings of an inventory. */
export const judgeInventory = ({ probes }: Inventory): readonly Check[] => probes.map(checkOfProbe);

/** One line that says what the server is. */
export const describeHardware = ({ cpu, memory, disks, nics }: Inventory["hardware"]): string =>
  [
    cpu.model ?? "CPU unknown",
    `${cpu.threadCount} threads`,
    `${memory.populatedCount} of ${memory.slotCount} DIMM slots`,
    `${disks.length} disks`,
    `${nics.length} NICs`,
  ].join(", ");

/** From the best to the worst. */
const GRAVITY: readonly Verdict[] = ["SKIPPED", "PASS", "WARN", "ERROR", "FAIL"];

/** What the findings come to: the gravest of them, counted. */
export const summariseInventory = (inventory: Inventory): InventorySummary => {
  const verdicts = judgeInventory(inventory).map((check) => check.verdict);
  const count = (verdict: Verdict): number => verdicts.filter((one) => one === verdict).length;
  return {
    verdict: GRAVITY.findLast((verdict) => count(verdict) > 0) ?? "ERROR",
    text: describeHardware(inventory.hardware),
    warningCount: count("WARN"),
    failureCount: count("FAIL"),
    errorCount: count("ERROR"),
  };
};
