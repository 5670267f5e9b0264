/** How a disk is attached: only what is plugged into this host may be written. What comes over a network, or can be plugged in by hand, may not. */
import { type Files, readAttribute } from "../system/files.ts";
import { refused } from "./answer.ts";
import { type BlockView, describeBlock } from "./block.ts";

/** Parts of sysfs paths that give an attachment away (kernel: drivers/scsi/scsi_transport_{iscsi,fc}.c, drivers/usb, drivers/mmc, drivers/nvme/host/fabrics.c). */
const FOREIGN: readonly (readonly ["removable-or-usb" | "transport", RegExp, string])[] = [
  ["removable-or-usb", /\/usb\d+\//, "USB"],
  ["removable-or-usb", /\/(?:fw|firewire)\d+\//, "FireWire"],
  ["removable-or-usb", /\/mmc_host\//, "a memory card"],
  ["transport", /\/session\d+\//, "iSCSI"],
  ["transport", /\/(?:rport-|fc_host|ctlr_\d)/, "Fibre Channel"],
  ["transport", /\/nvme-fabrics\//, "NVMe over a network"],
  ["transport", /\/(?:vbd|nbd|rbd)[-\d]/, "a disk of another host"],
];

const NVME_CONTROLLER = /^nvme\d+$/;

/** The controllers that lead to an NVMe namespace. */
const nvmeControllers = async (files: Files, { place }: BlockView): Promise<readonly string[]> => {
  if (place.nvmeSubsystemPath !== undefined) {
    const names = (await files.list(place.nvmeSubsystemPath)).filter((name) => NVME_CONTROLLER.test(name));
    if (names.length > 0) return names;
  }
  return place.nvmeController === undefined ? [] : [place.nvmeController];
};

/** Why its attachment forbids to write it; undefined when it does not. */
export const refusalOfAttachment = async (
  files: Files,
  block: BlockView,
): Promise<ReturnType<typeof refused> | undefined> => {
  const path = `${block.devicePath ?? ""}/`;
  const foreign = FOREIGN.find(([, pattern]) => pattern.test(path));
  if (foreign !== undefined) return refused(foreign[0], `${describeBlock(block)}: ${foreign[2]}`);
  const { place } = block;
  if (place.nvmeController !== undefined || place.nvmeSubsystemPath !== undefined) return refusalOfNvme(files, block);
  const local = place.pciAddress ?? place.ataPort ?? place.bus;
  return local === undefined
    ? refused("transport", `${describeBlock(block)}: attached in a way that is not known`)
    : undefined;
};

const refusalOfNvme = async (files: Files, block: BlockView): Promise<ReturnType<typeof refused> | undefined> => {
  const controllers = await nvmeControllers(files, block);
  if (controllers.length !== 1)
    return refused("multipath", `${describeBlock(block)}: ${controllers.length} controllers lead to it`);
  const transport = await readAttribute(files, `/sys/class/nvme/${controllers[0]}/transport`);
  return transport === "pcie"
    ? undefined
    : refused("transport", `${describeBlock(block)}: NVMe over ${transport ?? "an unknown transport"}`);
};
