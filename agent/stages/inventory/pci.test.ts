import { describe, expect, test } from "bun:test";
import type { PciFunction } from "../../probes/lspci/parse.ts";
import type { SlotFacts } from "../../wire/hardware/pci.ts";
import { assemblePci, assembleSlots } from "./pci.ts";
import type { ProbeFacts } from "./probes.ts";

const slot = (name: string, pciAddress: string, occupied?: boolean): SlotFacts => ({
  name,
  pciAddress,
  ...(occupied === undefined ? {} : { occupied }),
});
const smbiosWith = (slots: readonly SlotFacts[]) => ({ slots }) as ProbeFacts["smbios"];
/** Slot of each function, by address. */
const slotsOf = (lspci: readonly PciFunction[], slots: readonly SlotFacts[]) =>
  Object.fromEntries(assemblePci({ lspci, smbios: smbiosWith(slots) }).map((one) => [one.address, one.slot]));

const NIC = ["0000:19:00.0", "0000:19:00.1"].map((address) => ({
  address,
  classId: "0200",
  bridges: ["0000:17:02.0"],
}));
const PORTS = ["0000:00:1c.0", "0000:00:1c.4"].map((address) => ({ address, classId: "0604" }));

describe("assemblePci", () => {
  test("a slot at the card's own address names all functions of the card", () => {
    expect(slotsOf(NIC, [slot("PCIe Slot 1", "0000:19:00.0")])).toEqual({
      "0000:19:00.0": "PCIe Slot 1",
      "0000:19:00.1": "PCIe Slot 1",
    });
  });

  test("a slot at the port above names what is behind it, and what is nearer wins", () => {
    expect(slotsOf(NIC, [slot("Riser 1", "0000:17:02.0")])).toMatchObject({ "0000:19:00.1": "Riser 1" });
    expect(slotsOf(NIC, [slot("Riser 1", "0000:17:02.0"), slot("PCIe Slot 2", "0000:19:00.0")])).toMatchObject({
      "0000:19:00.0": "PCIe Slot 2",
    });
  });

  test("ports of one device are slots of their own", () => {
    const behind = { address: "0000:02:00.0", classId: "0108", bridges: ["0000:00:1c.4"] };
    expect(slotsOf([...PORTS, behind], [slot("Slot 1", "0000:00:1c.0"), slot("Slot 2", "0000:00:1c.4")])).toEqual({
      "0000:00:1c.0": "Slot 1",
      "0000:00:1c.4": "Slot 2",
      "0000:02:00.0": "Slot 2",
    });
    expect(slotsOf([...PORTS, behind], [slot("Slot 1", "0000:00:1c.0")])["0000:02:00.0"]).toBeUndefined();
  });

  test("an address that two slots claim names neither, unless one alone is occupied", () => {
    const twice = (...occupied: readonly (boolean | undefined)[]) =>
      slotsOf(
        NIC,
        occupied.map((one, i) => slot(`Slot ${i}`, "0000:19:00.0", one)),
      )["0000:19:00.0"];
    expect([twice(undefined, undefined), twice(true, true), twice(false, true), twice(true)]).toEqual([
      undefined,
      undefined,
      "Slot 1",
      "Slot 0",
    ]);
  });

  test("addresses that mean none name nothing", () => {
    const uncore = { address: "0000:ff:00.0", classId: "0880" };
    const root = { address: "0000:00:00.0", classId: "0600" };
    expect(slotsOf([uncore, root], [slot("A", "0000:ff:00.0"), slot("B", "0000:00:00.0")])).toEqual({
      "0000:ff:00.0": undefined,
      "0000:00:00.0": undefined,
    });
  });

  test("without a name of the board it is the kernel's number, of the card or of the port above", () => {
    const port: PciFunction = { address: "0000:17:02.0", classId: "0604", physicalSlot: "5" };
    expect(slotsOf([port, ...NIC], [])).toMatchObject({ "0000:19:00.0": "5", "0000:19:00.1": "5" });
    const own = { ...NIC[0], address: "0000:19:00.0", physicalSlot: "7" };
    expect(slotsOf([port, own], [])).toMatchObject({ "0000:19:00.0": "7" });
    expect(slotsOf([port, own], [slot("PCIe Slot 1", "0000:17:02.0")])).toMatchObject({
      "0000:19:00.0": "PCIe Slot 1",
    });
  });

  test("how a slot was found is no part of the inventory", () => {
    const [facts] = assemblePci({
      lspci: [{ ...PORTS[0], address: "0000:00:1c.0", physicalSlot: "1" }],
      smbios: undefined,
    });
    expect(facts).toEqual({ address: "0000:00:1c.0", classId: "0604", slot: "1" });
  });

  test("without lspci there is no function", () => {
    expect(assemblePci({ lspci: undefined, smbios: smbiosWith([]) })).toEqual([]);
  });
});

describe("assembleSlots", () => {
  test("the slots are the firmware's", () => {
    const slots = [slot("PCIe Slot 1", "0000:19:00.0", true)];
    expect(assembleSlots({ smbios: smbiosWith(slots) })).toEqual(slots);
    expect(assembleSlots({ smbios: undefined })).toEqual([]);
  });
});
