/** Every way in which a disk may be the wrong one, or in use: what the mint of writable disks must refuse without a byte changed. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { DiskRefusalCode } from "../wire/wipe.ts";
import type { BenchDisk, BenchDiskOptions, DiskBench } from "./disk-bench.ts";
import { runTool } from "./disk-image.ts";
import { exited } from "./system.ts";

/** One way. */
export interface WrongDisk {
  readonly name: string;
  readonly code: DiskRefusalCode;
  /** When what is wrong comes up only after the disk was looked at. */
  readonly laterCode?: DiskRefusalCode;
  /** What makes it wrong. */
  disturb(bench: DiskBench, disk: BenchDisk): void;
  readonly disk?: BenchDiskOptions;
}

const MOUNT = "36 22";
const mounted = (bench: DiskBench, line: string): void =>
  bench.write("/proc/self/mountinfo", `22 1 0:21 / / rw - tmpfs rootfs rw\n${MOUNT} ${line}\n`);
const devicePathOf = (disk: BenchDisk): string => disk.sysfs.replace(/\/block\/[^/]+$/, "");
const SCSI = "/sys/devices/pci0000:00/0000:03:00.0/host0/port-0:0/end_device-0:0/target0:0:0/0:0:0:0";
const NVME = "/sys/devices/pci0000:40/0000:41:00.0/nvme/nvme0";

/** Moves a disk to where another attachment would show it. */
const hangsOn =
  (path: string) =>
  (bench: DiskBench, disk: BenchDisk): void => {
    bench.write(
      `${path}/vpd_pg80`,
      Buffer.concat([Buffer.from([0, 0x80, 0, disk.target.serial.length]), Buffer.from(disk.target.serial)]).toString(
        "latin1",
      ),
    );
    bench.write(`${path}/serial`, disk.target.serial);
    bench.write(`${path}/wwid`, disk.target.wwn ?? "");
    bench.link(`${disk.sysfs}/device`, path);
  };

/** The ways. Each is tried twice: before the disk is looked at, and between the look and the opening. */
export const WRONG_DISKS: readonly WrongDisk[] = [
  {
    name: "another serial",
    code: "not-found",
    disturb: (bench, disk) => bench.write(`${devicePathOf(disk)}/vpd_pg80`, "\0\u0080\0\u0005OTHER"),
  },
  {
    name: "no serial any more",
    code: "not-found",
    disturb: (bench, disk) => bench.remove(`${devicePathOf(disk)}/vpd_pg80`),
  },
  { name: "vanished", code: "not-found", disturb: (bench, disk) => bench.remove(`/sys/block/${disk.name}`) },
  {
    name: "its node vanished",
    code: "unreadable",
    laterCode: "not-found",
    disturb: (bench, disk) => bench.remove(`/dev/${disk.name}`),
  },
  {
    name: "another size",
    code: "size-mismatch",
    disturb: (bench, disk) => bench.write(`${disk.sysfs}/size`, "16383\n"),
  },
  {
    name: "another worldwide name",
    code: "wwn-mismatch",
    disturb: (bench, disk) => bench.write(`${devicePathOf(disk)}/wwid`, "naa.5000c500ffffffff\n"),
  },
  {
    name: "a second disk with its serial",
    code: "duplicate-serial",
    disturb: (bench, disk) => void bench.addDisk("sdz", { serial: disk.target.serial, wwn: "naa.5000c500eeeeeeee" }),
  },
  {
    name: "a second path to it",
    code: "multipath",
    disturb: (bench, disk) => void bench.addDisk("sdz", { serial: disk.target.serial, wwn: disk.target.wwn ?? null }),
  },
  {
    name: "mounted, by its number",
    code: "mounted",
    disturb: (bench, disk) => mounted(bench, `${disk.devNumber} / /mnt rw - ext4 /dev/root rw`),
  },
  {
    name: "a part of it mounted by a file system of several disks",
    code: "mounted",
    disturb: (bench, disk) => {
      bench.addPart(disk, 2);
      mounted(bench, `0:44 / /srv/a\\040b rw - btrfs /dev/${disk.name}2 rw`);
    },
  },
  {
    name: "swap on a part of it",
    code: "swap",
    disturb: (bench, disk) => {
      bench.addPart(disk, 3);
      bench.write("/proc/swaps", `Filename\tType\n/dev/${disk.name}3   partition\t1\t0\t-2\n`);
    },
  },
  {
    name: "held by LVM",
    code: "held",
    disturb: (bench, disk) => bench.write(`${disk.sysfs}/holders/dm-0`, ""),
  },
  {
    name: "a part of it held by md",
    code: "held",
    disturb: (bench, disk) => bench.write(`${bench.addPart(disk, 1)}/holders/md127`, ""),
  },
  { name: "read-only", code: "read-only", disturb: (bench, disk) => bench.write(`${disk.sysfs}/ro`, "1\n") },
  {
    name: "on a kernel that does not say whether it is read-only",
    code: "read-only",
    disturb: (bench, disk) => bench.remove(`${disk.sysfs}/ro`),
  },
  {
    name: "removable",
    code: "removable-or-usb",
    disturb: (bench, disk) => bench.write(`${disk.sysfs}/removable`, "1\n"),
  },
  {
    name: "on USB",
    code: "removable-or-usb",
    laterCode: "removable-or-usb",
    disturb: hangsOn("/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0"),
  },
  {
    name: "a memory card",
    code: "removable-or-usb",
    disturb: hangsOn("/sys/devices/pci0000:00/0000:00:1a.0/mmc_host/mmc0/mmc0:0001"),
  },
  {
    name: "on iSCSI",
    code: "transport",
    disturb: hangsOn("/sys/devices/platform/host8/session1/target8:0:0/8:0:0:0"),
  },
  {
    name: "on Fibre Channel",
    code: "transport",
    disturb: hangsOn("/sys/devices/pci0000:00/0000:05:00.0/host9/rport-9:0-1/target9:0:0/9:0:0:0"),
  },
  { name: "a disk of a Xen guest", code: "transport", disturb: hangsOn("/sys/devices/vbd-51712") },
  { name: "attached nobody knows how", code: "transport", disturb: hangsOn("/sys/devices/platform/odd.0") },
  {
    name: "NVMe over TCP",
    code: "transport",
    disturb: (bench, disk) => {
      hangsOn(NVME)(bench, disk);
      bench.write("/sys/class/nvme/nvme0/transport", "tcp\n");
    },
  },
  {
    name: "an NVMe drive with two controllers",
    code: "multipath",
    disturb: (bench, disk) => {
      const subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0";
      hangsOn(subsystem)(bench, disk);
      for (const controller of ["nvme0", "nvme1"]) {
        bench.write(`${subsystem}/${controller}/x`, "");
        bench.write(`/sys/class/nvme/${controller}/transport`, "pcie\n");
      }
    },
  },
  {
    name: "made of other devices",
    code: "not-a-whole-disk",
    disturb: (bench, disk) => {
      bench.write(`${disk.sysfs}/serial`, disk.target.serial);
      bench.write(`${disk.sysfs}/wwid`, disk.target.wwn ?? "");
      bench.remove(`${disk.sysfs}/device`);
    },
  },
  {
    name: "a partition in its place",
    code: "not-found",
    disturb: (bench, disk) => bench.write(`${disk.sysfs}/partition`, "1\n"),
  },
  {
    name: "one path of several to an NVMe namespace",
    code: "not-found",
    disturb: (bench, disk) => bench.write(`${disk.sysfs}/hidden`, "1\n"),
  },
  {
    name: "the disk that the host was started from",
    code: "boot-medium",
    disturb: (bench, disk) => {
      bench.addPart(disk, 1);
      bench.write("/proc/cmdline", `root=/dev/${disk.name}1 ro\n`);
    },
  },
  {
    name: "the disk that the host was started from, by its UUID",
    code: "boot-medium",
    disturb: (bench, disk) => {
      bench.addPart(disk, 1);
      bench.write(`/dev/${disk.name}1`, "");
      bench.link("/dev/disk/by-uuid/1234-ABCD", `/dev/${disk.name}1`);
      bench.write("/proc/cmdline", "live-media=UUID=1234-ABCD\n");
    },
  },
  {
    name: "reserved by another host",
    code: "reserved",
    disk: { devicePath: SCSI },
    disturb: (bench) =>
      bench.answer("sg_persist", async () =>
        exited(
          "  PR generation=0x1, Reservation follows:\n    Key=0x123abc\n    scope: LU_SCOPE,  type: Write Exclusive\n",
        ),
      ),
  },
  {
    name: "reserved so that not even that can be asked",
    code: "reserved",
    disk: { devicePath: SCSI },
    disturb: (bench) => bench.answer("sg_persist", async () => exited("", 24)),
  },
  {
    name: "silent about reservations",
    code: "unreadable",
    disk: { devicePath: SCSI },
    disturb: (bench) => bench.answer("sg_persist", async () => ({ ...exited(""), end: "timed-out", exitCode: null })),
  },
  {
    name: "on a host that does not say what is mounted",
    code: "unreadable",
    disturb: (bench) => bench.remove("/proc/self/mountinfo"),
  },
];

/** Ways that come up only after the look. */
export const CHANGED_DISKS: readonly {
  readonly name: string;
  readonly code: string;
  disturb(bench: DiskBench, disk: BenchDisk): void;
}[] = [
  {
    name: "its node leads to another disk",
    code: "swapped",
    disturb: (bench, disk) => {
      const other = bench.addDisk("sdz");
      bench.link(`/dev/${disk.name}`, `/dev/${other.name}`);
    },
  },
  {
    name: "pulled and put back, or another one of the same serial put in",
    code: "swapped",
    disturb: (bench, disk) => bench.write(`${disk.sysfs}/diskseq`, "999999\n"),
  },
  {
    name: "it has another number now",
    code: "swapped",
    disturb: (bench, disk) => bench.write(`${disk.sysfs}/dev`, "8:240\n"),
  },
  {
    name: "its number is a partition's",
    code: "not-a-whole-disk",
    disturb: (bench, disk) => bench.link(`/sys/dev/block/${disk.devNumber}`, bench.addPart(disk, 1)),
  },
  {
    name: "its number is another disk's",
    code: "swapped",
    disturb: (bench, disk) => bench.link(`/sys/dev/block/${disk.devNumber}`, bench.addDisk("sdz").sysfs),
  },
  {
    name: "its number means nothing",
    code: "not-a-whole-disk",
    disturb: (bench, disk) => bench.remove(`/sys/dev/block/${disk.devNumber}`),
  },
  { name: "its first MiB changed", code: "content-changed", disturb: (_, disk) => poke(disk, 1_000_000) },
  {
    name: "its last MiB changed",
    code: "content-changed",
    disturb: (_, disk) => poke(disk, disk.target.sizeBytes - 1),
  },
  {
    name: "a file system was made on it",
    code: "content-changed",
    disturb: (_, disk) => void runTool("mkfs.ext4", "-q", "-F", disk.loop),
  },
];

/** Changes one byte on a disk, past everything, as another host would. */
export const poke = (disk: BenchDisk, offset: number): void => {
  const fd = openSync(disk.image, "r+");
  writeSync(fd, Buffer.from([0x58]), 0, 1, offset);
  closeSync(fd);
};
