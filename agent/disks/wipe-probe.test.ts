/** What the wipe probe tells of a disk, from a blank one to one that cannot be read. Loop devices of this machine under a server's sysfs; needs root. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { needPackages } from "../../test/setup/packages.ts";
import { type BenchDisk, type DiskBench, openDiskBench } from "../fakes/disk-bench.ts";
import { runTool } from "../fakes/disk-image.ts";
import { exited } from "../fakes/system.ts";
import { poke } from "../fakes/wrong-disks.ts";
import { readContents } from "./contents.ts";
import type { ReadableDevice, ReadablePath, ReadOutcome } from "./device.ts";
import type { WipeOrder } from "./permission.ts";
import { probeWipe, type WipeProbe } from "./wipe-probe.ts";
import { mintWritable } from "./writable.ts";

const MIB = 1024 * 1024;
const { signal } = new AbortController();
let bench: DiskBench;
beforeAll(() => needPackages(["cryptsetup-bin", "e2fsprogs", "fdisk", "fio", "lvm2", "util-linux"]), 300_000);
beforeEach(() => {
  bench = openDiskBench();
});
afterEach(() => bench[Symbol.dispose]());

/** Whether an order without an override lets the disk be written after this probe. */
const mint = async (disk: BenchDisk, probe: WipeProbe | null): Promise<string> => {
  const order: WipeOrder = { attempt: 1, destructive: true, targets: [disk.target], leave: null };
  const answer = await mintWritable(bench.system, order, disk.target, probe, signal);
  if (!answer.ok) return answer.refusal.code;
  await answer.value[Symbol.asyncDispose]();
  return "minted";
};

const CONTENT: readonly (readonly [string, string, (loop: string, disk: BenchDisk) => void])[] = [
  ["ext4", "ext4", (loop) => runTool("mkfs.ext4", "-q", "-F", "-L", "rootfs", loop)],
  [
    "LVM",
    "LVM2",
    (loop) =>
      runTool(
        "pvcreate",
        "-q",
        "-y",
        "--config",
        `devices { filter = [ "a|^${loop}$|", "r|.*|" ] use_devicesfile = 0 }`,
        loop,
      ),
  ],
  [
    "LUKS",
    "LUKS2",
    (loop) =>
      runTool(
        "cryptsetup",
        "luksFormat",
        "--pbkdf",
        "pbkdf2",
        "--pbkdf-force-iterations",
        "1000",
        "-q",
        "--luks2-keyslots-size",
        "256k",
        "--luks2-metadata-size",
        "16k",
        loop,
        "/etc/hostname",
      ),
  ],
  ["swap", "swap", (loop) => runTool("mkswap", loop)],
  [
    "a GPT",
    "GPT",
    (loop) => Bun.spawnSync(["sfdisk", "-q", "--no-reread", loop], { stdin: Buffer.from("label: gpt\nsize=2048\n") }),
  ],
  ["one byte in its middle", "data without a signature", (_, disk) => poke(disk, 3 * MIB)],
  ["one byte at its end", "data without a signature", (_, disk) => poke(disk, disk.target.sizeBytes - 1)],
  [
    "random bytes",
    "data without a signature",
    (loop) => runTool("dd", "if=/dev/urandom", `of=${loop}`, "bs=1M", "count=8", "status=none"),
  ],
];

describe("probeWipe", () => {
  test.each(CONTENT)("finds %s, reads only, and the disk is refused", async (_name, found, write) => {
    const disk = bench.addDisk("sda");
    write(disk.loop, disk);
    runTool("sync", disk.loop);
    const before = bench.hashes();
    const { facts, probe } = await probeWipe(bench.system, disk.target, signal);
    expect(facts.verdict).toBe("data");
    expect(facts.evidence.map(({ name }) => name)).toContain(found);
    expect(await mint(disk, probe)).toBe("data-without-override");
    expect(bench.hashes()).toEqual(before);
  });

  test("tells label, time, place and host name of a root file system within a partition", async () => {
    const disk = bench.addDisk("sda", { sizeBytes: 48 * MIB });
    Bun.spawnSync(["sfdisk", "-q", "--no-reread", disk.image], {
      stdin: Buffer.from("label: gpt\nstart=4096, size=65536, name=root\n"),
    });
    runTool("mkfs.ext4", "-q", "-F", "-L", "rootfs", "-E", `offset=${2 * MIB}`, disk.image, "32M");
    runTool("mkdir", "-p", `${bench.system.deviceRoot}/etc`);
    const file = `${bench.system.deviceRoot}/name`;
    await Bun.write(file, "db7.example\n");
    for (const request of ["mkdir etc", `write ${file} etc/hostname`])
      runTool("debugfs", "-w", "-R", request, `${disk.image}?offset=${2 * MIB}`);
    const { facts } = await probeWipe(bench.system, disk.target, signal);
    expect(facts.evidence[0]).toMatchObject({
      kind: "signature",
      name: "ext4",
      label: "rootfs",
      hostName: "db7.example",
      offsetBytes: 2 * MIB + 1024,
      sizeBytes: 32 * MIB,
    });
    expect(facts.evidence.map(({ name }) => name)).toContain("GPT partition 1");
  });

  test("what it tells never holds what is on the disk", async () => {
    const disk = bench.addDisk("sda");
    const secret = Array.from({ length: 500 }, (_, i) => `customer${i}=${(i * 7919) % 1_000_003}`).join("\n");
    const file = `${bench.system.deviceRoot}/secret`;
    await Bun.write(file, secret);
    runTool("dd", `if=${file}`, `of=${disk.loop}`, "bs=4096", "conv=sync", "seek=100", "status=none");
    const { facts } = await probeWipe(bench.system, disk.target, signal);
    expect(facts.evidence).toMatchObject([{ kind: "data", name: "data without a signature", offsetBytes: 409_600 }]);
    expect(facts.evidence[0]?.detail).toMatch(
      /^in 1 of 8 samples; the first block has \d\.\d bits of entropy a byte, 100 % printable$/,
    );
    expect(JSON.stringify(facts)).not.toContain("customer");
  });

  test("a disk is not clean when a tool could not give its opinion, and an override is needed", async () => {
    const disk = bench.addDisk("sda");
    bench.answer("wipefs", async () => ({ ...exited(""), end: "absent", exitCode: null }));
    const { facts, probe } = await probeWipe(bench.system, disk.target, signal);
    expect(facts).toMatchObject({
      verdict: "unknown",
      evidence: [{ kind: "tool", name: "wipefs", detail: "wipefs is not installed." }],
    });
    expect(await mint(disk, probe)).toBe("data-without-override");
  });

  test.each([
    [
      "badblocks, three patterns one over another",
      (loop: string) => {
        runTool("badblocks", "-w", "-t", "0xaa", "-b", "4096", loop);
        runTool("badblocks", "-w", "-t", "0x55", "-b", "4096", loop, "1500", "200");
        runTool("badblocks", "-w", "-t", "0xff", "-b", "4096", loop, "700", "0");
      },
    ],
    [
      "fio, both the surface test and random writes over it",
      (loop: string) => {
        const fio = (...more: readonly string[]) =>
          runTool(
            "fio",
            "--name=t",
            `--filename=${loop}`,
            "--direct=1",
            "--verify=crc32c",
            "--verify_interval=4096",
            "--do_verify=0",
            "--verify_state_save=0",
            ...more,
          );
        fio("--rw=write", "--bs=1M", "--size=5M");
        fio("--rw=randwrite", "--bs=4k", "--size=8M", "--io_size=1M");
      },
    ],
  ])("an interrupted test of our own is no data: %s", async (_name, write) => {
    const disk = bench.addDisk("sda");
    write(disk.loop);
    const { facts, probe } = await probeWipe(bench.system, disk.target, signal);
    expect(facts).toMatchObject({ verdict: "clean", evidence: [], sampled: { otherBytes: 0 } });
    expect(await mint(disk, probe)).toBe("minted");
  });

  test("ends when it is cancelled, and so does the mint, which gives the disk back", async () => {
    const disk = bench.addDisk("sda");
    const order: WipeOrder = { attempt: 1, destructive: true, targets: [disk.target], leave: null };
    const aborted = AbortSignal.abort();
    await expect(probeWipe(bench.system, disk.target, aborted)).rejects.toThrow();
    const { probe } = await probeWipe(bench.system, disk.target, signal);
    await expect(mintWritable(bench.system, order, disk.target, probe, aborted)).rejects.toThrow();
    expect(await mint(disk, probe)).toBe("minted");
  });
});

/** A device whose reads go as told, by their place in MiB; everything else is blank. */
const sickDevice = (sick: (mib: number) => ReadOutcome | undefined): ReadableDevice & { readonly asked: number[] } => {
  const asked: number[] = [];
  return {
    asked,
    devNumber: "8:0",
    path: "/nowhere" as ReadablePath,
    read: async (into, offset) => {
      asked.push(offset / MIB);
      return sick(offset / MIB) ?? { ok: true, bytes: into };
    },
    [Symbol.asyncDispose]: async () => {},
  };
};
const EIO: ReadOutcome = { ok: false, reason: "error", detail: "EIO" };

describe("readContents", () => {
  test("tells each sample that could not be read, and reads on", async () => {
    const device = sickDevice((mib) => (mib === 3 || mib === 99 ? EIO : undefined));
    const { sampled, evidence, hashes } = await readContents(device, 100 * MIB, "00000001", signal);
    expect(evidence).toEqual([
      { kind: "read", name: "unreadable", offsetBytes: 3 * MIB, detail: "EIO" },
      { kind: "read", name: "unreadable", offsetBytes: 99 * MIB, detail: "EIO" },
    ]);
    expect(sampled).toMatchObject({ unreadableBytes: 2 * MIB, uniformBytes: sampled.readBytes, otherBytes: 0 });
    expect(sampled.readBytes).toBe(94 * MIB);
    expect([hashes.head?.length, hashes.tail]).toEqual([64, null]);
  });

  test("asks a disk that answers nothing no more than eight times", async () => {
    const device = sickDevice(() => EIO);
    const { sampled, evidence } = await readContents(device, 1000 * MIB, "00000001", signal);
    expect(device.asked).toHaveLength(8);
    expect(evidence).toHaveLength(8);
    expect(sampled).toMatchObject({ readBytes: 0, unreadableBytes: 96 * MIB });
  });

  test("hashes the first and the last MiB, also where the last one is no whole place", async () => {
    const sizeBytes = 50 * MIB + 4096;
    const device = sickDevice(() => undefined);
    const blank = new Bun.CryptoHasher("sha256").update(new Uint8Array(MIB)).digest("hex");
    expect((await readContents(device, sizeBytes, "00000001", signal)).hashes).toEqual({ head: blank, tail: blank });
    const marked: ReadableDevice = {
      ...device,
      read: async (into, offset) => {
        if (offset <= 50 * MIB && offset + into.length > 50 * MIB) into[50 * MIB - offset] = 1;
        return { ok: true, bytes: into };
      },
    };
    const last = new Uint8Array(MIB);
    last[MIB - 4096] = 1;
    expect((await readContents(marked, sizeBytes, "00000001", signal)).hashes).toEqual({
      head: blank,
      tail: new Bun.CryptoHasher("sha256").update(last).digest("hex"),
    });
  });
});
