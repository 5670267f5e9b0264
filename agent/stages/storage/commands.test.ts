import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { resolveLimits } from "../limits.ts";
import {
  badblocksBlockBytes,
  extentBytes,
  extentOf,
  patternsArgv,
  randomReadArgv,
  randomWriteArgv,
  readArgv,
  verifyArgv,
  writeArgv,
} from "./commands.ts";
import type { StorageDisk } from "./facts.ts";
import { expectedDiskMs, groupDisks, orderStorage, planStorage } from "./order.ts";
import { durationText } from "./progress.ts";
import { storage } from "./spec.ts";
import { evidenceText, sizeText } from "./words.ts";

const TB = 1e12;
const MIB = 2 ** 20;

describe("badblocksBlockBytes", () => {
  test.each([
    [4 * TB, 4096],
    [8 * TB, 4096],
    [16 * TB, 4096],
    [17.5 * TB, 4096],
    [20 * TB, 8192],
    [30 * TB, 8192],
    [36 * TB, 16_384],
  ])("%d bytes in blocks of %d", (size, block) => {
    expect(badblocksBlockBytes(size)).toBe(block);
    expect(size / block).toBeLessThan(2 ** 32);
  });
  test("the first size that 4 KiB cannot count, to the byte", () => {
    expect(badblocksBlockBytes(2 ** 32 * 4096 - 4096)).toBe(4096);
    expect(badblocksBlockBytes(2 ** 32 * 4096)).toBe(8192);
  });
});

describe("extentOf", () => {
  test("a sample of 18 TB is spread over all of it, and bounded", () => {
    const extent = extentOf(18 * TB, { percent: 1, gib: 64 });
    expect(extent.stripes).toEqual({ count: 4096, lengthBytes: 16 * MIB, gapBytes: expect.any(Number) });
    const { count, lengthBytes, gapBytes } = extent.stripes ?? { count: 0, lengthBytes: 0, gapBytes: 0 };
    const last = (count - 1) * (lengthBytes + gapBytes) + lengthBytes;
    expect(last).toBeLessThanOrEqual(18 * TB);
    expect(last).toBeGreaterThan(17.9 * TB);
    expect(extent.end.offset + extent.end.length).toBeLessThanOrEqual(18 * TB);
    expect(18 * TB - extent.end.offset - extent.end.length).toBeLessThan(4096);
  });

  test("property: stripes and end lie within the disk, and their places are blocks of ours", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2 * 2048, max: 60_000_000_000 }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (sectors, percent) => {
          const sizeBytes = sectors * 512;
          const { stripes, end } = extentOf(sizeBytes, { percent, gib: 64 });
          expect(end.offset % 4096).toBe(0);
          expect(end.length % 4096).toBe(0);
          expect(end.offset + end.length).toBeLessThanOrEqual(sizeBytes);
          if (stripes === undefined) return;
          expect(stripes.gapBytes % MIB).toBe(0);
          expect(stripes.gapBytes).toBeGreaterThan(0);
          expect(stripes.count * (stripes.lengthBytes + stripes.gapBytes)).toBeLessThanOrEqual(sizeBytes);
        },
      ),
    );
  });
});

describe("the commands", () => {
  const extent = extentOf(64 * MIB, null);
  const path = "<disk A>" as const;
  test("those that read cannot write", () => {
    for (const argv of [readArgv(path, extent), verifyArgv(path, extent), randomReadArgv(path, 5)]) {
      expect(argv.slice(0, 2)).toEqual(["fio", "--readonly"]);
      expect(argv.filter((word) => word.startsWith("--rw=")).every((word) => /read$/.test(word))).toBe(true);
    }
  });
  test("everything that fio writes says where it lies, and nothing waits in its memory", () => {
    for (const argv of [writeArgv(path, extent), randomWriteArgv(path, 5)]) {
      expect(argv).toContain("--verify_interval=4096");
      expect(argv).toContain("--do_verify=0");
    }
  });
  test("every command goes past the page cache and names the disk once", () => {
    const all = [
      readArgv(path, extent),
      verifyArgv(path, extent),
      randomReadArgv(path, 5),
      writeArgv(path, extent),
      randomWriteArgv(path, 5),
    ];
    for (const argv of all) {
      expect(argv).toContain("--direct=1");
      expect(argv.filter((word) => word.includes(path))).toEqual([`--filename=${path}`]);
    }
    expect(patternsArgv(path, 20 * TB, 7)).toEqual([
      "badblocks",
      "-w",
      "-f",
      "-v",
      "-b",
      "8192",
      "-c",
      "2048",
      "-e",
      "7",
      path,
    ]);
  });
});

const disk = (serial: string, more: Partial<StorageDisk> = {}): StorageDisk => ({
  serial,
  sizeBytes: 4 * TB,
  class: "hdd",
  mayWrite: true,
  surface: "full-write",
  ...more,
});
const limits = resolveLimits(storage.limits, "standard");
const order = (disks: readonly StorageDisk[], level = 2) =>
  orderStorage({
    profile: "standard",
    destructive: true,
    hardware: {} as never,
    disks,
    limits: { ...limits, surfaceLevel: level },
  });

describe("the order", () => {
  test("four patterns are for hard disks, and what may not be written is read", () => {
    const disks = [
      disk("A"),
      disk("B", { class: "ssd" }),
      disk("C", { class: "nvme" }),
      disk("D", { mayWrite: false }),
    ];
    const kinds = (level: number) => order(disks, level).disks.map(({ surface }) => surface);
    expect(kinds(1)).toEqual(["sampled-write", "sampled-write", "sampled-write", "sampled-read"]);
    expect(kinds(2)).toEqual(["full-write", "full-write", "full-write", "full-read"]);
    expect(kinds(3)).toEqual(["patterns", "full-write", "full-write", "full-read"]);
  });

  test("disks of one controller share what it carries, NVMe drives share nothing", () => {
    const hba = (n: number) => Array.from({ length: n }, (_, i) => disk(`H${i}`, { pciAddress: "0000:03:00.0" }));
    const ordered = { ...order([...hba(60), disk("N1", { class: "nvme" }), disk("N2", { class: "nvme" })]) };
    expect(groupDisks(ordered).map(({ disks, lanes }) => [disks.length, lanes])).toEqual([
      [60, 37], // 6000 MB/s at 160 MB/s each
      [1, 1],
      [1, 1],
    ]);
  });

  test("the time is that of the slowest controller: 4 TB written and read at 160 MB/s are 14 hours", () => {
    expect(Math.round(expectedDiskMs(disk("A"), order([disk("A")])) / 360_000) / 10).toBe(13.9);
    const two = [disk("A", { pciAddress: "a" }), disk("B", { pciAddress: "b" })];
    expect(planStorage(order(two)).expectedMs - planStorage(order(two.slice(0, 1))).expectedMs).toBe(4_000);
  });

  test("the plan names what it wipes, by serial, and shows no path", () => {
    const { steps } = planStorage(order([disk("A"), disk("B", { mayWrite: false, whyNot: "not in the spec" })]));
    expect(steps.filter(({ wipes }) => wipes !== undefined).map(({ wipes }) => wipes)).toEqual(["A", "A"]);
    expect(JSON.stringify(steps)).not.toContain("/dev/");
    expect(steps.find(({ what }) => what.includes("not in the spec"))?.argv?.slice(0, 2)).toEqual([
      "fio",
      "--readonly",
    ]);
    expect(steps.map(({ argv }) => argv?.[0])).toEqual([undefined, "fio", "fio", "fio", "fio", "fio", "fio"]);
  });
});

test("extentBytes counts the whole of a disk, and its end once more", () => {
  expect(extentBytes(extentOf(64 * MIB, null))).toBe(65 * MIB);
});

test("words", () => {
  expect([0, 999, 4096, 4e12, 512e6, 1.5e9].map(sizeText)).toEqual([
    "0 B",
    "999 B",
    "4.1 kB",
    "4 TB",
    "512 MB",
    "1.5 GB",
  ]);
  expect([40_000, 720_000, 11_100_000].map(durationText)).toEqual(["40 s", "12 min", "3 h 05 min"]);
  expect(
    evidenceText({
      kind: "signature",
      name: "ext4",
      label: "rootfs",
      hostName: "db7",
      lastMountedMs: Date.UTC(2025, 2, 1),
      lastMountedOn: "/",
      sizeBytes: 32e9,
      offsetBytes: 1e6,
    }),
  ).toBe('ext4 "rootfs", 32 GB, of host db7, last mounted 2025-03-01 on /, at 1 MB');
});
