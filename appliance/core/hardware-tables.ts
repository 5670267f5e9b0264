/** A server's hardware as every surface shows it: groups in a fixed order, each with its worst news on top. Pure. */
import type { Hardware, InventorySummary } from "../../agent/wire/inventory.ts";
import { cpuTable, memoryTable, serverTable } from "./hardware-board.ts";
import { cardTable, diskTable, gpuTable, nicTable } from "./hardware-devices.ts";
import { bmcTable, fanTable, firmwareTable, kernelTable, psuTable, sensorTable } from "./hardware-management.ts";
import { countOf, type HardwareTable } from "./hardware-table.ts";

/** Groups that are shown also when nothing is in them: that a server has no disk is worth a line. */
const ALWAYS: ReadonlySet<string> = new Set(["server", "cpu", "memory", "disks", "nics"]);

/** The groups of a server, empty ones of rare kinds left out. */
export const hardwareTables = (hardware: Hardware): readonly HardwareTable[] =>
  [
    ...[serverTable, cpuTable, memoryTable, diskTable, nicTable, cardTable, gpuTable],
    ...[psuTable, fanTable, sensorTable, bmcTable, firmwareTable, kernelTable],
  ]
    .map((table) => table(hardware))
    .filter(
      (table) => ALWAYS.has(table.id) || table.rows.length > 0 || table.facts.length > 0 || hasSensors(table, hardware),
    );

/** That all sensors are well is news, too. */
const hasSensors = ({ id }: HardwareTable, { sensors }: Hardware): boolean => id === "sensors" && sensors.length > 0;

/** The counts of an inventory's summary in words; null when nothing stands out. */
export const countsOf = ({ failureCount, errorCount, warningCount }: InventorySummary): string | null => {
  const counts = [
    [failureCount, "failure"],
    [errorCount, "measurement missing", "measurements missing"],
    [warningCount, "warning"],
  ] as const;
  const said = counts.filter(([count]) => count > 0).map(([count, one, many]) => countOf(count, one, many));
  return said.length === 0 ? null : said.join(", ");
};
