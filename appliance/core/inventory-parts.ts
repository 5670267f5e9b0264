/**
 * The parts of a server in one form, so that two inventories are compared by one rule. Pure.
 *
 * What changes by itself is not here: kernel names, temperatures, counters, loads, the order of lists, and the speed of PCIe links, which idle down.
 */
import type { DiskFacts } from "../../agent/wire/hardware/disks.ts";
import type { Hardware } from "../../agent/wire/inventory.ts";
import { isCard } from "./hardware-words.ts";
import type { PartKind } from "./views.ts";
import { renderDisk, renderMemory } from "./words.ts";

/** Where a part sits. */
export interface Place {
  /** As the board, the enclosure or the bus names it. */
  readonly name: string;
  /** A bus address: the firmware may number the buses anew when another card comes or goes. */
  readonly volatile: boolean;
}

/** One part. */
export interface Part {
  readonly kind: PartKind;
  /** As a technician says it: `slot B2`, `bay 3`, `NIC e4:43:4b:12:9a:70`. */
  readonly where: string;
  readonly place: Place | null;
  /** Serial, MAC or UUID: what follows the part when it is moved. Null when it has none, or one that others have too. */
  readonly identity: string | null;
  /** What kind of part it is: another model in the same place is another part. Null when nothing says. */
  readonly model: string | null;
  /** Other facts that only a person or a fault changes, by name. */
  readonly fields: Readonly<Record<string, string | undefined>>;
  /** Soldered to the board: it goes when the board goes. */
  readonly onboard: boolean;
}

const words = (...parts: readonly (string | number | undefined)[]): string | null => {
  const said = parts.filter((part) => part !== undefined && part !== "").join(" ");
  return said === "" ? null : said;
};

const fixed = (name: string | undefined): Place | null => (name === undefined ? null : { name, volatile: false });
const address = (name: string | undefined): Place | null => (name === undefined ? null : { name, volatile: true });

type Found = Omit<Part, "kind">;
const PLAIN = { identity: null, model: null, fields: {}, onboard: false } as const;

const boardParts = ({ board }: Hardware): readonly Found[] => [
  {
    ...PLAIN,
    where: "board",
    place: fixed("board"),
    identity: board.boardSerial ?? null,
    model: words(board.boardManufacturer, board.boardProduct),
    fields: { version: board.boardVersion },
    onboard: true,
  },
];

const systemParts = ({ board }: Hardware): readonly Found[] => [
  {
    ...PLAIN,
    where: "system",
    place: fixed("system"),
    fields: {
      manufacturer: board.manufacturer,
      product: board.product,
      serial: board.serial,
      UUID: board.uuid,
      "asset tag": board.assetTag,
      "chassis serial": board.chassisSerial,
    },
    onboard: true,
  },
];

const cpuParts = ({ cpu }: Hardware): readonly Found[] => [
  ...cpu.sockets.map((socket) => ({
    ...PLAIN,
    where: `socket ${socket.slot}`,
    place: fixed(socket.slot),
    identity: socket.serial ?? null,
    model: words(socket.model, socket.part),
    fields: { "enabled cores": socket.enabledCoreCount?.toString() },
  })),
  {
    ...PLAIN,
    where: "all sockets",
    place: fixed("all sockets"),
    // Switched in the firmware, so it concerns every socket; whole numbers only, or the counts are of different sources.
    fields: {
      "threads per core": cpu.threadCount % cpu.coreCount === 0 ? `${cpu.threadCount / cpu.coreCount}` : undefined,
    },
  },
];

const dimmParts = ({ memory }: Hardware): readonly Found[] => {
  const twice = repeated(memory.dimms.map((dimm) => dimm.slot));
  return memory.dimms
    .filter((dimm) => dimm.populated)
    .map((dimm) => {
      const slot = twice.has(dimm.slot) && dimm.bank !== undefined ? `${dimm.bank} ${dimm.slot}` : dimm.slot;
      const size = dimm.sizeBytes === undefined ? undefined : renderMemory(dimm.sizeBytes);
      return {
        ...PLAIN,
        where: `slot ${slot}`,
        place: fixed(slot),
        identity: dimm.serial ?? null,
        model: words(size, dimm.type, dimm.manufacturer, dimm.part),
        fields: { speed: dimm.configuredMtps === undefined ? undefined : `${dimm.configuredMtps} MT/s` },
      };
    });
};

/** A kernel says `Slot 04` or `SATA port 3`, a controller only `4`. */
const whereOf = ({ bay, serial, model }: DiskFacts): string => {
  if (bay === undefined) return `disk ${serial ?? model ?? "without a serial"}`;
  return /^\d/.test(bay) ? `bay ${bay}` : bay;
};

const diskParts = ({ disks }: Hardware): readonly Found[] =>
  disks
    .filter((disk) => disk.removable !== true && disk.sizeBytes > 0)
    .map((disk) => ({
      ...PLAIN,
      where: whereOf(disk),
      place: fixed(disk.bay) ?? address(disk.transport === "nvme" ? disk.pciAddress : undefined),
      identity: disk.serial?.trim() ?? disk.wwn ?? null,
      model: words(renderDisk(disk.sizeBytes), disk.model),
      fields: { transport: disk.transport },
    }));

/** A management controller's own network over USB: its address is made up anew at each boot. */
const isMadeUp = (mac: string | undefined, bus: string | undefined): boolean =>
  bus === "usb" && mac !== undefined && (Number.parseInt(mac.slice(0, 2), 16) & 2) === 2;

const nicParts = ({ nics }: Hardware): readonly Found[] =>
  nics
    .filter((nic) => nic.virtualFunction !== true && !isMadeUp(nic.mac, nic.bus))
    .map((nic) => {
      const slot =
        nic.slot === undefined ? undefined : `${nic.slot}${nic.port === undefined ? "" : ` port ${nic.port}`}`;
      const { neighbour, transceiver } = nic;
      return {
        ...PLAIN,
        where: slot ?? `NIC ${nic.mac ?? nic.pciAddress ?? "without an address"}`,
        place: fixed(slot) ?? address(nic.pciAddress),
        identity: nic.mac ?? null,
        model: words(nic.vendor, nic.model),
        fields: {
          link: nic.linkUp === undefined ? undefined : nic.linkUp ? "up" : "down",
          "link speed": nic.linkUp === true && nic.speedMbps !== undefined ? `${nic.speedMbps} Mb/s` : undefined,
          cable: words(neighbour?.system, neighbour?.portId) ?? undefined,
          transceiver: words(transceiver?.vendor, transceiver?.part, transceiver?.serial) ?? undefined,
        },
        onboard: nic.slot === undefined,
      };
    });

/** Cards that no other list shows: what is a NIC, a GPU or a drive there is not told twice. */
const pciParts = ({ pci, nics, gpus, disks }: Hardware): readonly Found[] => {
  const elsewhere = new Set<string | undefined>([
    ...nics.map((nic) => nic.pciAddress),
    ...gpus.map((gpu) => gpu.pciAddress),
    ...disks.filter((disk) => disk.transport === "nvme").map((disk) => disk.pciAddress),
  ]);
  return pci
    .filter((one) => isCard(one) && !elsewhere.has(one.address))
    .map((one) => ({
      ...PLAIN,
      where: one.slot ?? one.address,
      place: fixed(one.slot) ?? address(one.address),
      model: words(one.vendor, one.device) ?? words(one.vendorId, one.deviceId),
      fields: { "link width": one.linkWidth === undefined ? undefined : `x${one.linkWidth}` },
      onboard: one.slot === undefined,
    }));
};

const psuParts = ({ psus }: Hardware): readonly Found[] =>
  psus
    .filter((psu) => psu.present !== false)
    .map((psu) => ({
      ...PLAIN,
      where: psu.name,
      place: fixed(psu.name),
      identity: psu.serial ?? null,
      model: words(psu.manufacturer, psu.model ?? psu.part, psu.maxW === undefined ? undefined : `${psu.maxW} W`),
    }));

const fanParts = ({ fans }: Hardware): readonly Found[] =>
  fans.map((fan) => ({ ...PLAIN, where: fan.name, place: fixed(fan.name) }));

const gpuParts = ({ gpus, pci }: Hardware): readonly Found[] => {
  const slots = new Map(pci.map(({ address: at, slot }) => [at, slot]));
  return gpus.map((gpu) => {
    const slot = slots.get(gpu.pciAddress);
    return {
      ...PLAIN,
      where: slot ?? `GPU ${gpu.serial ?? gpu.pciAddress}`,
      place: fixed(slot) ?? address(gpu.pciAddress),
      identity: gpu.serial ?? gpu.uuid ?? null,
      model: words(gpu.vendor, gpu.model),
      fields: {
        memory: gpu.memoryBytes === undefined ? undefined : renderMemory(gpu.memoryBytes),
        ECC: gpu.ecc === undefined ? undefined : gpu.ecc ? "on" : "off",
      },
      onboard: slot === undefined && gpu.serial === undefined && gpu.uuid === undefined,
    };
  });
};

const bmcParts = ({ bmc }: Hardware): readonly Found[] =>
  bmc === undefined
    ? []
    : [
        {
          ...PLAIN,
          where: "BMC",
          place: fixed("BMC"),
          identity: bmc.mac ?? bmc.guid ?? null,
          model: words(bmc.manufacturer, bmc.product),
          onboard: true,
        },
      ];

const firmwareParts = ({ firmware }: Hardware): readonly Found[] =>
  firmware.map(({ component, version }) => ({
    ...PLAIN,
    where: component,
    place: fixed(component),
    fields: { version },
    onboard: component === "BIOS" || component === "BMC",
  }));

/** Which list each kind of part comes from. */
const LISTS: Record<PartKind, (hardware: Hardware) => readonly Found[]> = {
  board: boardParts,
  system: systemParts,
  cpu: cpuParts,
  dimm: dimmParts,
  disk: diskParts,
  nic: nicParts,
  pci: pciParts,
  gpu: gpuParts,
  psu: psuParts,
  fan: fanParts,
  bmc: bmcParts,
  firmware: firmwareParts,
};

const repeated = (names: readonly (string | null)[]): ReadonlySet<string | null> => {
  const seen = new Set<string | null>();
  return new Set(names.filter((name) => name !== null && (seen.has(name) || !seen.add(name))));
};

/** The parts of one kind. A serial that several give is nobody's: a bridge or a sloppy maker repeats it. */
export const partsOf = (kind: PartKind, hardware: Hardware): readonly Part[] => {
  const found = LISTS[kind](hardware);
  const twice = repeated(found.map((part) => part.identity));
  return found.map((part) => ({ ...part, kind, identity: twice.has(part.identity) ? null : part.identity }));
};

/** A part in words: `32 GiB DDR4 Samsung M393A4K40DB3-CWE, serial 3740F21C`. */
export const describePart = ({ kind, model, identity }: Part): string => {
  const serial = kind === "nic" || kind === "bmc" ? identity : identity === null ? null : `serial ${identity}`;
  return [model, serial].filter((word) => word !== null).join(", ") || "present";
};
