/** What holds for the comparison of every inventory with every spec. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { stringify } from "yaml";
import type { Hardware, Inventory } from "../../../agent/wire/inventory.ts";
import { inventoryWith, withParts } from "../../../test/setup/inventory.ts";
import { diffSpec } from "./diff.ts";
import { parseSpec, type Spec } from "./spec.ts";

const GIB = 2 ** 30;

/** Memory with these slots: GiB, or null for an empty one. */
const memoryOf = (sizes: readonly (number | null)[]): Hardware["memory"] => ({
  installedBytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0) * GIB, 0),
  slotCount: sizes.length,
  populatedCount: sizes.filter((size) => size !== null).length,
  dimms: sizes.map((size, index) => ({
    slot: `D${index}`,
    populated: size !== null,
    ...(size === null ? {} : { sizeBytes: size * GIB }),
  })),
});

describe("diffSpec for every inventory", () => {
  const anyDisk = fc.record({
    name: fc.stringMatching(/^sd[a-z]$/),
    serial: fc.stringMatching(/^[A-Z0-9]{4,12}$/),
    sizeBytes: fc.integer({ min: 1, max: 2 ** 45 }),
  });
  const anyInventory = fc
    .record({
      disks: fc.uniqueArray(anyDisk, { maxLength: 8, selector: (one) => one.serial }),
      sizes: fc.array(fc.option(fc.integer({ min: 1, max: 64 })), { minLength: 1, maxLength: 16 }),
      cores: fc.integer({ min: 1, max: 256 }),
    })
    .map(
      ({ disks, sizes, cores }): Inventory =>
        inventoryWith({
          board: { manufacturer: "Supermicro", product: "SYS-6019P", serial: "A123" },
          cpu: { model: "Xeon", socketCount: 1, coreCount: cores, threadCount: cores, sockets: [] },
          memory: memoryOf(sizes),
          disks,
          nics: [{ name: "eno1", mac: "52:54:00:00:00:01", linkUp: true, speedMbps: 1000, boot: true }],
        }),
    );
  /** The spec that expects exactly this inventory, as a person would write it. */
  const specOf = ({ hardware: { board, cpu, memory, disks, nics } }: Inventory): Spec => {
    const { installedBytes, populatedCount } = memory;
    const answer = parseSpec(
      stringify({
        board: { manufacturer: board.manufacturer, product: board.product, serial: board.serial },
        cpu: { model: cpu.model, sockets: cpu.socketCount, cores: cpu.coreCount, threads: cpu.threadCount },
        ...(populatedCount === 0 ? {} : { memory: { totalBytes: installedBytes, dimms: populatedCount } }),
        disks: disks.map(({ serial, sizeBytes }) => ({ serial, sizeBytes })),
        nics: nics.map(({ mac, speedMbps }) => ({ mac, speedMbps })),
      }),
    );
    if (!answer.ok) throw new Error(answer.refusal.detail);
    return answer.value;
  };

  test("an inventory equals the spec that was taken from it", () => {
    fc.assert(fc.property(anyInventory, (inventory) => diffSpec(specOf(inventory), inventory).length === 0));
  });

  test("any single disk that is taken out is named as critical", () => {
    fc.assert(
      fc.property(anyInventory, fc.nat(), (inventory, at) => {
        const gone = inventory.hardware.disks[at % Math.max(1, inventory.hardware.disks.length)];
        fc.pre(gone !== undefined);
        const found = diffSpec(
          specOf(inventory),
          withParts(inventory, { disks: inventory.hardware.disks.filter((one) => one !== gone) }),
        );
        expect(found.map(({ severity, component }) => ({ severity, component }))).toEqual([
          { severity: "critical", component: `disk ${gone?.serial}` },
        ]);
      }),
    );
  });

  test("two inventories: grave differences come first, none is without words, the same question has the same answer", () => {
    fc.assert(
      fc.property(anyInventory, anyInventory, (wanted, found) => {
        const differences = diffSpec(specOf(wanted), found);
        const ranks = differences.map(({ severity }) => ["critical", "warning", "info"].indexOf(severity));
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
        for (const one of differences) expect(one.message).toMatch(/^\S.*[.:?)] [A-Z].*\.$/);
        expect(diffSpec(specOf(wanted), found)).toEqual(differences);
      }),
    );
  });
});
