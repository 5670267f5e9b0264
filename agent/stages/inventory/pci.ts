/** PCI functions and slots of the inventory. Pure. */
import { present } from "../../probes/label.ts";
import type { PciFunction } from "../../probes/lspci/parse.ts";
import type { PciFacts, SlotFacts } from "../../wire/hardware/pci.ts";
import type { ProbeFacts } from "./probes.ts";

/** An address that firmware gives when it knows none: bus 255, or the root of everything. */
const NO_ADDRESS = /:ff:|^0{4,8}:00:00\.0$/;

/**
 * The board's name of the slot at each address. An address that two slots claim names neither, unless one of them alone says that it is
 * occupied: the number of a lane or a riser is often entered twice.
 */
const slotsByAddress = (slots: readonly SlotFacts[]): ReadonlyMap<string, string> => {
  const claims = new Map<string, SlotFacts[]>();
  for (const slot of slots) {
    if (slot.pciAddress === undefined || NO_ADDRESS.test(slot.pciAddress)) continue;
    claims.set(slot.pciAddress, [...(claims.get(slot.pciAddress) ?? []), slot]);
  }
  return new Map(
    [...claims].flatMap(([address, claimants]) => {
      const sitting = claimants.filter((slot) => slot.occupied === true);
      const [only, another] = sitting.length > 0 ? sitting : claimants;
      return only === undefined || another !== undefined ? [] : [[address, only.name] as const];
    }),
  );
};

/** PCI-to-PCI bridges, ports of PCI Express among them (PCI Code and ID Assignment). */
const BRIDGE = "0604";
/** `0000:19:00.1` is a part of `0000:19:00`. */
const deviceOf = (address: string): string => address.slice(0, -2);

/** The functions of a card share its slot. Ports of a root complex are functions of one device, too, but each has a slot of its own. */
const withSiblings = (
  named: ReadonlyMap<string, string>,
  functions: readonly PciFunction[],
): ReadonlyMap<string, string> => {
  const cards = new Map<string, string>();
  for (const { address, classId } of functions) {
    const name = named.get(address);
    if (name !== undefined && classId !== BRIDGE) cards.set(deviceOf(address), name);
  }
  const all = new Map(named);
  for (const { address, classId } of functions) {
    const name = classId === BRIDGE ? undefined : cards.get(deviceOf(address));
    if (name !== undefined && !all.has(address)) all.set(address, name);
  }
  return all;
};

/**
 * The PCI functions, each with the slot that it sits in. Firmware gives the address of the card itself or of the port above it (SMBIOS 3.7,
 * 7.10.8), so the nearest of both counts. Without such a name it is the kernel's number of the nearest slot.
 */
export const assemblePci = ({ lspci, smbios }: Pick<ProbeFacts, "lspci" | "smbios">): PciFacts[] => {
  const functions = lspci ?? [];
  const named = withSiblings(slotsByAddress(smbios?.slots ?? []), functions);
  const numbered = new Map(
    functions.flatMap(({ address, physicalSlot }) => (physicalSlot === undefined ? [] : [[address, physicalSlot]])),
  );
  return functions.map(({ bridges, physicalSlot: _number, ...facts }) => {
    const way = [facts.address, ...(bridges ?? [])];
    const nearest = (names: ReadonlyMap<string, string>) =>
      way.map((address) => names.get(address)).find((name) => name !== undefined);
    return { ...facts, ...present({ slot: nearest(named) ?? nearest(numbered), upstream: bridges?.[0] }) };
  });
};

/** The board's slots, as its firmware lists them. */
export const assembleSlots = ({ smbios }: Pick<ProbeFacts, "smbios">): SlotFacts[] => [...(smbios?.slots ?? [])];
