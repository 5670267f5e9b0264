/**
 * Network interfaces of the inventory: sysfs lists them, lspci names them, ethtool knows firmware and module, LLDP the other end of the cable; lshw
 * fills what is left. Joined by the kernel's name, and with the bus by PCI address. Pure.
 */
import { present } from "../../probes/label.ts";
import type { LldpNeighbour } from "../../probes/lldp/parse.ts";
import { PCI_ADDRESS } from "../../probes/lspci/parse.ts";
import type { NicSeen } from "../../probes/sysfs/parse.ts";
import type { NeighbourFacts, NicFacts } from "../../wire/hardware/network.ts";
import type { PciFacts } from "../../wire/hardware/pci.ts";
import type { ProbeFacts } from "./probes.ts";

/** The first neighbour that is heard is the switch: the parser sorts them so. */
const neighbourOn = (heard: readonly LldpNeighbour[] | undefined, name: string): NeighbourFacts | undefined => {
  const first = heard?.find((one) => one.interface === name);
  if (first === undefined) return undefined;
  const { interface: _name, bridge: _bridge, ...neighbour } = first;
  return neighbour;
};

/** How many interfaces hang on each PCI function: a card with one function for all of its ports numbers them by `dev_port`. */
const interfacesByFunction = (nics: readonly NicSeen[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { pciAddress } of nics)
    if (pciAddress !== undefined) counts.set(pciAddress, (counts.get(pciAddress) ?? 0) + 1);
  return counts;
};

/** The driver's word first; then the place in the function, if it is shared; then the function, of which most cards have one a port. */
const portOf = (
  nic: NicSeen,
  pciAddress: string | undefined,
  sharing: ReadonlyMap<string, number>,
): number | undefined => {
  if (nic.namedPort !== undefined) return nic.namedPort;
  // The number of a virtual function says nothing about the port that it is a share of.
  if (pciAddress === undefined || nic.virtualFunction === true) return undefined;
  const shared = (sharing.get(pciAddress) ?? 0) > 1 || (nic.devPort ?? 0) > 0;
  return shared ? nic.devPort : Number(pciAddress.at(-1));
};

/** The network interfaces, with the PCI functions as they were assembled. `bootMac` is the MAC that the boot script named. */
export const assembleNics = (
  { sysfs, ethtool, lshw, lldp }: Pick<ProbeFacts, "sysfs" | "ethtool" | "lshw" | "lldp">,
  pci: readonly PciFacts[],
  bootMac: string | null,
): NicFacts[] => {
  const nics = sysfs?.nics ?? [];
  const functions = new Map(pci.map((one) => [one.address, one]));
  const extras = new Map(lshw?.nics.map((one) => [one.name, one]));
  const sharing = interfacesByFunction(nics);
  const booted = bootMac?.toLowerCase();
  return nics.map((nic) => {
    const port = ethtool?.[nic.name];
    const extra = extras.get(nic.name);
    // Some kernels hang a virtual NIC beside its PCI function; its driver still knows the address.
    const address = nic.bus === "usb" || !PCI_ADDRESS.test(port?.busAddress ?? "") ? undefined : port?.busAddress;
    const pciAddress = nic.pciAddress ?? address;
    const card = functions.get(pciAddress ?? "");
    const mac = port?.permanentMac ?? nic.mac;
    return {
      name: nic.name,
      ...present({
        mac,
        vendor: card?.vendor ?? nic.vendor ?? extra?.vendor,
        model: card?.device ?? nic.model ?? extra?.model,
        driver: nic.driver ?? port?.driver,
        firmware: port?.firmware ?? extra?.firmware,
        bus: nic.bus,
        virtualFunction: nic.virtualFunction,
        pciAddress,
        slot: card?.slot,
        port: portOf(nic, pciAddress, sharing),
        linkUp: nic.linkUp ?? port?.linkUp,
        speedMbps: nic.speedMbps ?? port?.speedMbps,
        maxSpeedMbps: port?.maxSpeedMbps ?? extra?.maxSpeedMbps,
        duplex: nic.duplex ?? port?.duplex,
        medium: port?.medium,
        neighbour: neighbourOn(lldp, nic.name),
        transceiver: port?.transceiver,
      }),
      boot: booted !== undefined && (mac === booted || nic.currentMac === booted),
    };
  });
};
