/**
 * A bench for disk tests: disks in files behind real loop devices, shown under a `/sys`, `/proc` and `/dev` of their own as the disks of a server. What opens,
 * locks, reads and writes is the kernel; what a disk says of itself is this tree, because loop devices have no serial numbers.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import type { DiskSystem } from "../disks/identity.ts";
import { type Exec, systemExec } from "../system/exec.ts";
import { type Files, openFiles } from "../system/files.ts";
import type { DiskTarget } from "../wire/order.ts";
import { createFakeClock, type FakeClock } from "./clock.ts";
import { makeImage, runTool } from "./disk-image.ts";
import { seededRandom } from "./system.ts";

const DISK_BYTES = 8 * 1024 * 1024;
/** Where a SATA disk hangs, by the kernel's words. */
const sataPath = (port: number): string =>
  `/sys/devices/pci0000:00/0000:00:1f.2/ata${port}/host${port}/target${port}:0:0/${port}:0:0:0`;

/** One disk on the bench. */
export interface BenchDisk {
  readonly name: string;
  /** `/dev/loop7`. */
  readonly loop: string;
  /** The file with its bytes. */
  readonly image: string;
  /** Its directory in the bench's sysfs. */
  readonly sysfs: string;
  readonly devNumber: string;
  readonly target: DiskTarget;
}

/** How a disk differs from an ordinary SATA disk of 8 MiB. */
export interface BenchDiskOptions {
  readonly serial?: string;
  readonly wwn?: string | null;
  readonly sizeBytes?: number;
  /** Where it hangs. */
  readonly devicePath?: string;
  readonly readOnlyLoop?: boolean;
}

/** A server with nothing but disks. */
export interface DiskBench extends Disposable {
  readonly system: DiskSystem & { readonly clock: FakeClock };
  readonly clock: FakeClock;
  /** A disk by its kernel name; `as-its-node` names it as its loop device is named. */
  addDisk(name: string, options?: BenchDiskOptions): BenchDisk;
  /** Writes a file of the tree, by its path on the server. */
  write(path: string, text: string): void;
  remove(path: string): void;
  link(path: string, to: string): void;
  /** Adds a partition to what the kernel shows of a disk. */
  addPart(disk: BenchDisk, number: number): string;
  /** Lets a tool answer in place of the real one. */
  answer(tool: string, exec: Exec): void;
  /** From now on these processes of this machine are the server's. */
  showProcesses(...pids: readonly number[]): void;
  /** SHA-256 of every disk's bytes. */
  hashes(): readonly string[];
}

/** Page 80h as the kernel hands it out. */
const unitSerialPage = (serial: string): Buffer =>
  Buffer.concat([Buffer.from([0, 0x80, 0, serial.length]), Buffer.from(serial)]);

/** Files of the tree; of this machine the processes that are shown, and the counters of devices, which have their real numbers. */
const layered = (tree: Files, machine: Files, shown: ReadonlySet<string>): Files => {
  const isReal = (path: string): boolean =>
    shown.has(/^\/proc\/(\d+)/.exec(path)?.[1] ?? "") || /^\/sys\/dev\/block\/[\d:]+\/stat$/.test(path);
  const of = (path: string): Files => (isReal(path) ? machine : tree);
  return {
    readText: (path) => of(path).readText(path),
    list: async (path) => (path === "/proc" ? [...shown] : of(path).list(path)),
    realPath: (path) => of(path).realPath(path),
  };
};

/** The files of the server. */
const openTree = (root: string) => {
  const at = (path: string) => join(root, path);
  const write = (path: string, data: string | Uint8Array): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), data);
  };
  const remove = (path: string): void => rmSync(at(path), { recursive: true, force: true });
  const link = (path: string, to: string): void => {
    remove(path);
    mkdirSync(dirname(at(path)), { recursive: true });
    symlinkSync(relative(dirname(at(path)), at(to)), at(path));
  };
  const makeFolder = (path: string) => void mkdirSync(at(path), { recursive: true });
  const addPart = ({ name, sysfs }: BenchDisk, number: number): string => {
    const part = `${sysfs}/${name}${number}`;
    write(`${part}/dev`, `259:${number}\n`);
    write(`${part}/partition`, `${number}\n`);
    makeFolder(`${part}/holders`);
    return part;
  };
  write("/proc/self/mountinfo", "22 1 0:21 / / rw,relatime - tmpfs rootfs rw\n");
  write("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
  write("/proc/cmdline", "initrd=initrd vetbox.box=10.0.0.1 quiet\n");
  makeFolder("/dev");
  return { at, write, remove, link, makeFolder, addPart };
};

/** Puts a disk into a file behind a loop device, and shows it in the tree as a SATA disk. */
const attachDisk = (
  tree: ReturnType<typeof openTree>,
  place: { readonly image: string; readonly port: number; readonly asked: string },
  options: BenchDiskOptions,
): BenchDisk => {
  const { sizeBytes = DISK_BYTES, devicePath = sataPath(place.port), readOnlyLoop = false } = options;
  const image = makeImage(place.image, sizeBytes);
  const loop = runTool("losetup", ...(readOnlyLoop ? ["-r"] : []), "-f", "--show", image).trim();
  const name = place.asked === "as-its-node" ? basename(loop) : place.asked;
  const serial = options.serial ?? `SER-${name.toUpperCase()}`;
  const wwn = options.wwn === undefined ? `naa.5000c500${Buffer.from(name).toString("hex")}` : options.wwn;
  const real = (attribute: string) => readFileSync(`/sys/block/${basename(loop)}/${attribute}`, "utf8");
  const devNumber = real("dev").trim();
  const sysfs = `${devicePath}/block/${name}`;
  const target: DiskTarget = { serial, sizeBytes, class: "hdd", mayWrite: true, ...(wwn === null ? {} : { wwn }) };
  for (const attribute of ["dev", "size", "diskseq", "ro"]) tree.write(`${sysfs}/${attribute}`, real(attribute));
  for (const attribute of ["removable", "hidden"]) tree.write(`${sysfs}/${attribute}`, "0\n");
  tree.makeFolder(`${sysfs}/holders`);
  tree.write(`${devicePath}/vpd_pg80`, unitSerialPage(serial));
  tree.write(`${devicePath}/model`, "ST4000NM0035    \n");
  if (wwn !== null) tree.write(`${devicePath}/wwid`, `${wwn}\n`);
  tree.link(`${sysfs}/device`, devicePath);
  tree.link(`/sys/block/${name}`, sysfs);
  tree.link(`/sys/dev/block/${devNumber}`, sysfs);
  symlinkSync(loop, tree.at(`/dev/${name}`));
  return { name, loop, image, sysfs, devNumber, target };
};

const hashOfFile = (path: string): string => new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");

/** Sets up a bench. Its loop devices and files go with it. */
export const openDiskBench = (): DiskBench => {
  const dir = mkdtempSync(join(tmpdir(), "vetbox-disks-"));
  const root = join(dir, "root");
  const tree = openTree(root);
  const disks: BenchDisk[] = [];
  const tools = new Map<string, Exec>();
  const processes = new Set<string>();
  const clock = createFakeClock();
  const exec: Exec = (invocation, signal) => (tools.get(invocation.argv[0]) ?? systemExec)(invocation, signal);
  return {
    system: {
      exec,
      clock,
      random: seededRandom(7),
      deviceRoot: tree.at("/dev"),
      files: layered(openFiles(root), openFiles("/"), processes),
    },
    clock,
    addDisk: (asked, options = {}) => {
      const image = join(dir, `${asked}.img`);
      const disk = attachDisk(tree, { image, port: disks.length + 1, asked }, options);
      disks.push(disk);
      return disk;
    },
    write: tree.write,
    remove: tree.remove,
    link: tree.link,
    addPart: tree.addPart,
    answer: (tool, as) => void tools.set(tool, as),
    showProcesses: (...pids) => {
      for (const pid of pids) processes.add(String(pid));
    },
    hashes: () => disks.map(({ image }) => hashOfFile(image)),
    [Symbol.dispose]: () => {
      for (const { loop } of disks) Bun.spawnSync(["losetup", "-d", loop]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
