/** Faults of a virtual server as the server itself sees them. One guest serves all tests; each has disks and cards of its own. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../../setup/packages.ts";
import type { ServerDeclaration } from "../declaration.ts";
import { openRack, type Rack } from "../rack.ts";
import { BOX_ADDRESS, type Segment } from "../segment.ts";
import type { Server } from "../server.ts";
import { until } from "../until.ts";
import { RACK_PACKAGES } from "../verbs.ts";
import { makeGuestImage } from "./image.ts";
import { type GuestShell, openGuestShell } from "./shell.ts";

const START_MS = 400_000;
const TEST_MS = 200_000;
/** What a guest may take to see that something came or went. */
const SEEN_MS = 60_000;
const SIZE = "64 MiB";
const ADDRESS = "10.77.0.50";

const DECLARED: ServerDeclaration = {
  name: "faulty",
  firmware: "bios",
  memoryMiB: 1280,
  slots: [1, 2, 3].map((number) => ({ number, name: `PCIe Slot ${number}` })),
  disks: [
    { serial: "BAD1", size: SIZE, bus: "virtio", faults: { ioErrors: [{ at: "1 MiB", length: "4 KiB" }] } },
    { serial: "SLOW1", size: SIZE, bus: "sata", faults: { speed: { bytesPerS: 4 * 2 ** 20 } } },
    { serial: "STALL1", size: SIZE, bus: "virtio" },
    { serial: "LATER1", size: SIZE, bus: "sata" },
    { serial: "TWIN", label: "twin-a", size: SIZE, bus: "scsi", content: { kind: "ext4", label: "left" } },
    { serial: "TWIN", label: "twin-b", size: SIZE, bus: "scsi", content: { kind: "ext4", label: "right" } },
    { serial: "RO1", size: SIZE, bus: "sas", readOnly: true, content: "ext4", wwn: "0x5000c500a1b2c3d8" },
    { serial: "USB1", size: SIZE, bus: "usb", removable: true, content: "vfat" },
    { serial: "GONE1", size: SIZE, bus: "scsi" },
    { serial: "NVME1", size: SIZE, bus: "nvme", slot: 1, faults: { warnings: ["spare"] } },
    { serial: "NVME2", size: SIZE, bus: "nvme", slot: 2, content: { kind: "text", at: "0 B", text: "before" } },
  ],
  nics: [{ mac: "52:54:00:77:01:01" }, { mac: "52:54:00:77:01:02" }],
  psus: [{ name: "PSU1" }, { name: "PSU2" }],
  bmc: {
    sensors: [{ name: "Inlet", kind: "temperature", reading: 21, upperCritical: 45 }],
    sel: [{ event: "psu-input-lost", sensor: "PSU2", time: "2024-03-01T12:00:00Z" }],
  },
};

const undo = new AsyncDisposableStack();
let rack: Rack;
let server: Server;
let segment: Segment;
let shell: GuestShell;

beforeAll(async () => {
  await needPackages([...RACK_PACKAGES, "iperf3"]);
  const dir = await mkdtemp(join(tmpdir(), "vetbox-faults-"));
  undo.defer(() => rm(dir, { recursive: true, force: true }));
  rack = undo.use(await openRack({ dir: join(dir, "rack") }));
  segment = await rack.segment();
  server = await rack.create({ ...DECLARED, kernel: await makeGuestImage(dir) });
  await server.start();
  shell = undo.use(await openGuestShell(server));
  // the USB disk is the last to be found
  await until("every disk", async () => (await serials()).length === DECLARED.disks?.length, SEEN_MS);
}, START_MS);
afterAll(() => undo.disposeAsync());

/** Disks that the guest has, by serial. */
const serials = async (): Promise<readonly string[]> =>
  (await shell.run("lsblk -dno SERIAL,TYPE -e 7 | awk '{ print $1 }'")).text.split("\n").filter((line) => line !== "");

/** The guest's name of a disk. */
const device = async (serial: string): Promise<string> => {
  const { text } = await shell.run(`lsblk -dpno NAME,SERIAL | awk '$2 == "${serial}" { print $1 }'`);
  return text.trim();
};

/** Reads or writes one block of 4 KiB, past the cache. */
const transfer = async (how: "read" | "write", disk: string, block: number) => {
  const [read, write] = ["iflag=direct of=/dev/null", "oflag=direct if=/dev/zero"];
  const place = how === "read" ? `if=${disk} skip=${block} ${read}` : `of=${disk} seek=${block} ${write}`;
  return shell.run(`dd bs=4k count=1 ${place}`);
};

test(
  "declared I/O errors: badblocks finds these sectors and no other, a write fails, the kernel says so",
  async () => {
    const disk = await device("BAD1");
    const { text } = await shell.run(`badblocks -b 512 ${disk}`, TEST_MS);
    expect(text.trim().split("\n")).toEqual(["2048", "2049", "2050", "2051", "2052", "2053", "2054", "2055"]);
    expect((await transfer("write", disk, 256)).text).toContain("Input/output error");
    expect((await shell.run("dmesg | grep 'I/O error'")).text).toMatch(/I\/O error, dev vd[a-z], sector 2048 /);
    expect(await transfer("read", disk, 257)).toMatchObject({ exitCode: 0 });
  },
  TEST_MS,
);

test(
  "Server.fault io-error, dead, heal: a sector fails for reads alone, then every request, then none",
  async () => {
    const disk = await device("LATER1");
    await server.fault({ kind: "io-error", disk: "LATER1", at: "-4 KiB", length: "4 KiB", on: "read" });
    const last = 64 * 256 - 1;
    expect((await transfer("read", disk, last)).exitCode).toBe(1);
    expect((await transfer("write", disk, last)).exitCode).toBe(0);
    expect((await transfer("read", disk, 0)).exitCode).toBe(0);
    await server.fault({ kind: "dead", disk: "LATER1" });
    expect((await transfer("read", disk, 0)).exitCode).toBe(1);
    await server.fault({ kind: "heal", disk: "LATER1" });
    for (const block of [0, last]) expect((await transfer("read", disk, block)).exitCode).toBe(0);
  },
  TEST_MS,
);

test(
  "declared speed holds, and Server.fault speed without limits ends it",
  async () => {
    const disk = await device("SLOW1");
    const readMs = async (): Promise<number> => {
      const { text } = await shell.run(`dd if=${disk} of=/dev/null bs=1M count=16 iflag=direct`);
      return Number(/([\d.]+) s, /.exec(text)?.[1]) * 1000;
    };
    // 16 MiB at 4 MiB/s, of which the first tenth of a second's worth may come at once
    expect(await readMs()).toBeGreaterThan(3000);
    await server.fault({ kind: "speed", disk: "SLOW1" });
    expect(await readMs()).toBeLessThan(2000);
  },
  TEST_MS,
);

test(
  "Server.fault stall: reads wait until the disk is healed, and then succeed",
  async () => {
    const disk = await device("STALL1");
    await server.fault({ kind: "stall", disk: "STALL1" });
    const read = (block: number): string =>
      `dd if=${disk} of=/dev/null bs=4k count=1 skip=${block} iflag=direct 2>/dev/null`;
    // the first request after a pause is free
    await shell.run(`${read(0)}; ( ( ${read(1)}; echo $? > /tmp/stalled ) & ); sleep 2`);
    expect((await shell.run("cat /tmp/stalled")).exitCode).toBe(1);
    await server.fault({ kind: "heal", disk: "STALL1" });
    await until("the read's end", async () => (await shell.run("cat /tmp/stalled")).text === "0\n", SEEN_MS);
    await expect(server.fault({ kind: "stall", disk: "SLOW1" })).rejects.toThrow("only a virtio disk");
  },
  TEST_MS,
);

test(
  "two disks say the same serial, and each has its own content",
  async () => {
    const { text } = await shell.run("lsblk -dno SERIAL,LABEL | grep TWIN | sort");
    expect(
      text
        .trim()
        .split("\n")
        .map((line) => line.split(/\s+/)),
    ).toEqual([
      ["TWIN", "left"],
      ["TWIN", "right"],
    ]);
  },
  TEST_MS,
);

test(
  "a read-only disk refuses writes; a USB disk is removable and is gone when it is pulled out",
  async () => {
    expect((await shell.run(`blockdev --getro ${await device("RO1")}`)).text).toBe("1\n");
    const before = await server.diskHash("RO1");
    await shell.run(`dd if=/dev/zero of=${await device("RO1")} bs=4k count=1 oflag=direct`);
    expect(await server.diskHash("RO1")).toBe(before);
    const { text } = await shell.run(`lsblk -dno TRAN,RM,LABEL ${await device("USB1")}`);
    expect(text.trim().split(/\s+/)).toEqual(["usb", "1", "SRV-DATA"]);
    await server.fault({ kind: "vanish", disk: "USB1" });
    await until("USB1 gone", async () => (await device("USB1")) === "", SEEN_MS);
  },
  TEST_MS,
);

test(
  "Server.fault vanish: a disk goes while it is read; what cannot go is refused, and what is gone has no faults",
  async () => {
    const disk = await device("GONE1");
    expect((await transfer("read", disk, 0)).exitCode).toBe(0);
    await server.fault({ kind: "vanish", disk: "GONE1" });
    await until("GONE1 gone", async () => (await device("GONE1")) === "", SEEN_MS);
    expect((await transfer("read", disk, 1)).exitCode).toBe(1);
    await expect(server.fault({ kind: "heal", disk: "GONE1" })).rejects.toThrow("is gone");
    await expect(server.fault({ kind: "vanish", disk: "LATER1" })).rejects.toThrow('can only be "dead"');
    await expect(server.fault({ kind: "heal", disk: "NONE" })).rejects.toThrow("has no disk NONE");
  },
  TEST_MS,
);

test(
  "Server.fault swap: another disk is in the slot, and the image of the one before is untouched",
  async () => {
    const before = await server.diskHash("NVME2");
    await server.fault({ kind: "swap", disk: "NVME2", serial: "OTHER2", text: "after" });
    const disk = await until("OTHER2", async () => (await device("OTHER2")) || null, SEEN_MS);
    expect(await device("NVME2")).toBe("");
    expect((await shell.run(`head -c 5 ${disk}`)).text).toBe("after");
    await transfer("write", disk, 0);
    expect(await server.diskHash("NVME2")).toBe(before);
    expect(Buffer.from(await Bun.file(server.diskPath("OTHER2")).slice(0, 5).arrayBuffer())).toEqual(Buffer.alloc(5));
  },
  TEST_MS,
);

test(
  "NVMe warnings: smartctl sees the declared one, then those of Server.fault, then none",
  async () => {
    const health = async (): Promise<string> => (await shell.run(`smartctl -H ${await device("NVME1")}`)).text;
    expect(await health()).toContain("available spare has fallen below threshold");
    await server.fault({ kind: "nvme-warning", disk: "NVME1", warnings: ["reliability"] });
    expect(await health()).toContain("reliability has been degraded");
    await server.fault({ kind: "nvme-warning", disk: "NVME1", warnings: [] });
    expect(await health()).toContain("test result: PASSED");
  },
  TEST_MS,
);

test(
  "the controller: declared and later events are in the log, a reading passes its limit, a power supply fails",
  async () => {
    const log = async (): Promise<string> => (await shell.run("ipmitool sel elist")).text;
    expect(await log()).toMatch(/03\/01\/24 \| 12:00:00 UTC \| Power Supply PSU2 \| Power Supply AC lost \| Asserted/);
    await server.fault({ kind: "sel", event: "memory-uncorrected-ecc" });
    expect(await log()).toMatch(/Memory \| Uncorrectable ECC \| Asserted/);
    expect((await shell.run("ipmitool sdr type temperature")).text).toMatch(/Inlet .*\| ok .*\| 21 degrees C/);
    await server.fault({ kind: "sensor", sensor: "Inlet", reading: 47 });
    await server.fault({ kind: "psu", psu: "PSU1", fault: "failed" });
    expect((await shell.run("ipmitool sdr type temperature")).text).toMatch(/Inlet .*\| ucr .*\| 47 degrees C/);
    expect((await shell.run('ipmitool sdr type "Power Supply"')).text).toMatch(
      /PSU1 .*Presence detected, Failure detected/,
    );
    await expect(server.fault({ kind: "psu", psu: "PSU9" })).rejects.toThrow("has no PSU9");
  },
  TEST_MS,
);

test(
  "Server.fault cable: no carrier; a tenth of the speed both ways; frames that get lost; and well again",
  async () => {
    const nic = async (mac: string): Promise<string> =>
      (await shell.run(`grep -l ${mac} /sys/class/net/*/address | cut -d/ -f5`)).text.trim();
    const [first, second] = [await nic("52:54:00:77:01:01"), await nic("52:54:00:77:01:02")];
    const carrier = async (): Promise<string> => (await shell.run(`cat /sys/class/net/${second}/carrier`)).text;
    await shell.run(`ip link set ${second} up; ip link set ${first} up; ip address add ${ADDRESS}/24 dev ${first}`);
    await until("a carrier", async () => (await carrier()) === "1\n", SEEN_MS);
    await server.fault({ kind: "cable", nic: 1, down: true });
    await until("no carrier", async () => (await carrier()) === "0\n", SEEN_MS);

    const listener = segment.box.spawn(["iperf3", "--server"], { stdout: "ignore" });
    try {
      const mbps = async (...more: readonly string[]): Promise<number> => {
        const { text } = await shell.run(`iperf3 -J -c ${BOX_ADDRESS} -t 2 ${more.join(" ")}`);
        return JSON.parse(text).end.sum_received.bits_per_second / 1e6;
      };
      await server.fault({ kind: "cable", nic: 0, rateMbps: 20 });
      await until("a listener", async () => (await shell.run(`iperf3 -c ${BOX_ADDRESS} -n 1`)).exitCode === 0, SEEN_MS);
      for (const direction of [[], ["--reverse"]]) {
        const measured = await mbps(...direction);
        expect(measured).toBeGreaterThan(10);
        expect(measured).toBeLessThan(24);
      }
      await server.fault({ kind: "cable", nic: 0 });
      expect(await mbps()).toBeGreaterThan(60);
    } finally {
      listener.kill();
      await listener.exited;
    }
    const lost = async (): Promise<number> => {
      const { text } = await shell.run(`busybox ping -q -c 100 -i 0.02 -W 1 ${BOX_ADDRESS}`);
      return Number(/(\d+)% packet loss/.exec(text)?.[1]);
    };
    await server.fault({ kind: "cable", nic: 0, lossPercent: 20 });
    // 36 % of the round trips; five standard deviations are 24 %
    expect(Math.abs((await lost()) - 36)).toBeLessThanOrEqual(24);
    await server.fault({ kind: "cable", nic: 0 });
    expect(await lost()).toBe(0);
  },
  TEST_MS,
);

test(
  "Server.fault mce, aer, nmi: the kernel logs a corrected memory error, a port's error and its recovery, an interrupt",
  async () => {
    const logged = (pattern: RegExp) =>
      until(
        String(pattern),
        async () => pattern.test((await shell.run("dmesg | grep -E 'Hardware Error|AER|NMI'")).text),
        SEEN_MS,
      );
    await server.fault({ kind: "mce", address: "0x12345000" });
    await logged(/mce: \[Hardware Error\]: CPU 0: Machine Check: 0 Bank 9: 9c00004000000090\n.*ADDR 12345000/);
    await server.fault({ kind: "aer", slot: 3, error: "COMP_TIME" });
    await logged(/AER: Uncorrectable \(Non-Fatal\) error message received from 0000:00:12\.0/);
    await server.fault({ kind: "nmi" });
    await logged(/NMI received for unknown reason/);
  },
  TEST_MS,
);

test(
  "Server.fault freeze, thaw: nothing moves in the guest meanwhile",
  async () => {
    await server.fault({ kind: "freeze" });
    expect(await server.qmp("query-status")).toMatchObject({ running: false });
    await expect(shell.run("echo alive", 1000)).rejects.toMatchObject({ code: "timeout" });
    await server.fault({ kind: "thaw" });
    expect((await shell.run("echo alive")).exitCode).toBe(0);
  },
  TEST_MS,
);
