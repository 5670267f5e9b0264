/** Disks, network interfaces, cards and GPUs as tables. Pure. */
import type { DiskFacts } from "../../agent/wire/hardware/disks.ts";
import type { NicFacts } from "../../agent/wire/hardware/network.ts";
import type { GpuFacts, PciFacts } from "../../agent/wire/hardware/pci.ts";
import type { Hardware } from "../../agent/wire/inventory.ts";
import { countOf, type HardwareTable, join, type TableCell, tableOf, unit } from "./hardware-table.ts";
import { isCard } from "./hardware-words.ts";
import { renderDisk, renderMemory } from "./words.ts";

/** Where a transceiver receives no light (SFF-8472 table 9-11: what it cannot measure any more). */
const DARK_DBM = -40;
/** Wear from which a drive's end is near. */
const WORN_PERCENT = 90;

const healthOf = ({ health }: DiskFacts): TableCell => {
  if (health === undefined) return undefined;
  const { passed, tempC, powerOnHours, wearPercent } = health;
  const verdict = passed === undefined ? undefined : passed ? "passed" : "FAILING by its own word";
  const text = join(
    ", ",
    ...[
      verdict,
      unit(tempC, "°C"),
      unit(powerOnHours, "h"),
      wearPercent === undefined ? undefined : `${wearPercent} % worn`,
    ],
  );
  if (passed === false) return { text: text ?? "", tone: "bad" };
  return wearPercent !== undefined && wearPercent >= WORN_PERCENT ? { text: text ?? "", tone: "warn" } : text;
};

const busOf = ({ transport, linkGbps, maxLinkGbps, behind }: DiskFacts): TableCell => {
  const slow = linkGbps !== undefined && maxLinkGbps !== undefined && linkGbps < maxLinkGbps;
  const link = slow ? `${linkGbps} of ${maxLinkGbps} Gb/s` : unit(linkGbps, "Gb/s");
  const text = join(", ", transport, link, behind);
  return slow && text !== undefined ? { text, tone: "warn" } : text;
};

const kindOf = ({ rotational, rpm }: DiskFacts): string | undefined => {
  if (rotational === undefined) return undefined;
  return rotational ? join(" ", "HDD", unit(rpm, "rpm")) : "SSD";
};

/** The disks. A bay is where to pull; a kernel name is only of this boot. */
export const diskTable = ({ disks }: Hardware): HardwareTable => {
  const bytes = disks.reduce((sum, disk) => sum + disk.sizeBytes, 0);
  return tableOf({
    id: "disks",
    title: "Disks",
    summary: disks.length === 0 ? "none" : `${countOf(disks.length, "disk")}, ${renderDisk(bytes)}`,
    columns: [
      { title: "Serial", role: "main" },
      { title: "Bay" },
      { title: "Model" },
      { title: "Size", role: "n" },
      { title: "Kind", role: "opt" },
      { title: "Bus", role: "opt" },
      { title: "Firmware", role: "opt" },
      { title: "Health" },
      { title: "Name", role: "opt" },
    ],
    rows: disks.map((disk) => [
      disk.serial ?? "no serial",
      disk.bay,
      join(" ", disk.vendor, disk.model),
      renderDisk(disk.sizeBytes),
      kindOf(disk),
      busOf(disk),
      disk.firmware,
      healthOf(disk),
      disk.name,
    ]),
  });
};

const linkOf = ({ linkUp, speedMbps, maxSpeedMbps, duplex }: NicFacts): TableCell => {
  if (linkUp === undefined) return undefined;
  if (!linkUp) return { text: "no link", tone: "idle" };
  const slow = speedMbps !== undefined && maxSpeedMbps !== undefined && speedMbps < maxSpeedMbps;
  const text = `${speedMbps ?? "?"}${slow ? ` of ${maxSpeedMbps}` : ""} Mb/s${duplex === undefined ? "" : `, ${duplex}`}`;
  return slow || duplex === "half" ? { text, tone: "warn" } : text;
};

/** `sw1 port 12`: which cable to follow. */
const neighbourOf = ({ neighbour }: NicFacts): string | undefined => {
  if (neighbour === undefined) return undefined;
  const port = neighbour.portId ?? neighbour.portDescription;
  return join(" ", neighbour.system ?? neighbour.chassisId, port === undefined ? undefined : `port ${port}`);
};

const transceiverOf = ({ transceiver, medium }: NicFacts): TableCell => {
  if (transceiver === undefined) return medium;
  const { kind, vendor, part, serial, tempC, rxPowerDbm } = transceiver;
  const text = join(", ", join(" ", kind, vendor, part), serial, unit(tempC, "°C"), unit(rxPowerDbm, "dBm received"));
  return rxPowerDbm !== undefined && rxPowerDbm <= DARK_DBM && text !== undefined ? { text, tone: "warn" } : text;
};

/** The network interfaces. */
export const nicTable = ({ nics }: Hardware): HardwareTable => {
  const up = nics.filter((nic) => nic.linkUp === true).length;
  return tableOf({
    id: "nics",
    title: "Network interfaces",
    summary: nics.length === 0 ? "none" : `${countOf(nics.length, "interface")}, ${up} with a link`,
    columns: [
      { title: "MAC", role: "main" },
      { title: "Slot" },
      { title: "Link" },
      { title: "Neighbour" },
      { title: "Transceiver", role: "opt" },
      { title: "Model, firmware", role: "opt" },
      { title: "Name", role: "opt" },
    ],
    rows: nics.map((nic) => [
      nic.mac ?? "no address",
      join(" port ", nic.slot ?? nic.pciAddress, nic.port),
      linkOf(nic),
      neighbourOf(nic),
      transceiverOf(nic),
      join(
        ", ",
        join(" ", nic.vendor, nic.model),
        nic.driver,
        nic.firmware,
        nic.virtualFunction === true ? "share of a port" : undefined,
      ),
      nic.boot ? `${nic.name} (booted)` : nic.name,
    ]),
  });
};

const pciLinkOf = ({ linkWidth, maxLinkWidth, linkSpeedGtps, maxLinkSpeedGtps }: PciFacts): TableCell => {
  if (linkWidth === undefined || linkWidth === 0) return undefined;
  const narrow = maxLinkWidth !== undefined && linkWidth < maxLinkWidth;
  const speed = linkSpeedGtps === maxLinkSpeedGtps ? linkSpeedGtps : join(" of ", linkSpeedGtps, maxLinkSpeedGtps);
  const text = `x${linkWidth}${narrow ? ` of x${maxLinkWidth}` : ""}${speed === undefined ? "" : `, ${speed} GT/s`}`;
  return narrow ? { text, tone: "warn" } : text; // an idle link runs slower, but it never gives lanes away
};

/** Cards and controllers; bridges and the like are left out. */
export const cardTable = ({ pci, slots }: Hardware): HardwareTable => {
  const cards = pci.filter(isCard);
  const known = slots.filter((slot) => slot.occupied !== undefined);
  const taken = known.filter((slot) => slot.occupied === true).length;
  return tableOf({
    id: "cards",
    title: "Cards and controllers",
    summary: `${countOf(cards.length, "device")} of ${countOf(pci.length, "PCI function")}`,
    facts: [["Slots", known.length === 0 ? undefined : `${taken} of ${known.length} occupied`]],
    columns: [
      { title: "Address", role: "main" },
      { title: "Slot" },
      { title: "Device" },
      { title: "Link" },
      { title: "Driver", role: "opt" },
      { title: "Class", role: "opt" },
    ],
    rows: cards.map((one) => [
      one.address,
      one.slot,
      join(" ", one.vendor ?? one.vendorId, one.device ?? one.deviceId),
      pciLinkOf(one),
      one.driver ?? { text: "no driver", tone: "idle" },
      one.class,
    ]),
  });
};

const gpuStateOf = (gpu: GpuFacts): TableCell => {
  const remapped = gpu.remappedRowsFailed === true ? "row remapping failed" : undefined;
  const pending = gpu.remappedRowsPending === true ? "rows wait to be remapped" : undefined;
  const errors = (gpu.uncorrectedErrorCount ?? 0) > 0 ? `${gpu.uncorrectedErrorCount} uncorrected errors` : undefined;
  const text = join(", ", remapped, pending, errors, unit(gpu.tempC, "°C"), unit(gpu.powerW, "W"));
  if (remapped !== undefined || errors !== undefined) return { text: text ?? "", tone: "bad" };
  return pending === undefined ? text : { text: text ?? "", tone: "warn" };
};

/** The GPUs. */
export const gpuTable = ({ gpus }: Hardware): HardwareTable =>
  tableOf({
    id: "gpus",
    title: "GPUs",
    summary: gpus.length === 0 ? "none" : gpus.map((gpu) => gpu.model ?? gpu.vendor ?? gpu.pciAddress).join(", "),
    columns: [
      { title: "Address", role: "main" },
      { title: "Model" },
      { title: "Serial" },
      { title: "Memory", role: "n" },
      { title: "ECC", role: "opt" },
      { title: "State" },
      { title: "Driver, VBIOS", role: "opt" },
    ],
    rows: gpus.map((gpu) => [
      gpu.pciAddress,
      join(" ", gpu.vendor, gpu.model),
      gpu.serial ?? gpu.uuid,
      gpu.memoryBytes === undefined ? undefined : renderMemory(gpu.memoryBytes),
      gpu.ecc === undefined ? undefined : gpu.ecc ? "on" : "off",
      gpuStateOf(gpu),
      join(", ", gpu.driverVersion, gpu.vbios),
    ]),
  });
