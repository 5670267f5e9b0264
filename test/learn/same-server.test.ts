/** Recorded servers, seen twice: whatever is only of the second boot is no change. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Hardware } from "../../agent/wire/inventory.ts";
import { diffInventories } from "../../appliance/core/inventory-changes.ts";
import { HEALTHY_INVENTORY } from "../../web/fixtures/inventory.ts";
import { inventoryOf, RECORDED } from "../setup/recorded.ts";

/** The same hardware after another boot: other names, other order, other temperatures, other counts. */
const rebooted = (hardware: Hardware, turn: <T>(list: readonly T[]) => T[]): Hardware => ({
  ...hardware,
  disks: turn(hardware.disks).map((disk, i) => ({
    ...disk,
    name: `sd${String.fromCharCode(97 + i)}`,
    health: { passed: true, tempC: 20 + i, powerOnHours: 10_000 + i, wearPercent: i },
  })),
  nics: turn(hardware.nics).map((nic, i) => ({ ...nic, name: `eth${i}`, boot: i === 0 })),
  pci: turn(hardware.pci).map((one) => ({ ...one, linkSpeedGtps: 2.5 })),
  memory: {
    ...hardware.memory,
    dimms: turn(hardware.memory.dimms).map((dimm) => ({ ...dimm, correctedErrorCount: 9 })),
  },
  psus: turn(hardware.psus).map((psu, i) => ({ ...psu, inputW: 100 + i })),
  fans: turn(hardware.fans).map((fan, i) => ({ ...fan, rpm: 1000 * i })),
  sensors: [],
  ...(hardware.bmc === undefined ? {} : { bmc: { ...hardware.bmc, selEntryCount: 7, address: "10.9.8.7" } }),
});

test.each([...RECORDED, "fixture"] as const)("diffInventories finds nothing between two boots of %s", async (name) => {
  const inventory = name === "fixture" ? HEALTHY_INVENTORY : await inventoryOf(name);
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat({ max: 1000 })), (dice) => {
      const turn = <T>(list: readonly T[]): T[] =>
        list
          .map((item) => ({ item, rank: dice.next().value ?? 0 }))
          .toSorted((a, b) => a.rank - b.rank)
          .map(({ item }) => item);
      const again = { ...inventory, hardware: rebooted(inventory.hardware, turn) };
      expect(diffInventories(inventory, again).changes).toEqual([]);
      expect(diffInventories(again, inventory).changes).toEqual([]);
    }),
    { numRuns: 30 },
  );
});
