/**
 * Formats that no tool here can write: their bytes are laid down by hand after the documents that the tables name, and libblkid or mdadm, which know them
 * independently, must say the same. Those that neither knows are named so.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import * as v from "valibot";
import { needPackages } from "../../../test/setup/packages.ts";
import { makeImage, readImage, runTool } from "../../fakes/disk-image.ts";
import { WipeEvidence } from "../../wire/wipe.ts";
import { readPartitionTables } from "./partitions.ts";
import { regionOf } from "./region.ts";
import { SIGNATURES, scanRegion } from "./scan.ts";

const MIB = 1024 * 1024;
const KIB = 1024;
const SIZE = 64 * MIB;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-handmade-"));
  await needPackages(["lvm2", "mdadm", "util-linux"]);
}, 300_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type Write = readonly [offset: number, bytes: string | Uint8Array];
const image = (name: string, writes: readonly Write[], sizeBytes = SIZE): string => {
  const path = makeImage(join(dir, name.replaceAll(/\W/g, "_")), sizeBytes);
  const fd = openSync(path, "r+");
  for (const [offset, bytes] of writes) {
    const data = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    writeSync(fd, data, 0, data.length, offset);
  }
  closeSync(fd);
  return path;
};

const le32 = (...values: readonly number[]): Uint8Array => new Uint8Array(new Uint32Array(values).buffer);
const padded = (text: string, length: number): string => text.padEnd(length, "\0");

/** struct mdp_superblock_1 of a RAID 1 of two, with the checksum that mdadm asks for: the sum of its words, folded. */
const mdSuper = (superOffsetSectors: number): Uint8Array => {
  const bytes = new Uint8Array(256 + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from("fc4e2ba901000000", "hex"));
  bytes.fill(0x5a, 16, 32);
  bytes.set(Buffer.from(padded("db7:storage", 32)), 32);
  view.setUint32(72, 1, true); // level
  view.setBigUint64(80, 2048n, true); // size in sectors
  view.setUint32(92, 2, true); // disks
  view.setBigUint64(128, 4096n, true); // data_offset
  view.setBigUint64(136, 65_536n, true); // data_size
  view.setBigUint64(144, BigInt(superOffsetSectors), true);
  view.setUint32(220, 2, true); // max_dev
  const words = new Uint32Array(bytes.buffer);
  let sum = words.reduce((a, b) => a + BigInt(b), 0n);
  sum = (sum & 0xffffffffn) + (sum >> 32n);
  view.setUint32(216, Number(sum & 0xffffffffn), true);
  return bytes;
};

/** A ZFS label's list in XDR: version, name, hostname; then uberblocks, of which libblkid wants four. */
const xdrText = (text: string): Buffer => {
  const body = Buffer.alloc(Math.ceil(text.length / 4) * 4);
  body.write(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, body]);
};
const xdrPair = (name: string, type: number, value: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(type);
  head.writeUInt32BE(1, 4);
  const body = Buffer.concat([xdrText(name), head, value]);
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32BE(body.length + 8);
  sizes.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([sizes, body]);
};
const zfsList = Buffer.concat([
  Buffer.from("010100000000000000000001", "hex"),
  xdrPair("version", 8, Buffer.from("0000000000001388", "hex")),
  xdrPair("name", 9, xdrText("tank")),
  xdrPair("hostname", 9, xdrText("nas4.example")),
  Buffer.alloc(8),
]);
const uberblock = Buffer.from("0cb1ba00000000008813000000000000", "hex");
const zfsLabel = (at: number): readonly Write[] => [
  [at + 16 * KIB, zfsList],
  ...[4, 8, 12, 16, 20].map((n): Write => [at + 128 * KIB + n * KIB, uberblock]),
];

interface Case {
  readonly name: string;
  /** What libblkid calls it; "weak" where it wants more than the mark or does not know it. */
  readonly blkid: string;
  readonly writes: readonly Write[];
  readonly told?: Record<string, unknown>;
}

const CASES: readonly Case[] = [
  {
    name: "ZFS",
    blkid: "zfs_member",
    writes: zfsLabel(0),
    told: { label: "tank", hostName: "nas4.example", detail: "a disk of this pool" },
  },
  {
    name: "md 1.2",
    blkid: "linux_raid_member",
    writes: [[4 * KIB, mdSuper(8)]],
    told: { label: "storage", hostName: "db7", detail: "RAID 1 of 2 disks" },
  },
  {
    name: "md 1.1",
    blkid: "linux_raid_member",
    writes: [[0, mdSuper(0)]],
    told: { label: "storage", hostName: "db7" },
  },
  {
    name: "md 1.0",
    blkid: "linux_raid_member",
    writes: [[SIZE - 8 * KIB, mdSuper((SIZE - 8 * KIB) / 512)]],
    told: { label: "storage", offsetBytes: SIZE - 8 * KIB },
  },
  {
    name: "md 0.90",
    blkid: "linux_raid_member",
    // magic, major, minor, patch, words, uuid, time, level, size, disks
    writes: [[SIZE - 64 * KIB, le32(0xa92b4efc, 0, 90, 0, 0, 0x5a5a5a5a, 0x60000000, 5, 1024, 3, 4)]],
    told: { detail: "RAID 5 of 4 disks" },
  },
  { name: "DRBD", blkid: "drbd", writes: [[SIZE - 4096 + 60, "\x83\x74\x02\x6b"]] },
  {
    name: "Ceph BlueStore",
    blkid: "ceph_bluestore",
    writes: [[0, "bluestore block device\n6f0b1c1e-3c0c-4a0e-8d7a-1f2e3d4c5b6a\n"]],
    told: { label: "6f0b1c1e-3c0c-4a0e-8d7a-1f2e3d4c5b6a" },
  },
  { name: "Oracle ASM", blkid: "oracleasm", writes: [[32, "ORCLDISKDATA01\0\0"]], told: { label: "DATA01" } },
  {
    name: "Intel RAID",
    blkid: "isw_raid_member",
    writes: [[SIZE - 1024, "Intel Raid ISM Cfg Sig. 1.3.00\0\0"]],
  },
  {
    name: "DDF RAID",
    blkid: "ddf_raid_member",
    writes: [[SIZE - 512, `\xde\x11\xde\x11\0\0\0\0${padded("LSI     0123456789ABCDEF", 24)}02.00.00`]],
    told: { label: "LSI 0123456789ABCDEF" },
  },
  { name: "LSI RAID", blkid: "lsi_mega_raid_member", writes: [[SIZE - 512, "$XIDE$"]] },
  { name: "BitLocker", blkid: "weak", writes: [[0, "\xeb\x58\x90-FVE-FS-"]] },
  { name: "BitLocker To Go", blkid: "weak", writes: [[424, Buffer.from("3bd66749292ed84a8399f6a339e3d001", "hex")]] },
  { name: "ReFS", blkid: "ReFS", writes: [[0, "\0\0\0ReFS\0\0\0\0"]] },
  { name: "APFS", blkid: "apfs", writes: [[0, le32(0, 0, 1, 0, 1, 0, 0x80000001, 0, 0x4253584e, 4096)]] },
  {
    name: "VMFS",
    blkid: "VMFS",
    writes: [
      [2 * MIB, "\x5e\xf1\xab\x2f"],
      [2 * MIB + 29, "datastore1\0"],
    ],
    told: { label: "datastore1" },
  },
  { name: "VMFS volume", blkid: "VMFS_volume_member", writes: [[MIB, "\x0d\xd0\x01\xc0"]] },
  { name: "Stratis", blkid: "weak", writes: [[516, "!Stra0tis\x86\xff\x02^\x41rh"]] },
  { name: "VDO", blkid: "vdo", writes: [[0, "dmvdo001"]] },
  { name: "dm-snapshot", blkid: "DM_snapshot_cow", writes: [[0, "SnAp"]] },
  { name: "dm-integrity", blkid: "weak", writes: [[0, "integrt\0"]] },
  { name: "dm-verity", blkid: "weak", writes: [[0, "verity\0\0"]] },
  { name: "zonefs", blkid: "weak", writes: [[0, "SFOZ"]] },
  { name: "EROFS", blkid: "weak", writes: [[KIB, "\xe2\xe1\xf5\xe0"]] },
  { name: "suspend image", blkid: "swsuspend", writes: [[4096 - 10, "S1SUSPEND\0"]] },
  {
    name: "FreeBSD GEOM",
    blkid: "weak",
    writes: [[SIZE - 512, `${padded("GEOM::MIRROR", 16)}${padded("gm0", 16)}`]],
    told: { label: "gm0" },
  },
  { name: "Reiser4", blkid: "reiser4", writes: [[64 * KIB, "ReIsEr4"]] },
  { name: "HFS+", blkid: "weak", writes: [[KIB, "H+\0\x04"]] },
  {
    name: "UFS",
    blkid: "ufs",
    writes: [
      [64 * KIB + 1372, "\x19\x01\x54\x19"],
      [64 * KIB + 212, "/export\0"],
    ],
    told: { lastMountedOn: "/export" },
  },
  {
    name: "Promise RAID",
    blkid: "promise_fasttrack_raid_member",
    writes: [[SIZE - 63 * 512, "Promise Technology, Inc."]],
  },
  { name: "HighPoint RAID", blkid: "hpt37x_raid_member", writes: [[4608 + 32, "\xf0\x16\x78\x5a"]] },
  { name: "NVIDIA RAID", blkid: "weak", writes: [[SIZE - 1024, "NVIDIA\0\0"]] },
  { name: "LUKS2, second header", blkid: "weak", writes: [[16 * KIB, "SKUL\xba\xbe\0\x02"]] },
  {
    name: "bcachefs",
    blkid: "weak",
    writes: [[4096 + 24, Buffer.from("c68573f666ce90a9d96a60cf803df7ef", "hex")]],
  },
  { name: "VxFS", blkid: "vxfs", writes: [[KIB, "\xf5\xfc\x01\xa5"]] },
  { name: "cramfs", blkid: "weak", writes: [[0, "\x45\x3d\xcd\x28"]] },
];

const blkidType = (path: string): string =>
  Bun.spawnSync(["blkid", "-p", "-s", "TYPE", "-o", "value", path]).stdout.toString().trim();

describe("scanRegion on what was laid down by hand", () => {
  test.each(CASES.map((one) => [one.name, one] as const))("finds %s", (name, { writes, blkid, told }) => {
    const path = image(name, writes);
    if (blkid !== "weak") expect(blkidType(path)).toBe(blkid);
    const found = scanRegion(readImage(path));
    expect(found.map((one) => one.name)).toEqual([name]);
    expect(found[0]).toMatchObject(told ?? {});
  });

  test("mdadm reads the same array", () => {
    const path = image("mdadm", [[4 * KIB, mdSuper(8)]]);
    const said = runTool("mdadm", "--examine", path);
    expect(said).toContain("Name : db7:storage");
    expect(said).toContain("Raid Level : raid1");
    expect(said).toMatch(/Checksum : \w+ - correct/);
  });

  test("a pool is found by any one of its four labels", () => {
    const labels = [0, 256 * KIB, SIZE - 512 * KIB, SIZE - 256 * KIB];
    for (const at of labels)
      expect(scanRegion(readImage(image(`zfs${at}`, zfsLabel(at))))).toMatchObject([{ name: "ZFS", label: "tank" }]);
  });

  test("a physical volume that pvcreate wrote tells its group and the host that made it", () => {
    const path = makeImage(join(dir, "lvm"), SIZE);
    const loop = runTool("losetup", "-f", "--show", path).trim();
    try {
      // Only this loop device: the machine's own volumes are not looked at.
      const only = `devices { filter = [ "a|^${loop}$|", "r|.*|" ] global_filter = [ "a|^${loop}$|", "r|.*|" ] use_devicesfile = 0 }`;
      runTool("pvcreate", "--config", only, "-q", "-y", loop);
      expect(scanRegion(readImage(path))).toMatchObject([{ name: "LVM2", detail: "a physical volume" }]);
      runTool("vgcreate", "--config", only, "-q", "-y", "vg_mail", loop);
    } finally {
      runTool("losetup", "-d", loop);
    }
    expect(blkidType(path)).toBe("LVM2_member");
    const host = runTool("uname", "-n").trim();
    expect(scanRegion(readImage(path))).toMatchObject([
      { name: "LVM2", label: "vg_mail", hostName: host, detail: "a physical volume of this volume group" },
    ]);
  });

  test("every row of the tables is found by some test of this folder", async () => {
    const made = await Bun.file(join(import.meta.dir, "scan.test.ts")).text();
    const by = new Set([...CASES.map(({ name }) => name), "LVM2"]);
    const unseen = SIGNATURES.map(({ name }) => name).filter((name) => !by.has(name) && !made.includes(`"${name}"`));
    expect(unseen).toEqual([]);
  });
});

describe("properties", () => {
  test("any bytes, and any magic among them, are read without a throw and told as the wire wants them", () => {
    const magics = SIGNATURES.flatMap(({ at, magic }) =>
      (typeof at === "function" ? at(MIB) : at).flatMap((place) =>
        magic.map(([offset, bytes]) => [place + offset, bytes] as const),
      ),
    );
    const schema = v.array(WipeEvidence);
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...magics), { maxLength: 6 }),
        fc.uint8Array({ minLength: 64, maxLength: 4096 }),
        fc.integer({ min: 512, max: MIB }),
        (some, noise, sizeBytes) => {
          const bytes = new Uint8Array(sizeBytes);
          for (let at = 0; at < sizeBytes; at += noise.length * 7) bytes.set(noise.subarray(0, sizeBytes - at), at);
          for (const [at, magic] of some)
            if (at >= 0 && at + magic.length <= sizeBytes) bytes.set(Buffer.from(magic, "latin1"), at);
          const region = regionOf([{ offset: 0, bytes }], 0, sizeBytes);
          v.parse(schema, scanRegion(region));
          v.parse(schema, readPartitionTables(region).evidence);
        },
      ),
      { numRuns: 60 },
    );
  });
});
