/** Disks and their controllers as QEMU's command line. Pure. */
import type { ServerSpec } from "./declaration.ts";
import { type Bus, type DiskSpec, diskKey } from "./declared-disk.ts";
import { renderOptions } from "./qemu-options.ts";

/** The place of each device in the boot order; undefined for one that is not booted from. */
export interface BootIndexes {
  nic(index: number): number | undefined;
  disk(index: number): number | undefined;
}

interface DiskPlace {
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

/** A disk that speaks SCSI, on a controller with this name. */
const scsiDisk =
  (controller: string) =>
  (disk: DiskSpec, { node, index, bootIndex }: DiskPlace): readonly string[] => [
    renderOptions("scsi-hd", {
      bus: `${controller}.0`,
      "scsi-id": index,
      drive: node,
      serial: disk.serial,
      vendor: disk.vendor,
      product: disk.model,
      ver: disk.firmware,
      wwn: disk.wwn,
      rotation_rate: rotationRate(disk),
      bootindex: bootIndex,
    }),
  ];

/** The devices that show a disk, by bus. */
const DISK_DEVICES: Readonly<Record<Bus, (disk: DiskSpec, place: DiskPlace) => readonly string[]>> = {
  virtio: (disk, { node, bootIndex }) => [
    renderOptions("virtio-blk-pci", { drive: node, serial: disk.serial, bootindex: bootIndex }),
  ],
  sata: (disk, { node, index, bootIndex }) => [
    renderOptions("ide-hd", {
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
      bus: "usb0.0",
      drive: node,
      serial: disk.serial,
      removable: disk.removable === true ? "on" : undefined,
      bootindex: bootIndex,
    }),
  ],
  // A namespace has a name of its own only when it is a device of its own.
  nvme: (disk, { node, index, bootIndex }) =>
    disk.wwn === undefined
      ? [renderOptions("nvme", { drive: node, serial: disk.serial, bootindex: bootIndex })]
      : [
          renderOptions("nvme", { id: `nvme${index}`, serial: disk.serial }),
          renderOptions("nvme-ns", { bus: `nvme${index}`, drive: node, eui64: disk.wwn, bootindex: bootIndex }),
        ],
};

/** Controllers that a bus needs beside its disks; the others are on the board, or the disk itself. */
const CONTROLLERS: Readonly<Partial<Record<Bus, string>>> = {
  scsi: "virtio-scsi-pci,id=scsi0",
  sas: "mptsas1068,id=sas0",
  usb: "qemu-xhci,id=usb0",
};

/** Controllers and disks. `imageOf` answers with a disk's image by what the rack calls it. */
export const renderDisks = (
  disks: ServerSpec["disks"],
  imageOf: (key: string) => string,
  bootIndexes: BootIndexes,
): readonly string[] => {
  const counts = new Map<Bus, number>();
  const controllers = Object.entries(CONTROLLERS).flatMap(([bus, device]) =>
    disks.some((disk) => disk.bus === bus) ? ["-device", device] : [],
  );
  return [
    ...controllers,
    ...disks.flatMap((disk, i) => {
      const index = counts.get(disk.bus) ?? 0;
      counts.set(disk.bus, index + 1);
      const blockdev = renderOptions("driver=raw", {
        "node-name": `disk${i}`,
        discard: "unmap",
        "detect-zeroes": "unmap",
        // The page cache outlives a killed QEMU, so a flush to the medium would only cost time.
        "cache.no-flush": "on",
        "file.driver": "file",
        "file.filename": imageOf(diskKey(disk)),
      });
      const devices = DISK_DEVICES[disk.bus](disk, { node: `disk${i}`, index, bootIndex: bootIndexes.disk(i) });
      return ["-blockdev", blockdev, ...devices.flatMap((device) => ["-device", device])];
    }),
  ];
};
