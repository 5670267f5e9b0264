/** What a learned spec says of each group of parts, in forms from the strictest to the loosest. Pure. */
import type { DimmFacts } from "../../agent/wire/hardware/board.ts";
import type { DiskFacts } from "../../agent/wire/hardware/disks.ts";
import type { Hardware } from "../../agent/wire/inventory.ts";
import { isCard } from "./hardware-words.ts";
import { parseDiskSize } from "./spec/size.ts";

/** A value of a spec, before it is written as YAML. */
export type Learned = string | number | boolean | readonly Learned[] | { readonly [key: string]: Learned | undefined };

/** One way to say what is expected of a group; undefined when the inventory has nothing to say it with. */
export type Form = (hardware: Hardware) => Learned | undefined;

/** One group of a learned spec. */
export interface Group {
  readonly key: string;
  /** What it is, and what to loosen. */
  readonly comment: string;
  /** With serials, and without: the first form that fits its own inventory is taken. */
  readonly withSerials: readonly Form[];
  readonly without: readonly Form[];
}

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const GB = 1e9;
const TB = 1e12;

/** A map without what is undefined; undefined when nothing is left. */
const map = (entries: Readonly<Record<string, Learned | undefined>>): Learned | undefined => {
  const told = Object.entries(entries).filter(([, value]) => value !== undefined);
  return told.length === 0 ? undefined : Object.fromEntries(told);
};

const list = (items: readonly (Learned | undefined)[]): Learned | undefined => {
  const told = items.filter((item) => item !== undefined);
  return told.length === 0 ? undefined : told;
};

/** Firmware may grow newer without anybody's fault. */
const atLeast = (version: string | undefined): Learned | undefined =>
  version === undefined ? undefined : { atLeast: version };
const least = (figure: number | undefined): Learned | undefined => (figure === undefined ? undefined : { min: figure });
const positive = (figure: number): number | undefined => (figure > 0 ? figure : undefined);

/** Memory in the largest unit that keeps it whole. */
const memorySize = (bytes: number | undefined): string | undefined => {
  if (bytes === undefined || bytes < MIB || bytes % MIB !== 0) return undefined;
  return bytes % GIB === 0 ? `${bytes / GIB} GiB` : `${bytes / MIB} MiB`;
};

/** A disk's size as on its label where that means this size, else in bytes. */
const diskSize = ({ sizeBytes }: DiskFacts): Readonly<Record<string, Learned | undefined>> => {
  // Labels round down: `3.84 TB`, `480 GB`.
  const label = sizeBytes >= TB ? `${Math.floor(sizeBytes / (TB / 100)) / 100} TB` : `${Math.floor(sizeBytes / GB)} GB`;
  const range = parseDiskSize(label);
  const fits = range !== null && range.leastBytes <= sizeBytes && sizeBytes <= range.mostBytes;
  return fits ? { size: label } : { sizeBytes: positive(sizeBytes) };
};

/** Equal items once, with their number, in the order of their first. */
const counted = (items: readonly (Learned | undefined)[]): Learned | undefined => {
  const groups = Map.groupBy(items, (item) => JSON.stringify(item ?? {}));
  return list([...groups.values()].map((same) => ({ count: same.length, ...(same[0] as object | undefined) })));
};

const boardWith =
  (serials: boolean): Form =>
  ({ board }) =>
    map({
      manufacturer: board.manufacturer,
      product: board.product,
      serial: serials ? board.serial : undefined,
      biosVersion: atLeast(board.biosVersion),
    });

const cpu: Form = ({ cpu: found }) =>
  map({
    model: found.model,
    sockets: positive(found.socketCount),
    cores: positive(found.coreCount),
    threads: positive(found.threadCount),
    // Processors of different revisions have no least one in common that says anything.
    microcode: found.microcode?.length === 1 ? atLeast(found.microcode[0]) : undefined,
  });

const moduleOf = ({ sizeBytes, part, configuredMtps }: DimmFacts, serial?: string): Learned | undefined =>
  map({ size: memorySize(sizeBytes), part, serial, speedMtps: least(configuredMtps) });

const totals = ({ memory }: Hardware): Readonly<Record<string, Learned | undefined>> => {
  const size = memorySize(memory.installedBytes);
  return {
    total: size,
    totalBytes: size === undefined ? memory.installedBytes : undefined,
    dimms: positive(memory.populatedCount),
    errorCorrection: memory.errorCorrection,
  };
};

const memorySlots: Form = (hardware) =>
  map({
    ...totals(hardware),
    slots: map(
      Object.fromEntries(
        hardware.memory.dimms.map((dimm) => [dimm.slot, dimm.populated ? moduleOf(dimm, dimm.serial) : "empty"]),
      ),
    ),
  });

const memoryModules: Form = (hardware) =>
  map({
    ...totals(hardware),
    modules: counted(hardware.memory.dimms.filter((dimm) => dimm.populated).map((dimm) => moduleOf(dimm))),
  });

const disksBySerialAnd =
  (bays: boolean): Form =>
  ({ disks }) =>
    list(
      disks.map((disk) => {
        const { serial, model, firmware, transport, rotational } = disk;
        const bay = bays ? disk.bay : undefined; // enclosures count from 0 each
        return map({ serial, ...diskSize(disk), model, firmware: atLeast(firmware), transport, rotational, bay });
      }),
    );

const disksByKind: Form = ({ disks }) =>
  counted(disks.map((disk) => map({ ...diskSize(disk), model: disk.model, transport: disk.transport })));

const nicsByMac: Form = ({ nics }) =>
  list(
    nics.map(({ mac, slot, driver, firmware, linkUp, speedMbps }) =>
      map({ mac, slot, driver, firmware: atLeast(firmware), speedMbps: linkUp === true ? speedMbps : undefined }),
    ),
  );

const nicsByKind: Form = ({ nics }) =>
  counted(
    nics.map(({ driver, linkUp, speedMbps }) => map({ driver, speedMbps: linkUp === true ? speedMbps : undefined })),
  );

const cards: Form = ({ pci }) =>
  list(
    pci
      .filter(isCard)
      .map(({ address, slot, vendorId, deviceId, linkWidth }) =>
        map({ ...(slot === undefined ? { address } : { slot }), vendorId, deviceId, linkWidth }),
      ),
  );

const cardsByKind: Form = ({ pci }) =>
  counted(pci.filter(isCard).map(({ vendorId, deviceId, linkWidth }) => map({ vendorId, deviceId, linkWidth })));

const gpusBySerial: Form = ({ gpus }) =>
  list(
    gpus.map(({ serial, uuid, pciAddress, vendor, model, memoryBytes, vbios, ecc }) =>
      map({
        ...(serial !== undefined ? { serial } : uuid !== undefined ? { uuid } : { pciAddress }),
        ...{ vendor, model, memoryBytes, vbios: atLeast(vbios), ecc },
      }),
    ),
  );

const gpusByKind: Form = ({ gpus }) =>
  counted(gpus.map(({ vendor, model, memoryBytes }) => map({ vendor, model, memoryBytes })));

const psusBySerial: Form = ({ psus }) =>
  list(
    psus
      .filter((psu) => psu.present !== false)
      .map(({ name, serial, part, maxW }) => map({ name, serial, part, maxW: positive(maxW ?? 0) })),
  );

const psusByKind: Form = ({ psus }) =>
  counted(
    psus.filter((psu) => psu.present !== false).map(({ part, maxW }) => map({ part, maxW: positive(maxW ?? 0) })),
  );

const fanCount: Form = ({ fans }) => map({ count: positive(fans.length) });

const managementController: Form = ({ bmc }) =>
  bmc === undefined ? undefined : map({ product: bmc.product, firmware: atLeast(bmc.firmware) });

/** The groups, in the order of the spec. */
export const GROUPS: readonly Group[] = [
  {
    key: "board",
    comment: "The machine. Without `serial` this spec fits others of the same model.",
    withSerials: [boardWith(true)],
    without: [boardWith(false)],
  },
  {
    key: "cpu",
    comment: "Counts of all sockets together. Leave out `threads` where hyper-threading may be switched.",
    withSerials: [cpu],
    without: [cpu],
  },
  {
    key: "memory",
    comment: "Loosen a speed by its `min`; leave out `slots` or `modules` where any parts of this total will do.",
    withSerials: [memorySlots, memoryModules, (hardware) => map(totals(hardware))],
    without: [memoryModules, (hardware) => map(totals(hardware))],
  },
  {
    key: "disks",
    comment: "Every disk. A disk that is not named here is a difference, and no test writes to it.",
    withSerials: [disksBySerialAnd(true), disksBySerialAnd(false), disksByKind],
    without: [disksByKind],
  },
  {
    key: "nics",
    comment: "Every network interface. `speedMbps` is the least that its link may run at.",
    withSerials: [nicsByMac, nicsByKind],
    without: [nicsByKind],
  },
  {
    key: "pci",
    comment: "Cards and controllers, without the board's bridges. Leave out `address` where cards may change places.",
    withSerials: [cards, cardsByKind],
    without: [cardsByKind],
  },
  {
    key: "gpus",
    comment: "GPUs, the board's own video among them.",
    withSerials: [gpusBySerial, gpusByKind],
    without: [gpusByKind],
  },
  {
    key: "psus",
    comment: "Power supplies that are present.",
    withSerials: [psusBySerial, psusByKind],
    without: [psusByKind],
  },
  {
    key: "fans",
    comment: "Fans that the management controller counts.",
    withSerials: [fanCount],
    without: [fanCount],
  },
  {
    key: "bmc",
    comment: "The management controller. Its firmware may be newer.",
    withSerials: [managementController],
    without: [managementController],
  },
];
