/** What is written is what the formats' own readers know. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, open, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../../setup/packages.ts";
import { needTool, runTool } from "../command.ts";
import { decodeServer, type ServerDeclaration } from "../declaration.ts";
import { writeContent } from "./write.ts";

const MIB = 2 ** 20;
const SIZE = 64 * MIB;

let root = "";
beforeAll(async () => {
  await needPackages(["util-linux", "e2fsprogs", "mdadm", "lvm2"]);
  root = await mkdtemp(join(tmpdir(), "vetbox-content-"));
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));

type Content = NonNullable<NonNullable<ServerDeclaration["disks"]>[number]["content"]>;
let images = 0;

/** An image of 64 MiB with this on it. */
const makeImage = async (content: Content): Promise<string> => {
  const path = join(root, `${images++}.img`);
  await writeFile(path, "");
  await truncate(path, SIZE);
  const disks = [{ serial: "D1", size: "64 MiB", bus: "virtio", content } as const];
  const [disk] = decodeServer({ name: "s1", firmware: "bios", disks }).disks;
  await writeContent(path, SIZE, disk?.content ?? []);
  return path;
};

/** The fields that libblkid sees when it looks at the bytes alone. */
const probe = async (path: string): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    (await runTool(["blkid", "-p", "-o", "export", path])).stdout.split("\n").flatMap((line) => {
      const [key, value] = line.split("=");
      return key === undefined || value === undefined || key === "DEVNAME" ? [] : [[key, value]];
    }),
  );

const readAt = async (path: string, at: number, length: number): Promise<Buffer> => {
  await using file = await open(path, "r");
  return (await file.read(Buffer.alloc(length), 0, length, at)).buffer;
};

test.each([
  ["ext4", { TYPE: "ext4", LABEL: "srv-data" }],
  ["xfs", { TYPE: "xfs", LABEL: "srv-data" }],
  ["btrfs", { TYPE: "btrfs", LABEL: "srv-data" }],
  ["vfat", { TYPE: "vfat", LABEL: "SRV-DATA" }],
  ["ntfs", { TYPE: "ntfs", LABEL: "srv-data" }],
  ["swap", { TYPE: "swap", LABEL: "srv-data" }],
  ["luks", { TYPE: "crypto_LUKS", LABEL: "srv-data", VERSION: "2" }],
  ["gpt", { PTTYPE: "gpt" }],
  ["mbr", { PTTYPE: "dos" }],
  ["lvm", { TYPE: "LVM2_member" }],
  ["md", { TYPE: "linux_raid_member", VERSION: "1.2", LABEL: "db-07:srv-data" }],
  ["md-at-end", { TYPE: "linux_raid_member", VERSION: "1.0", LABEL: "db-07:srv-data" }],
  ["zfs", { TYPE: "zfs_member", LABEL: "srv-data", VERSION: "5000" }],
  ["zfs-at-end", { TYPE: "zfs_member", LABEL: "srv-data" }],
  ["vmfs", { TYPE: "VMFS_volume_member" }],
  ["ceph-bluestore", { TYPE: "ceph_bluestore" }],
] as const)("writeContent: blkid knows %s", async (kind, fields) => {
  expect(await probe(await makeImage(kind))).toMatchObject(fields);
});

test("writeContent: without content blkid sees nothing", async () => {
  expect(await probe(await makeImage([]))).toEqual({});
});

test("writeContent: ext4 has the host's name inside", async () => {
  const path = await makeImage({ kind: "ext4", label: "pgdata", host: "db-12" });
  expect(await needTool(["debugfs", "-R", "cat /etc/hostname", path])).toBe("db-12\n");
  expect(await probe(path)).toMatchObject({ LABEL: "pgdata" });
});

test("writeContent: mdadm reads both superblocks, sums them right and knows the array's name", async () => {
  const array = { label: "boot", host: "web-3" } as const;
  for (const [kind, version] of [
    ["md", "1.2"],
    ["md-at-end", "1.0"],
  ] as const) {
    const text = await needTool(["mdadm", "--examine", await makeImage({ kind, ...array })]);
    expect(text).toMatch(new RegExp(`Version : ${version}`));
    expect(text).toMatch(/Name : web-3:boot/);
    expect(text).toMatch(/Raid Level : raid1/);
    expect(text).toMatch(/Checksum : [0-9a-f]+ - correct/);
  }
});

test("writeContent: pvs reads the group, the volume and the host that made it, from a loop device", async () => {
  const path = await makeImage({ kind: "lvm", label: "vg_db", host: "db-12" });
  const device = (await needTool(["losetup", "--find", "--show", "--read-only", path])).trim();
  try {
    const config = ["--readonly", "--config", `devices { filter=["a|^${device}$|","r|.*|"] use_devicesfile=0 }`];
    const group = await needTool([
      "pvs",
      ...config,
      "--noheadings",
      "-o",
      "vg_name,pv_size,pv_used",
      "--units",
      "m",
      device,
    ]);
    expect(group.trim().split(/\s+/)).toEqual(["vg_db", "63.00m", "63.00m"]);
    const volumes = await needTool(["lvs", ...config, "--noheadings", "-o", "lv_name,lv_host", "vg_db"]);
    expect(volumes.trim().split(/\s+/)).toEqual(["root", "db-12"]);
  } finally {
    await runTool(["losetup", "--detach", device]);
  }
});

test("writeContent: bytes and patterns are where they were declared, from the end, too, each over the one before", async () => {
  const path = await makeImage([
    { kind: "ones", at: "1 MiB", length: "64 KiB" },
    { kind: "zeros", at: "1 MiB", length: "512 B" },
    { kind: "text", at: "32 MiB", text: "precious" },
    { kind: "hex", at: "-1 MiB", hex: "c0ffee" },
    { kind: "random", at: "-4 KiB", length: "4 KiB" },
  ]);
  expect(await readAt(path, MIB, 513)).toEqual(Buffer.concat([Buffer.alloc(512), Buffer.from([0xff])]));
  expect((await readAt(path, MIB + 65_535, 2)).toString("hex")).toBe("ff00");
  expect((await readAt(path, 32 * MIB, 8)).toString()).toBe("precious");
  expect((await readAt(path, SIZE - MIB, 4)).toString("hex")).toBe("c0ffee00");
  // AES-128 of zeros under a key of zeros (FIPS 197's algorithm; NIST's GFSbox vectors have the same key)
  expect((await readAt(path, SIZE - 4096, 4)).toString("hex")).toBe("66e94bd4");
});
