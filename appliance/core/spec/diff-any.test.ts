/** What holds for every server: its own spec fits it, any part that goes is named as critical, and no pair of spec and inventory is too odd to compare. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import * as v from "valibot";
import { stringify } from "yaml";
import { Hardware, Inventory } from "../../../agent/wire/inventory.ts";
import { inventoryWith, withParts } from "../../../test/setup/inventory.ts";
import { MACHINE_CASES, SLOTS } from "../../../test/setup/spec-cases-machine.ts";
import { PART_CASES } from "../../../test/setup/spec-cases-parts.ts";
import { type Case, card, disk, memory, module, nic, SERVER } from "../../../test/setup/spec-server.ts";
import { diffSpec } from "./diff.ts";
import { parseSpec, type Spec } from "./spec.ts";

const specFrom = (yaml: string): Spec => {
  const answer = parseSpec(yaml);
  if (!answer.ok) throw new Error(`${yaml}: ${answer.refusal.detail}`);
  return answer.value;
};

const some = (most: number) => fc.integer({ min: 1, max: most });
/** Servers with some of every part. */
const anyServer: fc.Arbitrary<Inventory> = fc
  .record({
    disks: some(6),
    nics: some(4),
    cards: some(4),
    gpus: some(3),
    psus: some(3),
    dimms: some(8),
    size: some(64),
  })
  .map(({ disks, nics, cards, gpus, psus, dimms, size }) => {
    const of = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
    return inventoryWith({
      memory: memory(
        of(dimms, (i) => module(`D${i}`, { sizeBytes: size * 2 ** 30 })),
        {
          visibleBytes: size * dimms * 2 ** 30,
        },
      ),
      disks: of(disks, (i) => disk(`sd${i}`)),
      nics: of(nics, (i) => nic(`eno${i}`, `0${i}`, { slot: `Slot ${i}` })),
      pci: of(cards, (i) => card(`0000:0${i}:00.0`, { slot: `Slot ${i}` })),
      gpus: of(gpus, (i) => ({ pciAddress: `0000:1${i}:00.0`, uuid: `GPU-${i}` })),
      psus: of(psus, (i) => ({ name: `PSU ${i}`, serial: `P${i}`, maxW: 750 })),
    });
  });

/** The spec of a server that names each of its parts. */
const specOf = ({ hardware }: Inventory): Spec =>
  specFrom(
    stringify({
      memory: {
        totalBytes: hardware.memory.installedBytes,
        dimms: hardware.memory.dimms.length,
        slots: Object.fromEntries(hardware.memory.dimms.map(({ slot, sizeBytes }) => [slot, { sizeBytes }])),
      },
      disks: hardware.disks.map(({ serial, sizeBytes, bay }) => ({ serial, sizeBytes, bay })),
      nics: hardware.nics.map(({ mac, slot, speedMbps }) => ({ mac, slot, speedMbps })),
      pci: hardware.pci.map(({ address, vendorId }) => ({ address, vendorId })),
      gpus: hardware.gpus.map(({ uuid }) => ({ uuid })),
      psus: hardware.psus.map(({ serial, maxW }) => ({ serial, maxW })),
    }),
  );

/** How each kind of part is taken out, and what a difference must then say. */
const LISTS = ["disks", "nics", "pci", "gpus", "psus"] as const;
type Part = Hardware[(typeof LISTS)[number]][number];
const IDENTITIES = ["serial", "mac", "uuid", "address"] as const;
const wordOf = (part: Part): string => IDENTITIES.flatMap((key) => Reflect.get(part, key) ?? [])[0] ?? "";

test("diffSpec: every server fits the spec that names all its parts", () => {
  fc.assert(fc.property(anyServer, (server) => expect(diffSpec(specOf(server), server)).toEqual([])));
});

test("diffSpec: any one part that is gone is one critical difference, and is named", () => {
  fc.assert(
    fc.property(anyServer, fc.constantFrom(...LISTS), fc.nat(), (server, key, at) => {
      const parts: readonly Part[] = server.hardware[key];
      const gone = parts[at % parts.length] as Part;
      const found = diffSpec(specOf(server), withParts(server, { [key]: parts.filter((part) => part !== gone) }));
      expect(found).toMatchObject([{ severity: "critical", component: expect.stringContaining(wordOf(gone)) }]);
    }),
  );
});

test("diffSpec: any one module that is gone is one critical difference, and its slot is named", () => {
  fc.assert(
    fc.property(anyServer, fc.nat(), fc.boolean(), (server, at, silent) => {
      const { dimms } = server.hardware.memory;
      const index = at % dimms.length;
      fc.pre(!silent || dimms.length > 1); // where no module tells its size, the firmware is at fault
      const rest = dimms.map((dimm, i) => (i === index ? { slot: dimm.slot, populated: silent } : dimm));
      const found = diffSpec(specOf(server), withParts(server, { memory: memory(rest) }));
      expect(found).toMatchObject([{ severity: "critical", component: `slot D${index}` }]);
    }),
  );
});

/** A part with some of its facts gone, as odd hardware has it; whole where it would be no part without them. */
const thinned = <T extends object>(part: T, schema: v.GenericSchema, keep: () => boolean): T => {
  const odd = Object.fromEntries(Object.entries(part).filter(keep));
  return v.is(schema, odd) ? (odd as T) : part;
};

/** A server with some of its parts and facts gone. */
const oddServer = ({ hardware, ...inventory }: Inventory, keep: () => boolean): Inventory => {
  const { entries } = Hardware;
  const { dimms, ...totals } = hardware.memory;
  const parts = LISTS.map((key) => [
    key,
    hardware[key].filter(keep).map((part) => thinned(part, entries[key].item, keep)),
  ]);
  return {
    ...inventory,
    hardware: {
      ...thinned(hardware, Hardware, keep),
      ...Object.fromEntries(parts),
      board: thinned(hardware.board, entries.board, keep),
      cpu: thinned(hardware.cpu, entries.cpu, keep),
      memory: {
        ...thinned({ ...totals, dimms: [] }, entries.memory, keep),
        dimms: dimms.filter(keep).map((dimm) => thinned(dimm, entries.memory.entries.dimms.item, keep)),
      },
    },
  };
};

test("diffSpec compares any spec with any inventory: it says something sensible of each and throws at none", () => {
  const { "not-listed": _, ...few } = { ...MACHINE_CASES, ...PART_CASES }; // thousands of disks are no matter here
  const cases: readonly Case[] = Object.values(few);
  const specs = [SLOTS, ...cases.map(({ spec }) => spec)].map(specFrom);
  fc.assert(
    fc.property(
      fc.subarray(specs, { minLength: 1, maxLength: 4 }),
      fc.subarray([...cases]),
      fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
      (wanted, servers, dice) => {
        const whole = servers.reduce((server, { parts }) => withParts(server, parts), SERVER);
        const inventory = oddServer(whole, () => dice.next().value !== 0);
        expect(v.is(Inventory, inventory)).toBe(true);
        for (const one of diffSpec(Object.assign({}, ...wanted), inventory))
          for (const words of [one.component, one.expected, one.found, one.message])
            expect(words).not.toMatch(/^$|undefined|NaN|\[object/);
      },
    ),
    { numRuns: 500 },
  );
});
