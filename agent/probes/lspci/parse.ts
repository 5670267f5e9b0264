/** `lspci -vmm -D -nn` to PCI functions, and the link attributes of sysfs. Pure and total. */
import type { PciFacts } from "../../wire/hardware/pci.ts";
import { cleanLabel, leadingCount, present } from "../label.ts";

/** The link attributes of one function, as sysfs gives them. */
export interface LinkAttributes {
  readonly currentSpeed: string | null;
  readonly currentWidth: string | null;
  readonly maxSpeed: string | null;
  readonly maxWidth: string | null;
}

/** A PCI address with its domain. */
const ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/** What lspci writes in place of a name that `pci.ids` does not have. */
const NAMELESS = new Set(["Class", "Vendor", "Device"]);

/** `Ethernet controller [0200]` is a name and an id. The id is the last bracket, whatever the name holds. */
const splitId = (raw: string | undefined): { readonly name?: string; readonly id?: string } => {
  const match = /^(.*?)\s*\[([0-9a-fA-F]{4})\]$/.exec(raw?.trim().slice(0, 1000) ?? "");
  if (match === null) return present({ name: cleanLabel(raw) });
  const name = NAMELESS.has(match[1] ?? "") ? undefined : cleanLabel(match[1]);
  return present({ name, id: match[2]?.toLowerCase() });
};

/** `8.0 GT/s PCIe`, `16 GT/s`; anything else, `Unknown` included, is absent. */
const speedOf = (raw: string | null): number | undefined => {
  const match = /^(\d{1,3}(?:\.\d{1,2})?) GT\/s/.exec(raw ?? "");
  return match === null ? undefined : Number(match[1]);
};

/** Linux gives 0 for a link that is down and 255 for a width it does not know (`PCIE_LNK_WIDTH_UNKNOWN`). */
const widthOf = (raw: string | null): number | undefined => {
  const width = leadingCount(raw ?? undefined);
  return width === undefined || width === 0 || width > 32 ? undefined : width;
};

/** Reads the output of `lspci -vmm -D -nn`. Records without an address are left out. */
export const parseLspci = (
  text: string,
  links: ReadonlyMap<string, LinkAttributes> = new Map(),
): readonly PciFacts[] => {
  const functions: PciFacts[] = [];
  for (const record of text.split(/\r?\n\s*\r?\n/)) {
    const fields = new Map<string, string>();
    for (const line of record.split(/\r?\n/)) {
      const at = line.indexOf(":");
      const key = line.slice(0, Math.max(0, at));
      if (at > 0 && !fields.has(key)) fields.set(key, line.slice(at + 1).trim());
    }
    const address = fields.get("Slot")?.toLowerCase() ?? "";
    if (!ADDRESS.test(address)) continue;
    const [kind, vendor, device] = [fields.get("Class"), fields.get("Vendor"), fields.get("Device")].map(splitId);
    const link = links.get(address);
    functions.push({
      address,
      ...present({
        class: kind?.name,
        classId: kind?.id,
        vendor: vendor?.name,
        device: device?.name,
        vendorId: vendor?.id,
        deviceId: device?.id,
        linkSpeedGtps: speedOf(link?.currentSpeed ?? null),
        linkWidth: widthOf(link?.currentWidth ?? null),
        maxLinkSpeedGtps: speedOf(link?.maxSpeed ?? null),
        maxLinkWidth: widthOf(link?.maxWidth ?? null),
      }),
    });
  }
  return functions;
};
