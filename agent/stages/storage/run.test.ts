/** Storage on loop devices of this machine, with the real fio and badblocks; needs root. */
import { afterEach, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, constants, openSync } from "node:fs";
import { basename } from "node:path";
import * as v from "valibot";
import { needPackages } from "../../../test/setup/packages.ts";
import { type BenchDisk, type DiskBench, openDiskBench } from "../../fakes/disk-bench.ts";
import { fakeContext } from "../../fakes/stage-context.ts";
import { exited } from "../../fakes/system.ts";
import { poke } from "../../fakes/wrong-disks.ts";
import { type Exec, systemExec } from "../../system/exec.ts";
import type { Grant } from "../../wire/order.ts";
import { resolveLimits } from "../limits.ts";
import { StorageFacts, type StorageOrder } from "./facts.ts";
import { createStorageRunner } from "./run.ts";
import { storage } from "./spec.ts";

const MIB = 2 ** 20;
/** Each fio that goes by time takes a second, on a busy machine some. */
setDefaultTimeout(60_000);
let bench: DiskBench;
beforeAll(() => needPackages(["e2fsprogs", "fio", "util-linux"]), 300_000);
beforeEach(() => {
  bench = openDiskBench();
});
afterEach(() => bench[Symbol.dispose]());

const limits = (level: 1 | 2 | 3 = 1) =>
  resolveLimits(storage.limits, "quick", { surfaceLevel: level, randomS: 1, samplePercent: 10, mostErrors: 5 });
const orderFor = (disks: readonly BenchDisk[], level: 1 | 2 | 3 = 1, destructive = true): StorageOrder =>
  storage.orderOf({
    profile: "quick",
    destructive,
    hardware: {} as never,
    disks: disks.map(({ target }) => ({ ...target, class: "virtual", mayWrite: destructive })),
    limits: limits(level),
  });

const run = async (
  order: StorageOrder,
  parts: Parameters<typeof fakeContext>[2] = {},
  exec: Exec = bench.system.exec,
) => {
  const context = fakeContext({ ...bench.system, exec }, order, parts);
  const facts = v.parse(StorageFacts, await createStorageRunner(bench.system.deviceRoot)(context));
  return { facts, checks: storage.judge(facts, limits()), context };
};
const failing = (checks: Awaited<ReturnType<typeof run>>["checks"]): readonly string[] =>
  checks
    .filter(({ verdict }) => verdict === "FAIL" || verdict === "ERROR")
    .map(({ code, component }) => `${code} ${component}`);
const expectFree = (disk: BenchDisk): void => closeSync(openSync(disk.loop, constants.O_RDONLY | constants.O_EXCL));
const isTool = (argv: readonly string[], ...words: readonly string[]): boolean =>
  words.every((word) => argv.includes(word));

describe("runStorage", () => {
  test("writes and reads back samples of all disks, measures random access, and leaves what the next probe knows as ours", async () => {
    const disks = [bench.addDisk("sda", { sizeBytes: 64 * MIB }), bench.addDisk("sdb", { sizeBytes: 64 * MIB })];
    const { facts, checks, context } = await run(orderFor(disks));
    expect(failing(checks)).toEqual([]);
    for (const disk of facts.disks) {
      expect(disk.probe?.verdict).toBe("clean");
      expect(disk.passes.map(({ what, movedBytes, errorCount }) => [what, movedBytes, errorCount])).toEqual([
        ["write", 8 * MIB, 0], // 7 stripes of 1 MiB are 10 %, and the last MiB
        ["verify", 8 * MIB, 0],
        ["random-read", expect.any(Number), 0],
        ["random-write", expect.any(Number), 0],
      ]);
      expect(disk.passes[2]?.iops).toBeGreaterThan(1);
      expect(disk.passes[2]?.p99Ms).toBeGreaterThan(0);
    }
    expect([...context.artifacts.keys()].sort()).toContain("storage-SER-SDA-verify.txt");
    expect(context.progressed.at(-1)).toBe(1);
    disks.forEach(expectFree);
    const again = await run(orderFor(disks));
    expect(again.facts.disks.map(({ probe }) => probe?.verdict)).toEqual(["clean", "clean"]);
    expect(again.facts.disks[0]?.probe?.sampled?.ownBytes).toBeGreaterThan(8 * MIB);
  });

  test("data on one disk keeps it from writing to any, and says what it is", async () => {
    const disks = [bench.addDisk("sda"), bench.addDisk("sdb")] as const;
    poke(disks[1], 5 * MIB);
    const before = bench.hashes();
    const { facts, checks } = await run(orderFor(disks));
    expect(bench.hashes()).toEqual(before);
    expect(facts.held).toBe(true);
    expect(facts.disks.flatMap(({ passes }) => passes)).toEqual([]);
    expect(failing(checks)).toEqual(["storage.unexpected-data disk SER-SDB"]);
    expect(storage.summarise(facts)).toBe("1 of 2 disks hold data; nothing was written");
  });

  test("with leave for that disk it writes to all, and says by which", async () => {
    const disks = [bench.addDisk("sda"), bench.addDisk("sdb")] as const;
    poke(disks[1], 5 * MIB);
    const grant: Grant = { kind: "wipe", overrideId: "run-1", serials: ["SER-SDB"], expiresInMs: 60_000 };
    const { facts, checks } = await run(orderFor(disks), { grant: { value: grant, sinceMonoMs: 0 } });
    expect(failing(checks)).toEqual([]);
    expect(facts.disks.map(({ overrideId, passes }) => [overrideId, passes.length])).toEqual([
      [undefined, 4],
      ["run-1", 4],
    ]);
  });

  test("leave for another disk, or one that is over, is none", async () => {
    const disk = bench.addDisk("sda");
    poke(disk, 5 * MIB);
    const before = bench.hashes();
    for (const [serials, expiresInMs] of [
      [["SER-SDB"], 60_000],
      [["SER-SDA"], 0],
    ] as const) {
      const grant: Grant = { kind: "wipe", overrideId: "run-2", serials: [...serials], expiresInMs };
      const { facts } = await run(orderFor([disk]), { grant: { value: grant, sinceMonoMs: 0 } });
      expect(facts.held).toBe(true);
    }
    expect(bench.hashes()).toEqual(before);
  });

  test("a run that may not write reads only, also a disk that holds data", async () => {
    const disk = bench.addDisk("sda");
    poke(disk, 5 * MIB);
    const before = bench.hashes();
    const { facts, checks } = await run(orderFor([disk], 2, false));
    expect(facts.disks[0]?.passes.map(({ what, movedBytes }) => [what, movedBytes > 0])).toEqual([
      ["read", true],
      ["random-read", true],
    ]);
    expect(failing(checks)).toEqual([]);
    expect(bench.hashes()).toEqual(before);
  });

  test("four patterns go over a hard disk, block by block", async () => {
    const disk = bench.addDisk("sda");
    const order = orderFor([disk], 3);
    const { facts, checks } = await run({
      ...order,
      disks: order.disks.map((one) => ({ ...one, class: "hdd", surface: "patterns" })),
      randomS: 0,
    });
    expect(facts.disks[0]?.passes).toMatchObject([
      { what: "patterns", end: "exited", movedBytes: 8 * 8 * MIB, errorCount: 0, failures: [] },
    ]);
    expect(failing(checks).filter((one) => !one.startsWith("storage.speed"))).toEqual([]);
  });

  test("a disk that something uses is left alone, and the others are tested", async () => {
    const disks = [bench.addDisk("sda"), bench.addDisk("sdb")] as const;
    bench.write(`${disks[0].sysfs}/holders/md0`, "");
    const before = bench.hashes();
    const { facts, checks } = await run(orderFor(disks));
    expect(facts.disks.map(({ refusal, passes }) => [refusal?.code, passes.length])).toEqual([
      ["held", 0],
      [undefined, 4],
    ]);
    expect(bench.hashes()[0]).toBe(before[0] ?? "");
    expect(failing(checks)).toEqual(["storage.disk disk SER-SDA"]);
  });
});

/** Runs the real tools, and does something before those that match. */
const meddling =
  (matches: (argv: readonly string[]) => boolean, before: () => void): Exec =>
  (invocation, signal) => {
    if (matches(invocation.argv)) before();
    return systemExec(invocation, signal);
  };

describe("runStorage on a bad disk", () => {
  test("finds what the disk changed between writing and reading, with its place, and spares it the rest", async () => {
    const disk = bench.addDisk("sda");
    const exec = meddling(
      (argv) => isTool(argv, "fio", "--readonly", "--verify=crc32c"),
      () => poke(disk, 2 * MIB + 5 * 4096 + 99),
    );
    const { facts, checks } = await run(orderFor([disk], 2), {}, exec);
    expect(facts.disks[0]?.passes.map(({ what, end, exitCode }) => [what, end, exitCode])).toEqual([
      ["write", "exited", 0],
      ["verify", "exited", 0], // its exit code says nothing
    ]);
    expect(facts.disks[0]?.passes[1]).toMatchObject({
      errorCount: 1,
      errors: [{ kind: "verify", offsetBytes: 2 * MIB + 5 * 4096 }],
    });
    expect(failing(checks)).toEqual(["storage.surface disk SER-SDA"]);
  });

  test("gives a disk up after so many errors", async () => {
    const disk = bench.addDisk("sda");
    const exec = meddling(
      (argv) => isTool(argv, "fio", "--readonly", "--verify=crc32c"),
      () => {
        for (let block = 0; block < 200; block += 1) poke(disk, block * 4096 + 99);
      },
    );
    const { facts } = await run(orderFor([disk], 2), {}, exec);
    const last = facts.disks[0]?.passes.at(-1);
    expect(last?.errorCount).toBeGreaterThanOrEqual(5);
    expect(facts.disks[0]?.passes).toHaveLength(2);
  });

  test("a tool that is not installed makes the surface unknown, not good", async () => {
    const exec: Exec = (invocation, signal) =>
      invocation.argv[0] === "fio"
        ? Promise.resolve({ ...exited(""), end: "absent", exitCode: null })
        : systemExec(invocation, signal);
    const { checks } = await run(orderFor([bench.addDisk("sda")]), {}, exec);
    expect(checks.find(({ code }) => code === "storage.surface")).toMatchObject({ verdict: "ERROR" });
  });

  test("a disk that stands still is seen by its counter and given up, its tool with it", async () => {
    const disk = bench.addDisk("sda");
    let sectors = 0;
    const stat = `/sys/dev/block/${disk.devNumber}/stat`;
    const files = {
      ...bench.system.files,
      readText: async (path: string) =>
        path === stat ? `0 0 ${sectors} 0 0 0 0 0 0 0 0` : bench.system.files.readText(path),
    };
    const exec: Exec = async (invocation, signal) => {
      if (invocation.argv[0] !== "fio") return systemExec(invocation, signal);
      const ended = Promise.withResolvers<void>();
      signal?.addEventListener("abort", () => ended.resolve());
      for (let second = 0; second < 60; second += 1) {
        sectors += 200_000;
        await bench.clock.pass(1_000);
      }
      await bench.clock.pass(130_000);
      await ended.promise;
      return { ...exited(""), end: "aborted", exitCode: null, durationMs: 190_000 };
    };
    const context = fakeContext({ ...bench.system, exec, files }, { ...orderFor([disk], 2), stallS: 120 });
    const facts = v.parse(StorageFacts, await createStorageRunner(bench.system.deviceRoot)(context));
    expect(facts.disks[0]?.passes).toMatchObject([{ what: "write", end: "stalled" }]);
    expect(storage.judge(facts, limits()).find(({ code }) => code === "storage.stalled")).toMatchObject({
      verdict: "FAIL",
    });
  });

  test("a cancelled stage gives its disks back", async () => {
    const disk = bench.addDisk("sda", { sizeBytes: 64 * MIB });
    const cancel = new AbortController();
    const seen: string[] = [];
    const exec: Exec = (invocation, signal) => {
      seen.push(basename(invocation.argv[0]));
      if (invocation.argv[0] === "fio") cancel.abort();
      return systemExec(invocation, signal === undefined ? cancel.signal : AbortSignal.any([signal, cancel.signal]));
    };
    await run(orderFor([disk]), { signal: cancel.signal }, exec);
    expect(seen.filter((tool) => tool === "fio")).toHaveLength(1);
    expectFree(disk);
  });
});
