/** Wrong disks, disks in use, wrong orders: after each refusal not one byte differs. Loop devices of this machine under a server's sysfs; needs root. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { closeSync, constants, openSync } from "node:fs";
import { type BenchDisk, type DiskBench, openDiskBench } from "../fakes/disk-bench.ts";
import { runTool } from "../fakes/disk-image.ts";
import { CHANGED_DISKS, WRONG_DISKS } from "../fakes/wrong-disks.ts";
import type { DiskRefusal } from "../wire/wipe.ts";
import type { DiskAnswer } from "./answer.ts";
import { leaveOf, type WipeOrder } from "./permission.ts";
import { probeWipe, type WipeProbe } from "./wipe-probe.ts";
import { mintWritable, type WritableDisk } from "./writable.ts";

const MIB = 1024 * 1024;
const { signal } = new AbortController();
let bench: DiskBench;
beforeEach(() => {
  bench = openDiskBench();
});
afterEach(() => bench[Symbol.dispose]());

const orderFor = (...disks: readonly BenchDisk[]): WipeOrder => ({
  attempt: 1,
  destructive: true,
  targets: disks.map(({ target }) => target),
  leave: null,
});
let overrides = 0;
/** An operator's leave for these disks, given now, for a minute. */
const leaveFor = (attempt: number, ...disks: readonly BenchDisk[]) => {
  overrides += 1;
  const serials = disks.map(({ target }) => target.serial);
  const grant = { kind: "wipe" as const, overrideId: `override-${overrides}`, serials, expiresInMs: 60_000 };
  return leaveOf(grant, attempt, bench.clock.monoMs());
};
const probe = (disk: BenchDisk) => probeWipe(bench.system, disk.target, signal);
const mint = (disk: BenchDisk, look: WipeProbe | null, order = orderFor(disk)) =>
  mintWritable(bench.system, order, disk.target, look, signal);
/** The refusal; a disk that was minted is given back, so that its test does not leave it open. */
const refusalOf = async (answer: DiskAnswer<WritableDisk>): Promise<DiskRefusal["code"] | "minted"> => {
  if (!answer.ok) return answer.refusal.code;
  await answer.value[Symbol.asyncDispose]();
  return "minted";
};
/** Nobody holds the disk: it can be claimed. */
const expectFree = (disk: BenchDisk): void => closeSync(openSync(disk.loop, constants.O_RDONLY | constants.O_EXCL));

describe("mintWritable", () => {
  test("makes a clean disk that is in the order writable, holds it, and gives it back", async () => {
    const disk = bench.addDisk("sda", { sizeBytes: 48 * MIB });
    const look = await probe(disk);
    expect(look.facts).toMatchObject({
      verdict: "clean",
      evidence: [],
      sampled: { otherBytes: 0, readBytes: 48 * MIB },
    });
    const answer = await mint(disk, look.probe);
    if (!answer.ok) throw new Error(JSON.stringify(answer.refusal));
    const writable = answer.value;
    expect(writable).toMatchObject({ serial: "SER-SDA", name: "sda", devNumber: disk.devNumber, sizeBytes: 48 * MIB });
    expect(writable.path).toBe(`/proc/${process.pid}/fd/${writable.path.split("/").at(-1)}` as typeof writable.path);
    expect(() => openSync(disk.loop, constants.O_RDWR | constants.O_EXCL)).toThrow("EBUSY");
    runTool("dd", "if=/dev/zero", `of=${writable.path}`, "bs=4096", "count=1", "status=none");
    await writable[Symbol.asyncDispose]();
    expectFree(disk);
    expect(() => writable.path).toThrow("given back");
  });

  test.each(WRONG_DISKS.map((wrong) => [wrong.name, wrong] as const))("refuses a disk: %s", async (_name, wrong) => {
    const disk = bench.addDisk("sda", wrong.disk);
    bench.answer("sg_persist", freeOfReservations);
    wrong.disturb(bench, disk);
    const before = bench.hashes();
    const look = await probe(disk);
    expect([look.facts.verdict, look.facts.refusal?.code, look.probe]).toEqual(["refused", wrong.code, null]);
    expect(await refusalOf(await mint(disk, look.probe))).toBe("probe-missing");
    expect(bench.hashes()).toEqual(before);
    expectFree(disk);
  });

  test.each(WRONG_DISKS.map((wrong) => [wrong.name, wrong] as const))(
    "refuses a disk that was right when it was looked at: %s",
    async (_name, wrong) => {
      const disk = bench.addDisk("sda", wrong.disk);
      bench.answer("sg_persist", freeOfReservations);
      const look = await probe(disk);
      expect(look.facts.verdict).toBe("clean");
      wrong.disturb(bench, disk);
      const before = bench.hashes();
      expect(await refusalOf(await mint(disk, look.probe))).toBe(wrong.laterCode ?? wrong.code);
      expect(bench.hashes()).toEqual(before);
      expectFree(disk);
    },
  );

  test.each(CHANGED_DISKS.map((changed) => [changed.name, changed] as const))(
    "refuses a disk that changed since it was looked at: %s",
    async (_name, changed) => {
      const disk = bench.addDisk("sda");
      const look = await probe(disk);
      changed.disturb(bench, disk);
      const before = bench.hashes();
      expect(await refusalOf(await mint(disk, look.probe))).toBe(changed.code as DiskRefusal["code"]);
      expect(bench.hashes()).toEqual(before);
      expectFree(disk);
    },
  );
});

const freeOfReservations = async () => ({
  end: "exited" as const,
  exitCode: 0,
  signal: null,
  stdout: "  PR generation=0x0, there is NO reservation held\n",
  stderr: "",
  truncated: false,
  durationMs: 1,
});

describe("mintWritable against the kernel", () => {
  test("refuses a disk that is mounted although nothing says so", async () => {
    const disk = bench.addDisk("sda");
    runTool("mkfs.ext4", "-q", "-F", disk.loop);
    const look = await probe(disk);
    const at = `${bench.system.deviceRoot}/../mnt`;
    runTool("mkdir", "-p", at);
    runTool("mount", "-o", "ro,noload", disk.loop, at);
    const before = bench.hashes();
    try {
      const order = { ...orderFor(disk), leave: leaveFor(1, disk) };
      expect(await refusalOf(await mint(disk, look.probe, order))).toBe("open-elsewhere");
    } finally {
      runTool("umount", at);
    }
    expect(bench.hashes()).toEqual(before);
  });

  test("refuses a disk that another process has claimed", async () => {
    const disk = bench.addDisk("sda");
    const look = await probe(disk);
    const fd = openSync(disk.loop, constants.O_RDONLY | constants.O_EXCL);
    expect(await refusalOf(await mint(disk, look.probe))).toBe("open-elsewhere");
    closeSync(fd);
  });

  test("refuses a disk that the kernel holds read-only", async () => {
    const disk = bench.addDisk("sda", { readOnlyLoop: true });
    expect((await probe(disk)).facts.refusal?.code).toBe("read-only");
  });

  test("refuses a disk that a tool of an earlier agent still writes to, and not one that is only read", async () => {
    // Its name is that of the node that the tool opens.
    const disk = bench.addDisk("as-its-node");
    const tool = (how: string) =>
      Bun.spawn(["sh", "-c", `exec 3${how}${disk.loop}; echo open; exec cat`], { stdin: "pipe", stdout: "pipe" });
    const tools = [tool("<"), tool("<>")];
    for (const { stdout } of tools) await stdout.getReader().read();
    const [reader, writer] = tools.map(({ pid }) => pid);
    bench.showProcesses(reader ?? 0);
    expect(await refusalOf(await mint(disk, (await probe(disk)).probe))).toBe("minted");
    bench.showProcesses(writer ?? 0);
    const before = bench.hashes();
    const answer = await mint(disk, (await probe(disk)).probe);
    expect(answer).toMatchObject({ ok: false, refusal: { code: "open-elsewhere" } });
    expect(answer.ok ? "" : answer.refusal.detail).toContain(`processes ${writer} `);
    expect(bench.hashes()).toEqual(before);
    for (const { stdin, exited } of tools) {
      await stdin.end();
      await exited;
    }
    expect(await refusalOf(await mint(disk, (await probe(disk)).probe))).toBe("minted");
  });
});
