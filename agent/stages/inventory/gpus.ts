/** GPUs of the inventory: what the PCI bus shows, with what its driver says. Pure. */
import type { GpuFacts, PciFacts } from "../../wire/hardware/pci.ts";
import type { ProbeFacts } from "./probes.ts";

/** VGA, 3D and other display controllers (PCI Code and ID Assignment). XGA (0301) is of the past. */
const DISPLAY_CLASSES: ReadonlySet<string> = new Set(["0300", "0302", "0380"]);

/** Every display function, and a GPU that the driver knows but lspci could not tell: one whose function has dropped off the bus is still counted. */
export const assembleGpus = (pci: readonly PciFacts[], { nvidia }: Pick<ProbeFacts, "nvidia">): GpuFacts[] => {
  const known = new Map((nvidia ?? []).map((gpu) => [gpu.pciAddress, gpu]));
  const shown = pci
    .filter(({ classId }) => classId !== undefined && DISPLAY_CLASSES.has(classId))
    .map(({ address, vendor, device }) => ({
      pciAddress: address,
      ...(vendor === undefined ? {} : { vendor }),
      ...(device === undefined ? {} : { model: device }),
      ...known.get(address),
    }));
  const addresses = new Set(shown.map(({ pciAddress }) => pciAddress));
  return [...shown, ...[...known.values()].filter(({ pciAddress }) => !addresses.has(pciAddress))];
};

/** GPUs that compute: a display function of the makers of those. What draws a server's console comes from others (ASPEED, Matrox). */
export const computeGpuCount = (pci: readonly PciFacts[]): number =>
  pci.filter(
    ({ classId, vendorId }) =>
      classId !== undefined &&
      DISPLAY_CLASSES.has(classId) &&
      (classId === "0302" || classId === "0380" || vendorId === "10de" || vendorId === "1002"),
  ).length;
