/** Disks and their controllers as QEMU's command line, and as it takes them while it runs. Pure. */
import type { ServerSpec } from "./declaration.ts";
import { type Bus, type DiskSpec, diskKey, NVME_WARNINGS } from "./declared-disk.ts";
import { renderChain, renderImageNode, renderTopNode } from "./faults/disk-graph.ts";
import { renderOptions } from "./qemu-options.ts";

/** The place of each device in the boot order; undefined for one that is not booted from. */
export interface BootIndexes {
  nic(index: number): number | undefined;
  disk(index: number): number | undefined;
}

/** Where a disk is in its server. */
export interface DiskPlace {
  /** Its block node; the device has this name, too, with `-device` behind it. */
  readonly node: string;
  /** Among the disks of its bus. */
  readonly index: number;
  readonly bootIndex: number | undefined;
}

const SPINNING_RPM = 7200;
/** SCSI's and ATA's word for "does not rotate" (SBC-4, ACS-4). */
const NON_ROTATING = 1;
const rotationRate = ({ rotational }: DiskSpec): number | undefined =>
  rotational === undefined ? undefined : rotational ? SPINNING_RPM : NON_ROTATING;

/** What a slot's bus is called; what sits in it is on that bus. */
export const slotBus = (number: number): string => `slot${number}`;
const slotOf = ({ slot }: DiskSpec): string | undefined => (slot === undefined ? undefined : slotBus(slot));

/** The name of a disk's device, by which QEMU takes it out. */
export const diskDevice = (node: string): string => `${node}-device`;

const removable = (disk: DiskSpec): string | undefined => (disk.removable === true ? "on" : undefined);

/** A disk that speaks SCSI, on a controller with this name. */
const scsiDisk =
  (controller: string) =>
  (disk: DiskSpec, { node, index, bootIndex }: DiskPlace): readonly string[] => {
    const place = { id: diskDevice(node), bus: `${controller}.0`, "scsi-id": index, drive: node };
    // A drive says itself who it is; QEMU hands on what it is asked.
    if (disk.drive !== undefined) return [renderOptions("scsi-block", { ...place, bootindex: bootIndex })];
    return [
      renderOptions("scsi-hd", {
        ...place,
        serial: disk.serial,
        vendor: disk.vendor,
        product: disk.model,
        ver: disk.firmware,
        wwn: disk.wwn,
        rotation_rate: rotationRate(disk),
        removable: removable(disk),
        bootindex: bootIndex,
      }),
    ];
  };

/** Bits of the warnings that are on; undefined for none. */
export const warningBits = ({ warnings }: Pick<DiskSpec["faults"], "warnings">): number =>
  warnings.reduce((bits, warning) => bits | NVME_WARNINGS[warning], 0);

const nvmeDisk = (disk: DiskSpec, { node, bootIndex }: DiskPlace): readonly string[] => {
  const controller = {
    id: diskDevice(node),
    bus: slotOf(disk),
    serial: disk.serial,
    smart_critical_warning: disk.faults.warnings.length === 0 ? undefined : warningBits(disk.faults),
  };
  // A namespace has a name of its own only when it is a device of its own.
  return disk.wwn === undefined
    ? [renderOptions("nvme", { ...controller, drive: node, bootindex: bootIndex })]
    : [
        renderOptions("nvme", controller),
        renderOptions("nvme-ns", { bus: diskDevice(node), drive: node, eui64: disk.wwn, bootindex: bootIndex }),
      ];
};

/** The devices that show a disk, by bus. */
const DISK_DEVICES: Readonly<Record<Bus, (disk: DiskSpec, place: DiskPlace) => readonly string[]>> = {
  virtio: (disk, { node, bootIndex }) => [
    renderOptions("virtio-blk-pci", {
      id: diskDevice(node),
      bus: slotOf(disk),
      drive: node,
      serial: disk.serial,
      bootindex: bootIndex,
    }),
  ],
  sata: (disk, { node, index, bootIndex }) => [
    renderOptions("ide-hd", {
      id: diskDevice(node),
      bus: `ide.${index}`,
      drive: node,
      serial: disk.serial,
      model: disk.model,
      ver: disk.firmware,
      wwn: disk.wwn,
      rotation_rate: rotationRate(disk),
      bootindex: bootIndex,
    }),
  ],
  scsi: scsiDisk("scsi0"),
  sas: scsiDisk("sas0"),
  usb: (disk, { node, bootIndex }) => [
    renderOptions("usb-storage", {
      id: diskDevice(node),
      bus: "usb0.0",
      drive: node,
      serial: disk.serial,
      removable: removable(disk),
      bootindex: bootIndex,
    }),
  ],
  nvme: nvmeDisk,
};

/** The devices that show a disk. */
export const renderDiskDevices = (disk: DiskSpec, place: DiskPlace): readonly string[] =>
  DISK_DEVICES[disk.bus](disk, place);

/** Controllers that a bus needs beside its disks; the others are on the board, or the disk itself. */
const CONTROLLERS: Readonly<Partial<Record<Bus, string>>> = {
  scsi: "virtio-scsi-pci,id=scsi0",
  sas: "mptsas1068,id=sas0",
  usb: "qemu-xhci,id=usb0",
};

/** Where each disk is, in the declared order. */
export const placeDisks = (disks: ServerSpec["disks"]): readonly DiskPlace[] =>
  disks.map(({ bus }, i) => ({
    node: `disk${i}`,
    index: disks.slice(0, i).filter((before) => before.bus === bus).length,
    bootIndex: undefined,
  }));

/** Where each drive listens, by what the rack calls its disk. */
export type DrivePorts = ReadonlyMap<string, number>;

const renderDrive = (disk: DiskSpec, node: string, ports: DrivePorts): readonly string[] => {
  const portal = `127.0.0.1:${ports.get(diskKey(disk)) ?? 0}`;
  const target = `iqn.2024-01.test.vetbox:${diskKey(disk).toLowerCase()}`;
  const blockNode = { driver: "iscsi", "node-name": node, transport: "tcp", portal, target, lun: 0 };
  return ["-blockdev", JSON.stringify(blockNode)];
};

const renderNodes = (disk: DiskSpec, node: string, image: string): readonly string[] => {
  const nodes = { node, image, sizeBytes: disk.size, readOnly: disk.readOnly ?? false };
  const chain = renderChain(nodes, disk.faults, 0);
  const group = chain.group && { "qom-type": "throttle-group", ...chain.group };
  return [
    ...(group === null ? [] : ["-object", JSON.stringify(group)]),
    ...[renderImageNode(nodes), ...chain.filters, renderTopNode(nodes, chain)].flatMap((blockNode) => [
      "-blockdev",
      JSON.stringify(blockNode),
    ]),
  ];
};

/** Controllers and disks. `imageOf` answers with a disk's image by what the rack calls it. */
export const renderDisks = (
  disks: ServerSpec["disks"],
  imageOf: (key: string) => string,
  bootIndexes: BootIndexes,
  drivePorts: DrivePorts,
): readonly string[] => {
  const controllers = Object.entries(CONTROLLERS).flatMap(([bus, device]) =>
    disks.some((disk) => disk.bus === bus) ? ["-device", device] : [],
  );
  const places = placeDisks(disks);
  return [
    ...controllers,
    ...disks.flatMap((disk, i) => {
      const place = { ...(places[i] ?? { node: `disk${i}`, index: i }), bootIndex: bootIndexes.disk(i) };
      const devices = renderDiskDevices(disk, place);
      return [
        ...(disk.drive === undefined
          ? renderNodes(disk, place.node, imageOf(diskKey(disk)))
          : renderDrive(disk, place.node, drivePorts)),
        ...devices.flatMap((device) => ["-device", device]),
      ];
    }),
  ];
};
