/** What is learned from a server parses, and fits the server that it was learned from. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import * as v from "valibot";
import { Hardware, type Inventory, UNKNOWN_HARDWARE } from "../../agent/wire/inventory.ts";
import { diffSpec } from "../../appliance/core/spec/diff.ts";
import { parseSpec } from "../../appliance/core/spec/spec.ts";
import { learnSpec } from "../../appliance/core/spec-learn.ts";
import { HOSTILE } from "../../web/fixtures/hostile.ts";
import { HEALTHY_INVENTORY } from "../../web/fixtures/inventory.ts";
import { inventoryWith } from "../setup/inventory.ts";
import { inventoryOf } from "../setup/recorded.ts";

const FROM = { hostName: "r07-u12", runId: "01ke9x4m7q2v", atMs: Date.UTC(2026, 10, 21, 9) };
const learn = (inventory: Inventory, serials: boolean): string => learnSpec(inventory, { serials, from: FROM }) ?? "";

/** Differences of a server from a spec. */
const differencesOf = (yaml: string, inventory: Inventory): readonly string[] => {
  const spec = parseSpec(yaml);
  if (!spec.ok) throw new Error(spec.refusal.detail);
  return diffSpec(spec.value, inventory).map((one) => `${one.severity} ${one.code} ${one.component}`);
};

const keysOf = (yaml: string): readonly string[] => [...yaml.matchAll(/^([a-z]+):/gm)].map((m) => m[1] ?? "");
const ALL = ["board", "cpu", "memory", "disks", "nics", "pci", "gpus", "psus", "fans", "bmc"];

describe("learnSpec of recorded servers", () => {
  const rows = [
    ["fixture", ALL],
    ["dell-r640", ALL],
    ["supermicro-1014s", ALL],
    ["hp-dl360-g5", ["board", "cpu", "memory", "disks", "nics"]], // its lspci hung, and it has no management controller
  ] as const;
  const found = async (name: (typeof rows)[number][0]): Promise<Inventory> =>
    name === "fixture" ? HEALTHY_INVENTORY : inventoryOf(name);

  for (const serials of [true, false])
    test.each(rows)(`names every part of %s that was measured (serials: ${serials})`, async (name, keys) => {
      const inventory = await found(name);
      const yaml = learn(inventory, serials);
      expect(keysOf(yaml)).toEqual([...keys]);
      expect(yaml).not.toContain("not learned");
      expect(differencesOf(yaml, inventory)).toEqual([]);
    });

  test.each(rows)("holds the serials of %s only when it should, and never a kernel's name", async (name) => {
    const { hardware } = await found(name);
    const inventory = await found(name);
    const serials = [
      ...hardware.disks.map((disk) => disk.serial),
      ...hardware.nics.map((nic) => nic.mac),
      ...hardware.memory.dimms.map((dimm) => dimm.serial),
      hardware.board.serial,
    ].filter((serial) => serial !== undefined);
    const [withThem, without] = [learn(inventory, true), learn(inventory, false)];
    expect(serials.filter((serial) => !withThem.includes(serial))).toEqual([]);
    expect(serials.filter((serial) => without.includes(serial))).toEqual([]);
    const names = [...hardware.disks, ...hardware.nics].map((part) => part.name ?? "none");
    expect(names.filter((one) => new RegExp(`\\b${one}\\b`).test(withThem))).toEqual([]);
  });

  test("without serials, fits another server that is made alike", async () => {
    const inventory = await inventoryOf("dell-r640");
    const twin: Hardware = {
      ...inventory.hardware,
      board: { ...inventory.hardware.board, serial: "OTHER" },
      disks: inventory.hardware.disks.map((disk, i) => ({ ...disk, serial: `OTHER${i}` })).reverse(),
    };
    expect(differencesOf(learn(inventory, false), { ...inventory, hardware: twin })).toEqual([]);
    expect(differencesOf(learn(inventory, true), { ...inventory, hardware: twin }).length).toBeGreaterThan(4);
  });

  test("keeps the serials of disks whose enclosures count their bays alike", async () => {
    const inventory = await inventoryOf("dell-r640");
    const disks = inventory.hardware.disks.map((disk) => ({ ...disk, bay: "0" }));
    const alike = { ...inventory, hardware: { ...inventory.hardware, disks } };
    const yaml = learn(alike, true);
    for (const { serial } of disks) expect(yaml).toContain(serial ?? "a serial");
    expect(differencesOf(yaml, alike)).toEqual([]);
  });

  test("finds one module fewer as one critical difference", async () => {
    const inventory = await inventoryOf("dell-r640");
    const { memory } = inventory.hardware;
    const dimms = memory.dimms.map((dimm) => (dimm.slot === "A2" ? { slot: "A2", populated: false } : dimm));
    const fewer = { ...memory, dimms, populatedCount: 3, installedBytes: 48 * 2 ** 30, visibleBytes: 47 * 2 ** 30 };
    const found = { ...inventory, hardware: { ...inventory.hardware, memory: fewer } };
    for (const serials of [true, false]) {
      const differences = differencesOf(learn(inventory, serials), found);
      expect(differences.filter((one) => one.startsWith("critical"))).toHaveLength(1);
    }
  });

  test("says from which run it is, and how to loosen it", () => {
    const [first, second] = learn(HEALTHY_INVENTORY, true).split("\n");
    expect(first).toBe("# Learned from run 01ke9x4m7q2v of r07-u12, 2026-11-21 09:00:00 UTC, with serials.");
    expect(second).toContain("{atLeast: version}");
  });
});

describe("learnSpec of any server", () => {
  const word = fc
    .oneof(
      fc.constantFrom(
        "S1",
        "0042",
        "1e5",
        "true",
        "null",
        "~",
        "0x10",
        "1_000",
        "empty",
        "- a",
        "a: b",
        "#c",
        "2026-11-21",
        ...HOSTILE.slice(0, 22),
      ),
      fc.string({ minLength: 1, maxLength: 20 }),
    )
    .map((text) => text.replaceAll(/\p{Cc}/gu, "").slice(0, 200));
  const label = fc.option(word, { nil: undefined });
  const figure = fc.option(fc.constantFrom(0, 1, 2, 1000, 2933, 2 ** 30, 2 ** 35 + 1, 480_103_981_056), {
    nil: undefined,
  });
  const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 5 });
  /** A record without the keys whose values are undefined, as JSON has it. */
  const record = <T extends object>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) =>
    fc.record(fields).map((all) => JSON.parse(JSON.stringify(all)) as T);
  const mac = fc.option(fc.constantFrom("52:54:00:00:00:01", "52:54:00:00:00:02", "10:20:30:40:50:59"), {
    nil: undefined,
  });

  const anyHardware = record({
    board: record({ manufacturer: label, product: label, serial: label, biosVersion: label }),
    cpu: record({
      ...{ model: label, microcode: fc.option(some(word), { nil: undefined }), sockets: fc.constant([]) },
      ...{ socketCount: fc.nat(4), coreCount: fc.nat(64), threadCount: fc.nat(128) },
    }),
    memory: record({
      ...{
        installedBytes: figure,
        visibleBytes: figure,
        slotCount: fc.nat(8),
        populatedCount: fc.nat(8),
        errorCorrection: label,
      },
      dimms: some(
        record({
          slot: word,
          populated: fc.boolean(),
          sizeBytes: figure,
          part: label,
          serial: label,
          configuredMtps: figure,
        }),
      ),
    }),
    disks: some(
      record({
        ...{
          name: label,
          serial: label,
          model: label,
          firmware: label,
          bay: label,
          transport: fc.constantFrom(undefined, "sata", "ata"),
        },
        ...{ sizeBytes: figure.map((size) => size ?? 0), rotational: fc.constantFrom(undefined, true, false) },
      }),
    ),
    nics: some(
      record({
        ...{ name: word, mac, slot: label, driver: label, firmware: label, pciAddress: label, speedMbps: figure },
        ...{ linkUp: fc.constantFrom(undefined, true, false), boot: fc.boolean() },
      }),
    ),
    pci: some(
      record({
        address: word,
        classId: fc.constantFrom(undefined, "0200", "0604"),
        slot: label,
        vendorId: label,
        deviceId: label,
        linkWidth: figure,
      }),
    ),
    gpus: some(
      record({
        pciAddress: word,
        vendor: label,
        model: label,
        serial: label,
        uuid: label,
        vbios: label,
        memoryBytes: figure,
      }),
    ),
    psus: some(
      record({
        name: word,
        present: fc.constantFrom(undefined, true, false),
        serial: label,
        part: label,
        maxW: figure,
      }),
    ),
    fans: some(record({ name: word })),
    bmc: fc.option(record({ product: label, firmware: label }), { nil: undefined }),
  });

  test("parses and gives no difference with the same inventory", () => {
    let learned = 0;
    fc.assert(
      fc.property(anyHardware, fc.boolean(), (hardware, serials) => {
        const inventory = inventoryWith(v.parse(Hardware, { ...UNKNOWN_HARDWARE, ...hardware }));
        const yaml = learnSpec(inventory, { serials, from: { ...FROM, hostName: "a\nboard: {}" } });
        if (yaml === null) return;
        learned += 1;
        expect(differencesOf(yaml, inventory)).toEqual([]);
      }),
      { numRuns: 200 },
    );
    expect(learned).toBeGreaterThan(100);
  }, 60_000); // some seconds of reading YAML where other tests run beside it

  test("is nothing when nothing is known", () => {
    expect(learnSpec(inventoryWith({}), { serials: true, from: FROM })).toBeNull();
  });

  test("leaves out, and says why, what would differ from its own server", () => {
    const twice = { serial: "S1", sizeBytes: 10 ** 12 };
    const held = { installedBytes: 2 ** 36, visibleBytes: 2 ** 30, slotCount: 1, populatedCount: 1, dimms: [] };
    const yaml = learn(inventoryWith({ disks: [twice, { ...twice }], memory: held }), true);
    expect(yaml).toContain("- { count: 2, size: 1 TB }");
    expect(yaml).toMatch(/^# memory: not learned\. All 64 GiB are installed, but the kernel sees only 1 GiB\./m);
  });
});
