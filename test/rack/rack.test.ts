import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../setup/packages.ts";
import { type BootSectorEnd, renderBootSector } from "./boot-sector.ts";
import type { ServerDeclaration } from "./declaration.ts";
import { openRack, type Rack } from "./rack.ts";
import { findTraces, NO_TRACES } from "./traces.ts";
import { until } from "./until.ts";
import { RACK_PACKAGES } from "./verbs.ts";

/** Many times what a quiet machine needs: these are limits for a machine that does everything at once. */
const BOOT_MS = 120_000;
const DISK = { serial: "DISK1", size: "16 MiB", bus: "virtio" } as const;
const SMALL = { firmware: "bios", memoryMiB: 128, cpus: 1 } as const;

let root = "";
beforeAll(async () => {
  await needPackages([...RACK_PACKAGES, "dnsmasq-base"]);
  root = await mkdtemp(join(tmpdir(), "vetbox-rack-"));
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));

/** A server whose first disk says `<name> BOOT OK`. */
const createBootable = async (rack: Rack, name: string, end: BootSectorEnd, more: Partial<ServerDeclaration> = {}) => {
  const server = await rack.create({ ...SMALL, name, disks: [DISK], boot: ["disk"], ...more });
  await server.writeDisk(server.spec.disks[0]?.serial ?? "", renderBootSector(`${name} BOOT OK`, end));
  return server;
};

test.each(["virtio", "sata", "scsi", "sas"] as const)(
  "Server boots its own %s disk, and its UUID is the declared one",
  async (bus) => {
    await using rack = await openRack({ dir: join(root, bus) });
    const uuid = "4c4c4544-0031-4b10-8033-b4c04f4d3432";
    const server = await createBootable(rack, "s1", "power-off", { disks: [{ ...DISK, bus }], smbios: { uuid } });
    await server.start();
    await server.serialHas(/s1 BOOT OK/, BOOT_MS);
    expect(await server.exited(BOOT_MS)).toEqual({ byGuest: true, reason: "guest-shutdown" });
    expect(await server.serialText()).toContain(`Machine UUID ${uuid}`);
  },
);

test("Server: reset boots again, the power button reaches the guest, a cut is a cut", async () => {
  await using rack = await openRack({ dir: join(root, "power") });
  const server = await createBootable(rack, "s1", "power-button");
  expect(server.isRunning).toBe(false);
  await expect(server.reset()).rejects.toMatchObject({ code: "off" });
  await server.start();
  await expect(server.start()).rejects.toMatchObject({ code: "running" });
  await expect(server.writeDisk("DISK1", new Uint8Array(1))).rejects.toMatchObject({ code: "running" });
  await expect(server.delete()).rejects.toMatchObject({ code: "running" });
  await server.serialHas(/BOOT OK/, BOOT_MS);
  expect(server.stats().rssMiB).toBeGreaterThan(10);

  const mark = server.serialMark();
  await server.reset();
  expect((await server.event("RESET", BOOT_MS)).data).toMatchObject({ guest: false });
  await server.serialHas(/BOOT OK/, BOOT_MS, mark);
  expect(await server.stop("acpi", BOOT_MS)).toEqual({ byGuest: true, reason: "guest-shutdown" });

  await server.start();
  await server.serialHas(/BOOT OK/, BOOT_MS);
  expect(await server.stop("cut")).toEqual({ byGuest: false, reason: "power-cut" });
  expect(server.isRunning).toBe(false);
  await server.delete();
  await expect(rack.server("s1")).rejects.toMatchObject({ code: "unknown" });
});

test("Server: a guest that resets itself goes on in the same process", async () => {
  await using rack = await openRack({ dir: join(root, "reset") });
  const server = await createBootable(rack, "s1", "reset");
  await server.start();
  const process = server.process();
  await server.serialHas(/BOOT OK[\s\S]*BOOT OK/, BOOT_MS);
  expect(server.process()).toEqual(process);
});

test("Rack: servers are made, booted and ended in parallel, and nothing is left", async () => {
  const dir = join(root, "many");
  const rack = await openRack({ dir });
  const names = ["s1", "s2", "s3"];
  const servers = await Promise.all(names.map((name) => createBootable(rack, name, "power-button")));
  await Promise.all(servers.map((server) => server.start()));
  await Promise.all(servers.map((server) => server.serialHas(new RegExp(`${server.name} BOOT OK`), BOOT_MS)));
  expect((await rack.servers()).map(({ name, isRunning }) => [name, isRunning])).toEqual(
    names.map((name) => [name, true]),
  );
  expect((await findTraces({ id: rack.id, dir })).processes).toHaveLength(3);
  await rack[Symbol.asyncDispose]();
  expect(await findTraces({ id: rack.id, dir })).toEqual(NO_TRACES);
});

test("Rack: of twenty servers made at once under one name there is one, whole, and no trace of the others", async () => {
  await using rack = await openRack({ dir: join(root, "names") });
  const declare = (i: number): ServerDeclaration => ({
    ...SMALL,
    name: "s1",
    cpus: i + 1,
    disks: [{ ...DISK, serial: `D${i}` }],
  });
  const ends = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => rack.create(declare(i))));
  const made = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
  const codes = new Set(ends.flatMap((end) => (end.status === "rejected" ? [end.reason.code] : [])));
  expect(made).toHaveLength(1);
  expect([...codes].filter((code) => code !== "taken" && code !== "busy")).toEqual([]);
  const [server] = await rack.servers();
  expect(server?.spec).toEqual(made[0]?.spec);
  expect(await Array.fromAsync(new Bun.Glob("**").scan(rack.paths.staging)).catch(() => [])).toEqual([]);
});

test("Server: its management controller and its switch stand beside it while it runs, and end with it", async () => {
  const dir = join(root, "beside");
  await using rack = await openRack({ dir });
  const neighbour = { system: "tor-1", chassisMac: "02:00:00:00:00:99", port: "Ethernet12" };
  const server = await createBootable(rack, "s1", "power-button", {
    slots: [{ number: 1, name: "PCIe Slot 1" }],
    nics: [{ mac: MAC, slot: 1, neighbour }],
    bmc: { firmware: "2.45" },
    psus: [{ name: "PSU1" }],
    smbios: { dimms: [{ slot: "A1", size: "128 MiB" }] },
  });
  const beside = async (): Promise<readonly string[]> =>
    (await findTraces({ id: rack.id, dir })).processes.flatMap(
      (line) => /(?<=rack\/)[\w/-]+\.ts/.exec(line)?.[0] ?? [],
    );
  for (const how of ["acpi", "cut"] as const) {
    await server.start();
    await server.serialHas(/BOOT OK/, BOOT_MS);
    expect((await beside()).toSorted()).toEqual(["bmc/main.ts", "lldp-speaker.ts"]);
    await server.stop(how, BOOT_MS);
    await until("an end of what stands beside", async () => (await beside()).length === 0, BOOT_MS);
  }
});

test("Rack: a server that is made anew under the name of a deleted one is what its own declaration says", async () => {
  await using rack = await openRack({ dir: join(root, "anew") });
  const first = await rack.create({ ...SMALL, name: "s1", disks: [DISK] });
  expect(await rack.server("s1")).toBe(first);
  await first.delete();
  const second = await rack.create({ ...SMALL, name: "s1", disks: [{ ...DISK, serial: "DISK9" }] });
  expect(second.spec.disks.map(({ serial }) => serial)).toEqual(["DISK9"]);
});

test("Server: a disk's hash tells one changed byte; a formatted disk holds the files", async () => {
  await using rack = await openRack({ dir: join(root, "disks") });
  const server = await rack.create({ ...SMALL, name: "s1", disks: [DISK, { ...DISK, serial: "DISK2" }] });
  const empty = new Bun.CryptoHasher("sha256").update(new Uint8Array(16 * 2 ** 20)).digest("hex");
  expect(await server.diskHash("DISK1")).toBe(empty);
  await server.writeDisk("DISK1", Uint8Array.of(1), 16 * 2 ** 20 - 1);
  expect(await server.diskHash("DISK1")).not.toBe(empty);
  expect(await server.diskHash("DISK2")).toBe(empty);
  await server.formatDisk("DISK2", { "etc/secret": "precious data" });
  expect(Buffer.from(await Bun.file(server.diskPath("DISK2")).arrayBuffer()).includes("precious data")).toBe(true);
  expect(() => server.diskPath("DISK3")).toThrow("has no disk DISK3");
});

const MAC = "52:54:00:77:00:01";
/** Sends a magic packet from the box: by UDP to a port, or as a raw frame with Wake-on-LAN's own type (0x0842). */
const sendMagic = (rack: Rack, mac: string, how: number | "raw") => {
  const bytes = `Uint8Array.from([...Array(6).fill(255), ...Array(16).fill([${mac.split(":").map((pair) => `0x${pair}`)}]).flat()])`;
  const udp = `const s = await Bun.udpSocket({}); s.setBroadcast(true); s.send(${bytes}, ${how}, "10.77.0.255"); s.close();`;
  const raw = `import { openPacketSocket } from ${JSON.stringify(join(import.meta.dir, "../../agent/system/packet-socket.ts"))};
    using s = openPacketSocket("rack0");
    s.send(Uint8Array.from([...Array(6).fill(255), 0x52, 0x54, 0, 0, 0, 0xfe, 0x08, 0x42, ...${bytes}]));`;
  return rack.segment().then(({ box }) => box.run([process.execPath, "-e", how === "raw" ? raw : udp]));
};

test.each([7, 9, "raw"] as const)(
  "powerByWake: a magic packet (%s) powers on the server with its MAC, and no other",
  async (how) => {
    await using rack = await openRack({ dir: join(root, `wake-${how}`) });
    const [woken, other] = await Promise.all([
      createBootable(rack, "s1", "power-off", { nics: [{ mac: MAC }] }),
      createBootable(rack, "s2", "power-off", { nics: [{ mac: "52:54:00:77:00:02" }] }),
    ]);
    await rack.powerByWake();
    for (const mac of ["52:54:00:77:00:99", MAC]) expect((await sendMagic(rack, mac, how)).stderr).toBe("");
    await woken.started(BOOT_MS);
    await woken.serialHas(/s1 BOOT OK/, BOOT_MS);
    await woken.exited(BOOT_MS);
    expect(await other.serialText()).toBe("");
    expect(await Bun.file(rack.paths.wakeLog).text()).toMatch(
      /77:00:99 no such MAC\n.* 52:54:00:77:00:01 s1 powered on\n$/,
    );
  },
);

/** iPXE shows on the serial port what the firmware's tables say of the server, and leaves it to its disk. */
const SCRIPT = "#!ipxe\necho IS ${manufacturer}/${product}/${serial}/${uuid}/${net0/mac}\nexit\n";
const DNSMASQ = [
  ...[
    "dnsmasq",
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--user=root",
    "--port=0",
    "--pid-file=",
    "--no-ping",
  ],
  ...["--interface=rack0", "--dhcp-authoritative", "--dhcp-range=10.77.0.50,10.77.0.99,1h", "--enable-tftp"],
  ...["--enable-ra", "--dhcp-range=fd77::,ra-only,64", "--dhcp-boot=boot.ipxe", "--log-facility=-"],
];

test.each(["bios", "uefi"] as const)(
  "Server boots from the segment's network by %s, says what was declared, then tries its disk",
  async (firmware) => {
    const dir = join(root, `network-${firmware}`);
    await using rack = await openRack({ dir });
    await Bun.write(join(dir, "tftp/boot.ipxe"), SCRIPT);
    const { box } = await rack.segment();
    const leases = `--dhcp-leasefile=${join(dir, "leases")}`;
    box.spawn([...DNSMASQ, leases, `--tftp-root=${join(dir, "tftp")}`], {
      stdout: "ignore",
      stderr: Bun.file(join(dir, "dnsmasq.log")),
    });
    const server = await createBootable(rack, "s1", "power-off", {
      firmware,
      memoryMiB: 256,
      boot: ["network", "disk"],
      nics: [{ mac: MAC }],
      smbios: {
        manufacturer: "Acme, Inc.",
        product: "R 1",
        serial: "SN=1",
        uuid: "4c4c4544-0031-4b10-8033-b4c04f4d3432",
      },
    });
    await server.start();
    const [line] = await server.serialHas(/IS .*\n/, BOOT_MS);
    expect(line.trim()).toBe(`IS Acme, Inc./R 1/SN=1/4c4c4544-0031-4b10-8033-b4c04f4d3432/${MAC}`);
    if (firmware === "bios") await server.serialHas(/s1 BOOT OK/, BOOT_MS);
    else
      await server.serialHas(/BdsDxe: (loading|failed to load|starting) Boot\d+ "UEFI .*(Block|Misc) Device/, BOOT_MS);
  },
);
