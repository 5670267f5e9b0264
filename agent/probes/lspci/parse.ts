/** `lspci -vmm -D -nn` to PCI functions, with the attributes of sysfs. Pure, total, one pass. */
import type { PciFacts } from "../../wire/hardware/pci.ts";
import { cleanLabel, leadingCount, present } from "../label.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** What sysfs says about one function; null where it says nothing. */
export interface PciAttributes {
  readonly currentSpeed: string | null;
  readonly currentWidth: string | null;
  readonly maxSpeed: string | null;
  readonly maxWidth: string | null;
  /** Where `driver` leads. */
  readonly driverPath: string | null;
  /** Where the device itself lies: `/sys/devices/pci0000:17/0000:17:02.0/0000:19:00.0`. */
  readonly devicePath: string | null;
}

/** One PCI function as the bus shows it. The board's name of its slot is the firmware's to tell. */
export interface PciFunction extends Omit<PciFacts, "slot"> {
  /** The kernel's slot number (`/sys/bus/pci/slots`). */
  readonly physicalSlot?: string;
  /** The bridges above it, the nearest first. */
  readonly bridges?: readonly string[];
}

/** A PCI address with its domain, as the kernel writes it. */
export const PCI_ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/** What lspci writes in place of a name that `pci.ids` does not have. */
const NAMELESS = new Set(["Class", "Vendor", "Device", "SVendor", "SDevice", "Unknown vendor", "Unknown device"]);

/** `Ethernet controller [0200]` is a name and an id. The id is the last bracket, whatever the name holds. */
const splitId = (raw: string | undefined): { readonly name?: string; readonly id?: string } => {
  const text = raw?.slice(0, 1000).trim() ?? "";
  const id = /\[([0-9a-fA-F]{4})\]$/.exec(text)?.[1];
  const name = (id === undefined ? text : text.slice(0, -6)).trim();
  return present({ name: NAMELESS.has(name) ? undefined : cleanLabel(name), id: id?.toLowerCase() });
};

/** `8.0 GT/s PCIe`, `16 GT/s`; anything else, `Unknown` included, is absent. */
const speedOf = (raw: string | null | undefined): number | undefined => {
  const match = /^(\d{1,3}(?:\.\d{1,2})?) GT\/s/.exec(raw ?? "");
  return match === null ? undefined : Number(match[1]);
};

/** Linux gives 0 for a link that is down and 255 for a width it does not know (`PCIE_LNK_WIDTH_UNKNOWN`). */
const widthOf = (raw: string | null | undefined): number | undefined => {
  const width = leadingCount(raw ?? undefined);
  return width === undefined || width === 0 || width > 32 ? undefined : width;
};

/** The PCI addresses on the way to a device, the nearest first: itself is left out. */
const bridgesOf = (path: string | null | undefined, address: string): readonly string[] | undefined => {
  const above = (path?.split("/") ?? []).filter((part) => PCI_ADDRESS.test(part) && part !== address).reverse();
  return above.length === 0 ? undefined : above;
};

const functionOf = (
  address: string,
  fields: ReadonlyMap<string, string>,
  attributes: PciAttributes | undefined,
): PciFunction => {
  const kind = splitId(fields.get("Class"));
  const vendor = splitId(fields.get("Vendor"));
  const device = splitId(fields.get("Device"));
  return {
    address,
    ...present({
      class: kind.name,
      classId: kind.id,
      vendor: vendor.name,
      device: device.name,
      vendorId: vendor.id,
      deviceId: device.id,
      subsystemVendor: splitId(fields.get("SVendor")).name,
      subsystemDevice: splitId(fields.get("SDevice")).name,
      driver: cleanLabel(attributes?.driverPath?.split("/").at(-1) ?? fields.get("Driver")),
      physicalSlot: cleanLabel(fields.get("PhySlot")) ?? zeroOf(fields.get("PhySlot")),
      numaNode: leadingCount(fields.get("NUMANode")),
      linkSpeedGtps: speedOf(attributes?.currentSpeed),
      linkWidth: widthOf(attributes?.currentWidth),
      maxLinkSpeedGtps: speedOf(attributes?.maxSpeed),
      maxLinkWidth: widthOf(attributes?.maxWidth),
      bridges: bridgesOf(attributes?.devicePath, address),
    }),
  };
};

/** Slot number 0 is a number, where a label of zeros alone would say nothing. */
const zeroOf = (raw: string | undefined): string | undefined => (raw?.trim() === "0" ? "0" : undefined);

/** Reads the output of `lspci -vmm -D -nn`, with or without `-k`. Records without an address are left out. */
export const parseLspci = (
  text: string,
  attributes: ReadonlyMap<string, PciAttributes> = new Map(),
): Parsed<readonly PciFunction[]> => {
  const functions: PciFunction[] = [];
  const fields = new Map<string, string>();
  const finish = (): void => {
    const slot = fields.get("Slot")?.toLowerCase() ?? "";
    // Without -D the domain is left out where all functions are in the first.
    const address = /^[0-9a-f]{2}:/.test(slot) ? `0000:${slot}` : slot;
    if (PCI_ADDRESS.test(address)) functions.push(functionOf(address, fields, attributes.get(address)));
    fields.clear();
  };
  for (const line of linesOf(text)) {
    const at = line.indexOf(":");
    const key = line.slice(0, Math.max(0, at));
    if (line.trim() === "") finish();
    else if (at > 0 && !fields.has(key)) fields.set(key, line.slice(at + 1).trim());
  }
  finish();
  return functions.length > 0 ? understood(functions) : notUnderstood("line 1", "No PCI function of lspci -vmm -D.");
};
