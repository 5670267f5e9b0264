/** Inventory and spec on virtual servers: what is declared comes back, what was learned fits, and what was changed is found, named and weighed. */
import { expect, test } from "bun:test";
import type { Hardware, Inventory } from "../../agent/wire/inventory.ts";
import type { RunView } from "../../appliance/core/views.ts";
import type { ServerDeclaration } from "../rack/declaration.ts";
import { BOOT_MAC, CHANGED_PARTS, FULL_SERVER } from "./full-server.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";

const MIB = 2 ** 20;

const byName = <T extends { readonly name: string }>(parts: readonly T[]): readonly T[] =>
  parts.toSorted((a, b) => a.name.localeCompare(b.name));
const bytesOf = (size: string): number => Number.parseInt(size, 10) * MIB;

const { smbios, bmc, disks, nics, psus } = FULL_SERVER;

/** What the server is held by until a spec was learned from it. */
const OTHER_SPEC = "disks:\n  - serial: ANOTHERSERVERS\n";

const EXPECTED_DIMMS = smbios.dimms.map((dimm) =>
  "size" in dimm
    ? {
        ...{ slot: dimm.slot, bank: dimm.bank, populated: true, sizeBytes: bytesOf(dimm.size), type: "DDR5" },
        ...{ manufacturer: dimm.manufacturer, part: dimm.part, serial: dimm.serial, rankCount: dimm.rankCount },
        ...{ ratedMtps: dimm.speedMTs, configuredMtps: dimm.configuredMTs, totalWidthBits: 72, dataWidthBits: 64 },
      }
    : { slot: dimm.slot, bank: dimm.bank, populated: false },
);
const EXPECTED_DISKS = disks.map((disk) => ({
  ...{ serial: disk.serial, sizeBytes: bytesOf(disk.size), transport: disk.bus },
  ...("model" in disk
    ? { model: disk.model, firmware: disk.firmware, wwn: disk.wwn, rotational: disk.rotational }
    : {}),
}));
const EXPECTED_NICS = nics.map(({ mac, slot, neighbour }) => ({
  ...{ mac, driver: "e1000e", slot: `PCIe Slot ${slot}`, linkUp: true, speedMbps: 1000, boot: mac === BOOT_MAC },
  neighbour: { system: neighbour.system, portId: neighbour.port, chassisId: neighbour.chassisMac },
}));

/** What the declaration says of each part, in the inventory's words. */
const expectDeclared = ({ board, cpu, memory, ...hardware }: Hardware): void => {
  expect(board).toMatchObject({
    ...{ manufacturer: smbios.manufacturer, product: smbios.product, serial: smbios.serial, uuid: smbios.uuid },
    ...{ boardManufacturer: smbios.board.manufacturer, boardSerial: smbios.board.serial },
    ...{ biosVersion: smbios.bios.version, oemStrings: [...smbios.oemStrings] },
  });
  expect(cpu).toMatchObject({ model: expect.stringContaining("EPYC"), threadCount: 2 });
  expect(memory).toMatchObject({ installedBytes: 1024 * MIB, slotCount: 5, populatedCount: 4, dimms: EXPECTED_DIMMS });
  expect(hardware.disks).toHaveLength(disks.length);
  expect(hardware.disks).toEqual(expect.arrayContaining(EXPECTED_DISKS.map((disk) => expect.objectContaining(disk))));
  expect(hardware.nics).toHaveLength(nics.length);
  for (const nic of EXPECTED_NICS) expect(hardware.nics.find(({ mac }) => mac === nic.mac)).toMatchObject(nic);
  expect(byName(hardware.slots)).toMatchObject(
    [true, true, false].map((occupied, i) => ({ name: `PCIe Slot ${i + 1}`, occupied })),
  );
  expect(byName(hardware.psus)).toMatchObject(
    psus.map(({ name, manufacturer, part, serial, maxW }) => ({
      name,
      manufacturer,
      part,
      serial,
      maxW,
      present: true,
    })),
  );
  expect(byName(hardware.fans)).toEqual([
    { name: "FAN1", rpm: 4200, healthy: true },
    { name: "FAN2", rpm: 4300, healthy: true },
  ]);
};

const expectController = ({ bmc: found, sensors, firmware }: Hardware): void => {
  expect(found).toMatchObject({
    ...{ firmware: bmc.firmware, ipmiVersion: "2.0", mac: bmc.lan.mac, address: bmc.lan.address, guid: smbios.uuid },
    ...{
      productSerial: bmc.fru.product.serial,
      boardSerial: bmc.fru.board.serial,
      chassisSerial: bmc.fru.chassis.serial,
    },
  });
  expect(sensors).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: "CPU1 Temp", source: "ipmi", kind: "temperature", reading: 41, status: "ok" }),
      expect.objectContaining({ name: "12V", source: "ipmi", kind: "voltage", reading: 12.1, status: "ok" }),
    ]),
  );
  const versions = new Map(firmware.map(({ component, version }) => [component, version]));
  expect([versions.get("BIOS"), versions.get("BMC")]).toEqual([smbios.bios.version, bmc.firmware]);
};

/** An absent tool, a hung one or a failed one would be a fault of the image. */
const troubled = ({ probes }: Inventory): readonly unknown[] =>
  probes.filter(({ status }) => status !== "ok" && status !== "device-absent");

/** What `CHANGED_PARTS` has of its own. */
const EXPECTED_CHANGES = [
  "critical dimm-missing: slot DIMM B1",
  "critical disk-size: disk VBSATA01",
  "critical disk-swapped: disk VBSAS01",
  "warning disk-unexpected: disk VBSAS09",
  `warning nic-place: NIC ${nics[1].mac}`,
  "warning firmware-older: board",
  "warning firmware-older: BMC",
  "warning firmware-older: disk VBSATA01",
];
/** The slot that the card left may be told, too. */
const CARD_GONE = "critical pci-missing: PCI function slot PCIe Slot 2";

const isOver = ({ endedMs, hold }: RunView): boolean => endedMs !== null || hold?.installed === true;

const inventoryOf = ({ inventory }: RunView): Inventory => {
  if (inventory === null) throw new Error("the run has no inventory");
  return inventory;
};

test(
  "a server comes back as declared, the spec learned from it fits when it is tried again, and every change of its parts is found, named and weighed",
  async () => {
    await using place = await openPlace();
    const { api } = place.box;
    const { name } = FULL_SERVER;
    const { id } = await api.addHost({ name, mac: BOOT_MAC, specYaml: OTHER_SPEC });
    const startRun = async (declaration: ServerDeclaration) => {
      const server = await place.rack.create(declaration);
      const { id: runId } = await api.startRun(id, { stages: ["InventoryCheck"] });
      return { server, runId, run: await api.until(runId, "its end", isOver, BOOT_LIMIT_MS) };
    };

    const asMade = await startRun(FULL_SERVER);
    expect(asMade.run).toMatchObject({ state: "FailedHolding", failure: { code: "spec-mismatch" } });
    const found = inventoryOf(asMade.run);
    expect(troubled(found)).toEqual([]);
    expectDeclared(found.hardware);
    expectController(found.hardware);
    expect(found.hardware.summary).toMatchObject({ verdict: "PASS", warningCount: 0, failureCount: 0 });

    await api.setSpec(name, await api.learnSpec(name));
    await api.decide(asMade.runId, "retry");
    const again = await api.until(asMade.runId, "its second end", ({ endedMs }) => endedMs !== null, BOOT_LIMIT_MS);
    expect(again).toMatchObject({ state: "Completed", verdict: "pass", differences: [] });
    await asMade.server.stop("cut");
    await asMade.server.delete();

    const changed = await startRun(CHANGED_PARTS);
    expect(changed.run).toMatchObject({ state: "FailedHolding", failure: { code: "spec-mismatch" } });
    const differences = changed.run.differences.map(
      ({ severity, code, component }) => `${severity} ${code}: ${component}`,
    );
    expect(differences.filter((line) => line !== CARD_GONE).toSorted()).toEqual(EXPECTED_CHANGES.toSorted());
    expect(changed.run.differences).toContainEqual(
      expect.objectContaining({ code: "dimm-missing", component: "slot DIMM B1", found: "is empty" }),
    );
    await api.decide(changed.runId, "release");
  },
  TEST_LIMIT_MS,
);
