/** Drives that tell of their health, as smartctl in a virtual server reads them. One guest serves all tests; each has drives of its own. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../../setup/packages.ts";
import type { ServerDeclaration } from "../declaration.ts";
import { openRack } from "../rack.ts";
import type { Server } from "../server.ts";
import { until } from "../until.ts";
import { RACK_PACKAGES } from "../verbs.ts";
import { makeGuestImage } from "./image.ts";
import { type GuestShell, openGuestShell } from "./shell.ts";

const START_MS = 400_000;
const TEST_MS = 200_000;
const SEEN_MS = 60_000;

const scsi = {
  size: "64 MiB",
  bus: "scsi",
  vendor: "SEAGATE",
  model: "ST600MM0009",
  firmware: "N003",
  rotational: true,
} as const;
const sata = { size: "64 MiB", bus: "sas", model: "VB SATA DRIVE" } as const;
const DECLARED: ServerDeclaration = {
  name: "drives",
  firmware: "bios",
  memoryMiB: 1280,
  disks: [
    { ...scsi, serial: "SCSIWELL", wwn: "0x5000c500a1b2c301", drive: { temperatureC: 41, powerOnHours: 100 } },
    {
      ...scsi,
      serial: "SCSIBAD",
      wwn: "0x5000c500a1b2c302",
      drive: { failing: true, grownDefects: 12, writeErrors: 5, nonMediumErrors: 7 },
    },
    { ...scsi, serial: "SCSIMEDIUM", drive: { mediumErrors: [{ at: "2 MiB", length: "4 KiB" }], grownDefects: 1 } },
    { ...scsi, serial: "SCSISLOW", drive: { delayMs: 500 } },
    { ...sata, serial: "ATAWELL", wwn: "0x5000c500a1b2c303", drive: { protocol: "ata" } },
    {
      ...sata,
      serial: "ATABAD",
      wwn: "0x5000c500a1b2c304",
      drive: {
        protocol: "ata",
        ...{ pending: 8, uncorrectable: 2, reallocated: 24, crcErrors: 3, percentUsed: 93 },
        selfTest: { outcome: "read-failure", failingAt: "1 MiB" },
      },
    },
  ],
};

const undo = new AsyncDisposableStack();
let server: Server;
let shell: GuestShell;

beforeAll(async () => {
  await needPackages([...RACK_PACKAGES, "qemu-block-extra"]);
  const dir = await mkdtemp(join(tmpdir(), "vetbox-drives-"));
  undo.defer(() => rm(dir, { recursive: true, force: true }));
  const rack = undo.use(await openRack({ dir: join(dir, "rack") }));
  server = await rack.create({ ...DECLARED, kernel: await makeGuestImage(dir) });
  await server.start();
  shell = undo.use(await openGuestShell(server));
  const count = async (): Promise<number> => Number((await shell.run("lsblk -dno SERIAL -e 7 | grep -c .")).text);
  // udev reads the slow one's signatures first
  await until("every drive", async () => (await count()) === DECLARED.disks?.length, SEEN_MS);
}, START_MS);
afterAll(() => undo.disposeAsync());

const device = async (serial: string): Promise<string> =>
  (await shell.run(`lsblk -dpno NAME,SERIAL | awk '$2 == "${serial}" { print $1 }'`)).text.trim();
const smartctl = async (serial: string, ...options: readonly string[]) =>
  shell.run(`smartctl ${options.join(" ")} ${await device(serial)}`);

/** Starts a self-test and waits until none runs. */
const selfTest = async (serial: string, kind: "short" | "long"): Promise<string> => {
  await smartctl(serial, "-t", kind);
  const log = async (): Promise<string> => (await smartctl(serial, "-l", "selftest", "-c")).text;
  return until(
    "the self-test's end",
    async () => ((text) => (/in progress/i.test(text) ? null : text))(await log()),
    SEEN_MS,
  );
};

test(
  "a SCSI drive that is well: identity, health, temperature, hours, and a short self-test that it passes",
  async () => {
    const { text, exitCode } = await smartctl("SCSIWELL", "-i", "-H", "-A", "-l", "background");
    expect(exitCode).toBe(0);
    for (const line of [/Vendor: +SEAGATE/, /Product: +ST600MM0009/, /Revision: +N003/, /Serial number: +SCSIWELL/])
      expect(text).toMatch(line);
    expect(text).toMatch(/Logical Unit id: +0x5000c500a1b2c301/);
    expect(text).toMatch(/Rotation Rate: +7200 rpm/);
    expect(text).toMatch(/SMART Health Status: OK/);
    expect(text).toMatch(/Current Drive Temperature: +41 C/);
    expect(text).toMatch(/hours:minutes 100:00/);
    expect(await selfTest("SCSIWELL", "short")).toMatch(/# 1 +Background short +Completed +- +100 /);
  },
  TEST_MS,
);

test(
  "a SCSI drive that predicts its failure: smartctl's bit 3, grown defects, uncorrected writes; a fault adds to them",
  async () => {
    const { text, exitCode } = await smartctl("SCSIBAD", "-H", "-A", "-l", "error");
    expect(exitCode & 8).toBe(8);
    expect(text).toMatch(/impending failure .*\[asc=5d, ascq=32\]/);
    expect(text).toMatch(/Elements in grown defect list: 12/);
    expect(text).toMatch(/write: .* 5\n/);
    expect(text).toMatch(/Non-medium error count: +7/);
    await server.fault({ kind: "drive", disk: "SCSIBAD", failing: false, grownDefects: 13 });
    const later = await smartctl("SCSIBAD", "-H", "-A");
    expect(later.exitCode).toBe(0);
    expect(later.text).toMatch(/Elements in grown defect list: 13/);
  },
  TEST_MS,
);

test(
  "a medium error: a read fails, a write heals it, and the drive has 8 grown defects more",
  async () => {
    const disk = await device("SCSIMEDIUM");
    const read = (block: number) => shell.run(`dd if=${disk} of=/dev/null bs=4k count=1 skip=${block} iflag=direct`);
    expect((await read(512)).exitCode).toBe(1);
    expect((await shell.run("dmesg | grep Unrecovered")).text).toMatch(/Unrecovered read error/);
    expect((await read(511)).exitCode).toBe(0);
    await shell.run(`dd if=/dev/zero of=${disk} bs=4k count=1 seek=512 oflag=direct`);
    expect((await read(512)).exitCode).toBe(0);
    expect((await smartctl("SCSIMEDIUM", "-A")).text).toMatch(/grown defect list: 9/);
    await server.fault({ kind: "drive", disk: "SCSIMEDIUM", mediumErrors: [{ at: "-4 KiB", length: "512 B" }] });
    expect((await read(64 * 256 - 1)).exitCode).toBe(1);
  },
  TEST_MS,
);

test(
  "a slow drive takes its time for every request, until it is changed",
  async () => {
    const disk = await device("SCSISLOW");
    const readS = async (): Promise<number> => {
      const { text } = await shell.run(`dd if=${disk} of=/dev/null bs=4k count=4 iflag=direct`);
      return Number(/([\d.]+) s, /.exec(text)?.[1]);
    };
    expect(await readS()).toBeGreaterThanOrEqual(2);
    await server.fault({ kind: "drive", disk: "SCSISLOW", delayMs: 0 });
    expect(await readS()).toBeLessThan(1);
  },
  TEST_MS,
);

test(
  "a SATA drive behind a SAS controller keeps what is written to it, and smartctl knows it by itself",
  async () => {
    const { text, exitCode } = await smartctl("ATAWELL", "-x");
    expect(exitCode & 0b11_1001).toBe(0);
    expect(text).toMatch(/Device Model: +VB SATA DRIVE\nSerial Number: +ATAWELL\nLU WWN Device Id: 5 000c50 0a1b2c303/);
    expect(text).toMatch(/overall-health self-assessment test result: PASSED/);
    const disk = await device("ATAWELL");
    const copy = "dd if=/dev/urandom of=/tmp/data bs=1M count=8; dd if=/tmp/data of=DISK bs=1M oflag=direct seek=3";
    const compare = "dd if=DISK bs=1M count=8 skip=3 iflag=direct | cmp - /tmp/data";
    expect((await shell.run(`${copy}; ${compare}`.replaceAll("DISK", disk))).exitCode).toBe(0);
    expect(await selfTest("ATAWELL", "long")).toMatch(/# 1 +Extended offline +Completed without error +00%/);
  },
  TEST_MS,
);

test(
  "a SATA drive with bad sectors: its attributes, its failed self-test with the sector, and its failing health",
  async () => {
    const { text } = await smartctl("ATABAD", "-A");
    for (const [id, raw] of [
      [5, 24],
      [197, 8],
      [198, 2],
      [199, 3],
      [202, 93],
    ] as const)
      expect(text).toMatch(new RegExp(`\\n *${id} .* ${raw}\\n`));
    expect(await selfTest("ATABAD", "short")).toMatch(/# 1 +Short offline +Completed: read failure +00% +4321 +2048\n/);
    expect((await smartctl("ATABAD", "-H")).exitCode & 8).toBe(0);
    await server.fault({ kind: "drive", disk: "ATABAD", failing: true });
    const later = await smartctl("ATABAD", "-H");
    expect(later.text).toMatch(/test result: FAILED!/);
    expect(later.exitCode & 8).toBe(8);
  },
  TEST_MS,
);

test("Server.fault: a drive has faults of its own kind alone, and another disk has none of them", async () => {
  await expect(server.fault({ kind: "dead", disk: "ATAWELL" })).rejects.toThrow('faults are of the kind "drive"');
  await expect(server.fault({ kind: "drive", disk: "NONE", pending: 1 })).rejects.toThrow("has no disk NONE");
});
