/** What real tools write is found with its names, and libblkid says the same of it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../../../test/setup/packages.ts";
import { makeImage, readImage, runTool } from "../../fakes/disk-image.ts";
import { readPartitionTables } from "./partitions.ts";
import { scanRegion } from "./scan.ts";

const MIB = 1024 * 1024;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-signatures-"));
  await needPackages([
    "bcache-tools",
    "btrfs-progs",
    "cryptsetup-bin",
    "dosfstools",
    "e2fsprogs",
    "exfatprogs",
    "f2fs-tools",
    "fdisk",
    "genisoimage",
    "gfs2-utils",
    "jfsutils",
    "lvm2",
    "mdadm",
    "nilfs-tools",
    "ntfs-3g",
    "ocfs2-tools",
    "reiserfsprogs",
    "squashfs-tools",
    "udftools",
    "util-linux",
    "xfsprogs",
  ]);
}, 300_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Name by which we tell it, name of libblkid, size of the disk, command with `@` for the disk, and what else must be told. */
const MADE: readonly (readonly [string, string, number, string, Record<string, unknown>])[] = [
  ["ext4", "ext4", 64, "mkfs.ext4 -q -F -L rootfs @", { label: "rootfs", sizeBytes: 64 * MIB, offsetBytes: 1024 }],
  ["ext3", "ext3", 64, "mkfs.ext3 -q -F -L old3 @", { label: "old3" }],
  ["ext2", "ext2", 64, "mkfs.ext2 -q -F -L old2 @", { label: "old2" }],
  ["xfs", "xfs", 320, "mkfs.xfs -q -L data -f @", { label: "data", sizeBytes: 320 * MIB }],
  ["btrfs", "btrfs", 128, "mkfs.btrfs -q -L pool @", { label: "pool", sizeBytes: 128 * MIB }],
  ["NTFS", "ntfs", 16, "mkfs.ntfs -q -F -s 512 -p 0 -H 16 -S 63 -L win @", { sizeBytes: 16 * MIB - 512 }],
  ["exFAT", "exfat", 16, "mkfs.exfat @", { sizeBytes: 16 * MIB }],
  ["FAT", "vfat", 16, "mkfs.fat -F 16 -n CAMERA @", { label: "CAMERA" }],
  ["FAT32", "vfat", 64, "mkfs.fat -F 32 -n ESP @", { label: "ESP" }],
  ["f2fs", "f2fs", 64, "mkfs.f2fs -q -l flash @", { label: "flash" }],
  ["GFS2", "gfs2", 256, "mkfs.gfs2 -q -O -p lock_dlm -j 1 -J 32 -t web:shared @", { label: "web:shared" }],
  ["OCFS2", "ocfs2", 64, "mkfs.ocfs2 -q -x -F -M local -N 1 -J size=4M -L orders @", { label: "orders" }],
  ["ReiserFS", "reiserfs", 64, "mkfs.reiserfs -q -f -l reiser @", { label: "reiser" }],
  ["JFS", "jfs", 32, "mkfs.jfs -q -L journal @", { label: "journal" }],
  ["NILFS2", "nilfs2", 160, "mkfs.nilfs2 -q -L snap @", { label: "snap" }],
  ["UDF", "udf", 32, "mkfs.udf -l disc @", {}],
  ["swap", "swap", 16, "mkswap -L spare @", { label: "spare" }],
  [
    "LUKS1",
    "crypto_LUKS",
    32,
    "cryptsetup luksFormat --type luks1 --pbkdf-force-iterations 1000 -q @ /etc/hostname",
    {},
  ],
  [
    "LUKS2",
    "crypto_LUKS",
    32,
    "cryptsetup luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --label vault -q @ /etc/hostname",
    { label: "vault", detail: "encrypted" },
  ],
  ["bcache", "bcache", 16, "make-bcache -B @", {}],
];

describe("scanRegion", () => {
  test.each(MADE)("finds %s as libblkid does", (name, blkidType, sizeMiB, command, told) => {
    const path = makeImage(join(dir, name), sizeMiB * MIB);
    const argv = command.split(" ").map((word) => (word === "@" ? path : word));
    runTool(...argv);
    expect(runTool("blkid", "-p", "-s", "TYPE", "-o", "value", path).trim()).toBe(blkidType);
    const found = scanRegion(readImage(path)).filter((one) => !one.name.endsWith("second header"));
    expect(found.map((one) => one.name)).toContain(name);
    expect(found.filter((one) => one.name !== name).map((one) => one.name)).toEqual([]);
    expect(found.find((one) => one.name === name)).toMatchObject({ kind: "signature", ...told });
    rmSync(path);
  });

  test("a blank disk has none", () => {
    const path = makeImage(join(dir, "blank"), 64 * MIB);
    expect(scanRegion(readImage(path))).toEqual([]);
    expect(readPartitionTables(readImage(path))).toEqual({ evidence: [], parts: [] });
  });

  test("ISO 9660 and SquashFS are found with their names", () => {
    const [iso, squash] = [join(dir, "a.iso"), join(dir, "a.squashfs")];
    runTool("genisoimage", "-quiet", "-V", "INSTALLER", "-o", iso, "/etc/hostname");
    runTool("mksquashfs", "/etc/hostname", squash, "-quiet", "-no-progress");
    expect(scanRegion(readImage(iso))).toMatchObject([{ name: "ISO 9660", label: "INSTALLER" }]);
    expect(scanRegion(readImage(squash)).map(({ name }) => name)).toEqual(["SquashFS"]);
  });
});

describe("readPartitionTables", () => {
  const partition = (name: string, script: string): string => {
    const path = makeImage(join(dir, name), 128 * MIB);
    const child = Bun.spawnSync(["sfdisk", "-q", path], { stdin: Buffer.from(script) });
    expect(child.exitCode).toBe(0);
    return path;
  };

  test("reads both GPTs and the parts with types and names", () => {
    const path = partition(
      "gpt",
      "label: gpt\nlabel-id: 11111111-2222-3333-4444-555555555555\nstart=2048, size=20480, type=uefi, name=boot\nsize=40960, type=AA31E02A-400F-11DB-9590-000C2911D1B8\ntype=37AFFC90-EF7D-4E96-91C3-2D7AE055B174\n",
    );
    const { evidence, parts } = readPartitionTables(readImage(path));
    expect(evidence).toMatchObject([
      { name: "GPT", offsetBytes: 512, detail: "disk 11111111-2222-3333-4444-555555555555" },
      { name: "GPT, backup", offsetBytes: 128 * MIB - 512 },
      { name: "GPT partition 1", label: "boot", detail: "EFI system partition", sizeBytes: 10 * MIB, offsetBytes: MIB },
      { name: "GPT partition 2", detail: "VMFS of VMware", sizeBytes: 20 * MIB },
      { name: "GPT partition 3", detail: "GPFS of IBM" },
      { name: "MBR" },
      { name: "MBR partition 1", detail: "GPT follows" },
    ]);
    expect(parts[0]).toMatchObject({ offset: MIB, sizeBytes: 10 * MIB });
    expect(parts).toHaveLength(3);
  });

  test("a GPT whose first copy was zeroed is found by its backup", () => {
    const path = partition("zeroed", "label: gpt\nsize=20480\n");
    runTool("dd", "if=/dev/zero", `of=${path}`, "bs=1M", "count=1", "conv=notrunc", "status=none");
    expect(readPartitionTables(readImage(path)).evidence[0]).toMatchObject({ name: "GPT, backup" });
  });

  test("reads an MBR with its parts; what only looks like one is a boot sector", () => {
    const path = partition(
      "mbr",
      "label: dos\nlabel-id: 0xcafe0001\nstart=2048, size=20480, type=83\nsize=2048, type=fb\n",
    );
    expect(readPartitionTables(readImage(path))).toMatchObject({
      evidence: [
        { name: "MBR", detail: "disk cafe0001" },
        { name: "MBR partition 1", detail: "Linux file system", offsetBytes: MIB, sizeBytes: 10 * MIB },
        { name: "MBR partition 2", detail: "VMFS of VMware" },
      ],
      parts: [{ offset: MIB }, { offset: 11 * MIB }],
    });
    const fat = makeImage(join(dir, "bare-fat"), 16 * MIB);
    runTool("mkfs.fat", fat);
    expect(readPartitionTables(readImage(fat)).evidence).toEqual([
      { kind: "signature", name: "boot sector", offsetBytes: 0 },
    ]);
  });
});
