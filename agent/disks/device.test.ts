import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { closeSync, fstatSync, openSync } from "node:fs";
import { createFakeClock } from "../fakes/clock.ts";
import { type DiskBench, openDiskBench } from "../fakes/disk-bench.ts";
import { poke } from "../fakes/wrong-disks.ts";
import { alignedBytes, devNumberOf, openReadable, READ_TIMEOUT_MS, type ReadOutcome, withDeadline } from "./device.ts";

let bench: DiskBench;
beforeEach(() => {
  bench = openDiskBench();
});
afterEach(() => bench[Symbol.dispose]());

describe("devNumberOf", () => {
  test("agrees with sysfs about a real device", () => {
    const { loop, devNumber } = bench.addDisk("sda");
    const fd = openSync(loop, "r");
    expect(devNumberOf(fstatSync(fd).rdev)).toBe(devNumber);
    closeSync(fd);
  });

  // glibc, sysdeps/unix/sysv/linux/makedev.c: 8 and 12 low bits of minor and major, the rest above
  test.each([
    [0x0800, "8:0"],
    [0x10301, "259:1" /* majors above 255 fit the first twelve bits */],
    [0x1_0000_0 + 0x0810, "8:272"],
    [Number((259n << 8n) | 0x34n | (0x12n << 20n)), "259:4660"],
  ])("%d is %s", (rdev, words) => {
    expect(devNumberOf(rdev)).toBe(words);
  });
});

describe("openReadable", () => {
  test("reads past the page cache what another wrote a moment ago", async () => {
    const disk = bench.addDisk("sda");
    await using device = await openReadable(bench.clock, disk.loop);
    const into = alignedBytes(4096);
    expect(await device?.read(into, 4096)).toMatchObject({ ok: true });
    expect(into.every((byte) => byte === 0)).toBe(true);
    poke(disk, 4096 + 7);
    await device?.read(into, 4096);
    expect(into[7]).toBe(0x58);
  });

  test("opens nothing that is no block device", async () => {
    expect(await openReadable(bench.clock, import.meta.path).catch((error) => error.code)).toBeNull();
    expect(await openReadable(bench.clock, `${bench.system.deviceRoot}/nothing`).catch((error) => error.code)).toBe(
      "ENOENT",
    );
  });

  test("a short read and a refused one are errors, not bytes", async () => {
    const disk = bench.addDisk("sda");
    await using device = await openReadable(bench.clock, disk.loop);
    expect(await device?.read(alignedBytes(8192), disk.target.sizeBytes - 4096)).toEqual({
      ok: false,
      reason: "error",
      detail: "4096 of 8192 bytes",
    });
    expect(await device?.read(alignedBytes(512), 1)).toMatchObject({ ok: false, detail: "EINVAL" });
  });
});

describe("withDeadline", () => {
  test("gives up a read that does not end, and only then", async () => {
    const clock = createFakeClock();
    let outcome: ReadOutcome | undefined;
    const waiting = withDeadline(clock, new Promise(() => {}), READ_TIMEOUT_MS).then((ended) => {
      outcome = ended;
    });
    await clock.pass(READ_TIMEOUT_MS - 1);
    expect(outcome).toBeUndefined();
    await clock.pass(1);
    await waiting;
    expect(outcome).toEqual({ ok: false, reason: "hung", detail: `no answer within ${READ_TIMEOUT_MS} ms` });
  });

  test("a read that ends is its outcome, and leaves no timer", async () => {
    const clock = createFakeClock();
    const read: ReadOutcome = { ok: true, bytes: new Uint8Array(1) };
    expect(await withDeadline(clock, Promise.resolve(read), READ_TIMEOUT_MS)).toBe(read);
    await expect(clock.until(() => false)).rejects.toThrow("not within");
  });
});
