/** What the order must allow: no order, another disk, data without an override, overrides of every wrong kind. After each refusal not one byte differs. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type BenchDisk, type DiskBench, openDiskBench } from "../fakes/disk-bench.ts";
import { poke } from "../fakes/wrong-disks.ts";
import type { DiskRefusal } from "../wire/wipe.ts";
import type { DiskAnswer } from "./answer.ts";
import { leaveOf, MAX_PROBE_AGE_MS, type WipeLeave, type WipeOrder } from "./permission.ts";
import { probeWipe, type WipeProbe } from "./wipe-probe.ts";
import { mintWritable, type WritableDisk } from "./writable.ts";

const MIB = 1024 * 1024;
const { signal } = new AbortController();
let bench: DiskBench;
beforeEach(() => {
  bench = openDiskBench();
});
afterEach(() => bench[Symbol.dispose]());

const orderFor = (disk: BenchDisk, more: Partial<WipeOrder> = {}): WipeOrder => ({
  attempt: 2,
  destructive: true,
  targets: [disk.target],
  leave: null,
  ...more,
});
let overrides = 0;
const leaveFor = (
  disk: BenchDisk,
  more: { attempt?: number; serials?: readonly string[]; expiresInMs?: number } = {},
): WipeLeave => {
  overrides += 1;
  const { attempt = 2, serials = [disk.target.serial], expiresInMs = 600_000 } = more;
  const grant = { kind: "wipe" as const, overrideId: `order-${overrides}`, serials: [...serials], expiresInMs };
  return leaveOf(grant, attempt, bench.clock.monoMs());
};
const look = async (disk: BenchDisk): Promise<WipeProbe> => {
  const { probe, facts } = await probeWipe(bench.system, disk.target, signal);
  if (probe === null) throw new Error(JSON.stringify(facts.refusal));
  return probe;
};
const outcomeOf = async (answer: DiskAnswer<WritableDisk>): Promise<DiskRefusal["code"] | "minted"> => {
  if (!answer.ok) return answer.refusal.code;
  await answer.value[Symbol.asyncDispose]();
  return "minted";
};
const mint = async (disk: BenchDisk, probe: WipeProbe | null, order: WipeOrder) =>
  outcomeOf(await mintWritable(bench.system, order, disk.target, probe, signal));

type OrderCase = readonly [string, DiskRefusal["code"], (disk: BenchDisk) => WipeOrder];
const WRONG_ORDERS: readonly OrderCase[] = [
  ["a run that may not write", "not-destructive", (disk) => orderFor(disk, { destructive: false })],
  ["no targets", "not-ordered", (disk) => orderFor(disk, { targets: [] })],
  ["other disks only", "not-ordered", (disk) => orderFor(disk, { targets: [{ ...disk.target, serial: "OTHER" }] })],
  [
    "a disk of its serial and another size",
    "not-ordered",
    (disk) => orderFor(disk, { targets: [{ ...disk.target, sizeBytes: 1 }] }),
  ],
  [
    "a disk of its serial and another worldwide name",
    "not-ordered",
    (disk) => orderFor(disk, { targets: [{ ...disk.target, wwn: "naa.5000c500ffffffff" }] }),
  ],
  ["the disk twice", "ordered-twice", (disk) => orderFor(disk, { targets: [disk.target, disk.target] })],
  [
    "a disk that the spec does not name",
    "may-not-write",
    (disk) => orderFor(disk, { targets: [{ ...disk.target, mayWrite: false, whyNot: "not in the spec" }] }),
  ],
];

const WRONG_LEAVES: readonly (readonly [string, DiskRefusal["code"], (disk: BenchDisk) => WipeLeave | null])[] = [
  ["without an override", "data-without-override", () => null],
  ["with an override for another disk", "override-other-disk", (disk) => leaveFor(disk, { serials: ["SER-SDB"] })],
  [
    "with an override for a serial that only begins alike",
    "override-other-disk",
    (disk) => leaveFor(disk, { serials: ["SER-SDA "] }),
  ],
  ["with an override for an earlier attempt", "override-other-attempt", (disk) => leaveFor(disk, { attempt: 1 })],
  ["with an override for a later attempt", "override-other-attempt", (disk) => leaveFor(disk, { attempt: 3 })],
  ["with an override that has expired", "override-expired", (disk) => leaveFor(disk, { expiresInMs: 0 })],
];

describe("mintWritable and its order", () => {
  test.each(WRONG_ORDERS)("refuses under an order with %s", async (_name, code, order) => {
    const disk = bench.addDisk("sda");
    const before = bench.hashes();
    expect(await mint(disk, await look(disk), order(disk))).toBe(code);
    expect(bench.hashes()).toEqual(before);
  });

  test.each(WRONG_LEAVES)("refuses a disk with data %s", async (_name, code, leave) => {
    const disk = bench.addDisk("sda");
    poke(disk, 3 * MIB);
    const before = bench.hashes();
    expect(await mint(disk, await look(disk), orderFor(disk, { leave: leave(disk) }))).toBe(code);
    expect(bench.hashes()).toEqual(before);
  });

  test("an override makes a disk with data writable, once", async () => {
    const disk = bench.addDisk("sda");
    poke(disk, 3 * MIB);
    const leave = leaveFor(disk);
    expect(await mint(disk, await look(disk), orderFor(disk, { leave }))).toBe("minted");
    expect(await mint(disk, await look(disk), orderFor(disk, { leave }))).toBe("override-used");
    expect(await mint(disk, await look(disk), orderFor(disk, { leave: leaveFor(disk) }))).toBe("minted");
  });

  test("an override of two disks serves each of them once", async () => {
    const disks = [bench.addDisk("sda"), bench.addDisk("sdb")] as const;
    for (const disk of disks) poke(disk, 3 * MIB);
    const leave = leaveFor(disks[0], { serials: ["SER-SDA", "SER-SDB"] });
    for (const disk of disks) expect(await mint(disk, await look(disk), orderFor(disk, { leave }))).toBe("minted");
    for (const disk of disks)
      expect(await mint(disk, await look(disk), orderFor(disk, { leave }))).toBe("override-used");
  });

  test("an override is not used up by a refusal, nor by a disk that is clean", async () => {
    const disk = bench.addDisk("sda");
    const leave = leaveFor(disk);
    expect(await mint(disk, await look(disk), orderFor(disk, { leave }))).toBe("minted");
    poke(disk, 3 * MIB);
    const probe = await look(disk);
    bench.write(`${disk.sysfs}/ro`, "1\n");
    expect(await mint(disk, probe, orderFor(disk, { leave }))).toBe("read-only");
    bench.write(`${disk.sysfs}/ro`, "0\n");
    expect(await mint(disk, probe, orderFor(disk, { leave }))).toBe("minted");
  });

  test("an override that expires while the disk is opened is too late", async () => {
    const disk = bench.addDisk("sda", { devicePath: "/sys/devices/pci0000:00/0000:03:00.0/host0/target0:0:0/0:0:0:0" });
    poke(disk, 3 * MIB);
    let passing = false;
    bench.answer("sg_persist", async () => {
      if (passing) await bench.clock.pass(5_000);
      return { end: "exited", exitCode: 5, signal: null, stdout: "", stderr: "", truncated: false, durationMs: 1 };
    });
    const probe = await look(disk);
    const before = bench.hashes();
    passing = true;
    expect(await mint(disk, probe, orderFor(disk, { leave: leaveFor(disk, { expiresInMs: 5_000 }) }))).toBe(
      "override-expired",
    );
    expect(bench.hashes()).toEqual(before);
  });
});

describe("mintWritable and its probe", () => {
  test("refuses without one, and one that only looks like one", async () => {
    const disk = bench.addDisk("sda");
    const real = await look(disk);
    const forged = [{ ...real }, Object.create(real), JSON.parse(JSON.stringify(real)), {}] as readonly WipeProbe[];
    for (const probe of [null, ...forged]) expect(await mint(disk, probe, orderFor(disk))).toBe("probe-missing");
  });

  test("refuses one of another disk", async () => {
    const [disk, other] = [bench.addDisk("sda"), bench.addDisk("sdb")];
    expect(await mint(disk, await look(other), orderFor(disk))).toBe("probe-other-disk");
  });

  test("refuses one that is older than a minute", async () => {
    const disk = bench.addDisk("sda");
    const probe = await look(disk);
    await bench.clock.pass(MAX_PROBE_AGE_MS);
    expect(await mint(disk, probe, orderFor(disk))).toBe("minted");
    const old = await look(disk);
    await bench.clock.pass(MAX_PROBE_AGE_MS + 1);
    expect(await mint(disk, old, orderFor(disk))).toBe("probe-too-old");
  });

  test("refuses one that has served before, because the disk was written since", async () => {
    const disk = bench.addDisk("sda");
    const probe = await look(disk);
    expect(await mint(disk, probe, orderFor(disk))).toBe("minted");
    expect(await mint(disk, probe, orderFor(disk))).toBe("probe-used");
  });

  test("of two at the same time one gets the disk", async () => {
    const disk = bench.addDisk("sda");
    const probes = [await look(disk), await look(disk)];
    const answers = await Promise.all(
      probes.map((probe) => mintWritable(bench.system, orderFor(disk), disk.target, probe, signal)),
    );
    expect(answers.map((answer) => (answer.ok ? "minted" : answer.refusal.code)).sort()).toEqual([
      "minted",
      "open-elsewhere",
    ]);
    await Promise.all(answers.map(outcomeOf));
  });
});
