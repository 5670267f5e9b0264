/** The target by itself: its messages, its state, and an initiator of libiscsi's own. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { needPackages } from "../../setup/packages.ts";
import { needTool } from "../command.ts";
import { decodeServer } from "../declaration.ts";
import { until } from "../until.ts";
import { encodePdu, OP, openPduReader, opOf } from "./pdu.ts";
import { openScsi } from "./scsi.ts";
import { negotiate } from "./session.ts";
import { openDrive } from "./state.ts";

let root = "";
beforeAll(async () => {
  await needPackages(["libiscsi-bin"]);
  root = await mkdtemp(join(tmpdir(), "vetbox-drive-"));
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));

const DECLARED = {
  name: "s1",
  firmware: "bios",
  disks: [
    {
      ...({ serial: "D1", size: "1 MiB", bus: "scsi", vendor: "VETBOX", model: "ONE" } as const),
      drive: {
        mediumErrors: [{ at: "8 KiB", length: "1 KiB" }],
        pending: 3,
        selfTest: { outcome: "servo-failure", shortS: 10 },
      },
    },
  ],
} as const;

/** A drive with a clock of its own. */
const openAt = () => {
  const clock = { nowMs: 0 };
  const [disk] = decodeServer(DECLARED).disks;
  if (disk === undefined) throw new Error("no disk is declared");
  return { clock, drive: openDrive(disk, () => clock.nowMs) };
};

test("openPduReader: any messages in any pieces are read as they were sent", () => {
  const message = fc.uint8Array({ maxLength: 30 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), fc.integer({ min: 1, max: 70 }), (messages, step) => {
      const sent = Buffer.concat(messages.map((data, i) => encodePdu(OP.text, 0x80, { 16: i }, data)));
      const read = openPduReader();
      const got = [];
      for (let at = 0; at < sent.length; at += step) got.push(...read(sent.subarray(at, at + step)));
      expect(got.map((pdu) => [opOf(pdu), pdu.header.readUInt32BE(16), [...pdu.data]])).toEqual(
        messages.map((data, i) => [OP.text, i, [...data]]),
      );
    }),
  );
});

test("negotiate: terms are settled, wishes that are not known are said not to be, names are not answered", () => {
  const answer = negotiate("InitiatorName=iqn.a\0HeaderDigest=CRC32C,None\0InitialR2T=No\0X-Odd=1\0");
  expect(answer.split("\0")).toEqual([
    ...["HeaderDigest=None", "InitialR2T=Yes", "X-Odd=NotUnderstood"],
    ...["MaxRecvDataSegmentLength=262144", "TargetPortalGroupTag=1", ""],
  ]);
});

test("openDrive: a bad range is found by what touches it, a write heals its part, and counts it", () => {
  const { drive } = openAt();
  // 8 KiB and 1 KiB more are the sectors 16 and 17
  expect([drive.findBad(0, 16), drive.findBad(18, 4), drive.findBad(10, 7), drive.findBad(17, 1)]).toEqual([
    null,
    null,
    16,
    17,
  ]);
  drive.replaceBad(17, 5);
  expect([drive.findBad(17, 1), drive.findBad(0, 100)]).toEqual([null, 16]);
  expect(drive.health()).toMatchObject({ reallocated: 1, grownDefects: 1, pending: 2, readErrors: 3 });
});

test("openDrive: a self-test takes its time, ends as declared, and an abort or another one ends it before", () => {
  const { clock, drive } = openAt();
  drive.startSelfTest("short");
  clock.nowMs = 4_000;
  expect(drive.running()).toEqual({ kind: "short", remaining: 0.6 });
  expect(drive.ended()).toEqual([]);
  clock.nowMs = 10_000;
  expect(drive.running()).toBeNull();
  expect(drive.ended()).toEqual([{ kind: "short", outcome: "servo-failure", atHours: 4321, failingSector: null }]);
  drive.startSelfTest("long");
  drive.startSelfTest("short");
  drive.abortSelfTest();
  expect(drive.ended().map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual([
    "short aborted",
    "long aborted",
    "short servo-failure",
  ]);
});

test("openScsi: what does not exist is refused with its sense, and a bad sector is named", async () => {
  const image = join(root, "scsi.img");
  await writeFile(image, Buffer.alloc(2 ** 20, 7));
  await using file = await open(image, "r+");
  const execute = openScsi(openAt().drive, file);
  const run = async (...bytes: readonly number[]) =>
    execute(Buffer.from([...bytes, ...Array(16).fill(0)].slice(0, 16)), Buffer.alloc(0));
  const codes = async (...bytes: readonly number[]) => {
    const { status, sense } = await run(...bytes);
    return [status, sense[2], sense[12], sense[13]];
  };
  expect(await codes(0xff)).toEqual([2, 5, 0x20, 0]);
  expect(await codes(0x85)).toEqual([2, 5, 0x20, 0]); // ATA's commands are not for a SCSI drive
  expect(await codes(0x12, 1, 0xee, 0, 96)).toEqual([2, 5, 0x24, 0]);
  expect(await codes(0x28, 0, 0, 0, 0x08, 0, 0, 0, 1)).toEqual([2, 5, 0x21, 0]); // 2048 sectors end at 2047
  const bad = await run(0x28, 0, 0, 0, 0, 12, 0, 0, 8);
  expect([bad.status, bad.sense[2], bad.sense[12], bad.sense.readUInt32BE(3)]).toEqual([2, 3, 0x11, 16]);
  expect((await run(0x28, 0, 0, 0, 0, 0, 0, 0, 2)).data).toEqual(Buffer.alloc(1024, 7));
});

test("main: libiscsi's own tools find the drive by its name, its serial and its size", async () => {
  const [declaration, image] = [join(root, "server.json"), join(root, "disk.img")];
  await writeFile(declaration, JSON.stringify(DECLARED));
  await writeFile(image, Buffer.alloc(2 ** 20));
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, "main.ts"), declaration, "D1", image, join(root, "d1.sock")],
    {
      stdin: "ignore",
      stderr: Bun.file(join(root, "drive.log")),
    },
  );
  try {
    const said = async () => /port (\d+)/.exec(await Bun.file(join(root, "drive.log")).text())?.[1] ?? null;
    const url = `iscsi://127.0.0.1:${await until("the drive", said, 30_000)}/iqn.2024-01.test.vetbox:d1/0`;
    const text = await needTool(["iscsi-inq", url]);
    expect(text).toMatch(/Vendor:VETBOX/);
    expect(text).toMatch(/Product:ONE/);
  } finally {
    child.kill();
    await child.exited;
  }
});
