/** The real dnsmasq under the box's supervisor, in a network of its own, asked by boot ROMs. */
import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { systemClock } from "../../agent/system/clock.ts";
import { savePid } from "../../agent/system/leftover.ts";
import { LOADERS } from "../../appliance/pxe/architectures.ts";
import { type Dnsmasq, openDnsmasq } from "../../appliance/pxe/dnsmasq.ts";
import type { DhcpMode } from "../../appliance/pxe/dnsmasq-conf.ts";
import type { LogFact } from "../../appliance/pxe/dnsmasq-log.ts";
import { BOX_ADDRESS, type Namespace, openSegment, SEGMENT_INTERFACE, type Segment } from "../rack/segment.ts";
import { until } from "../rack/until.ts";
import { needPackages } from "../setup/packages.ts";
import { openRoms, type Rom, type Roms } from "./rom.ts";

const REGISTERED: Rom = { mac: "52:54:00:77:00:01", architecture: 0 };
const LATER: Rom = { mac: "52:54:00:77:00:02", architecture: 7 };
const STRANGER: Rom = { mac: "52:54:00:77:00:99", architecture: 7 };
const AUTHORITATIVE: DhcpMode = {
  kind: "authoritative",
  rangeFrom: "10.77.0.50",
  rangeTo: "10.77.0.150",
  leaseSeconds: 3600,
  ipv6Prefix: "fd77::",
};
const WITHIN_MS = 10_000;
/** A site's server that was just started: asked again after this long. */
const ASK_AGAIN_MS = 250;

setDefaultTimeout(60_000);

let segment: Segment;
let servers: Namespace;
let roms: Roms;
let dir: string;
let facts: LogFact[];

beforeAll(async () => {
  await needPackages(["dnsmasq-base", "iproute2", "ethtool", "curl", "util-linux"]);
  segment = await openSegment({ id: `p${process.pid}` });
  servers = await segment.attach("rom", "10.77.0.200/24");
  roms = await openRoms(servers);
});

afterAll(async () => {
  await roms?.[Symbol.asyncDispose]();
  await segment?.[Symbol.asyncDispose]();
});

beforeEach(() => {
  facts = [];
});

/** Passable for every user, other than what mkdtemp makes. */
const RUN_DIR = join(tmpdir(), `vetbox-run-${process.pid}`);

/** A folder with one recognisable file for each loader. */
const withFolder = async (work: () => Promise<void>): Promise<void> => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-dnsmasq-"));
  mkdirSync(join(dir, "boot"));
  for (const name of LOADERS) writeFileSync(join(dir, "boot", name), `loader ${name}\n`);
  try {
    await work();
  } finally {
    rmSync(dir, { recursive: true, force: true });
    rmSync(RUN_DIR, { recursive: true, force: true });
  }
};

const open = async (macs: readonly string[], mode: DhcpMode = AUTHORITATIVE): Promise<Dnsmasq> => {
  const dnsmasq = await openDnsmasq({
    conf: {
      interface: SEGMENT_INTERFACE,
      address: BOX_ADDRESS,
      netmask: "255.255.255.0",
      scriptPort: 8080,
      filesPort: 8081,
      mode,
      user: "nobody",
      group: "nogroup",
    },
    bootDir: join(dir, "boot"),
    runDir: RUN_DIR,
    stateDir: join(dir, "state"),
    command: segment.box.inside(["dnsmasq"]) as [string, ...string[]],
    macs,
    onFact: (fact) => facts.push(fact),
    clock: systemClock,
    log: pino({ level: "silent" }),
  });
  expect(await dnsmasq.running()).toBe(true);
  return dnsmasq;
};

/** A lease as a ROM takes it: its offer, confirmed. */
const lease = async (rom: Rom): Promise<{ readonly address: string; readonly bootFile: string }> => {
  const [offer] = await roms.discover(rom);
  if (offer === undefined) throw new Error(`no offer to ${rom.mac}`);
  const [ack] = await roms.request(rom, offer);
  expect(ack?.type).toBe(5); // DHCPACK
  return { address: ack?.address ?? "", bootFile: ack?.bootFile ?? "" };
};

const fetchTftp = async (name: string): Promise<string> => {
  const got = await servers.run(["curl", "-s", "--max-time", "3", "--path-as-is", `tftp://${BOX_ADDRESS}/${name}`]);
  return got.stdout;
};

test("dnsmasq answers a registered MAC with a lease and the loader of its architecture, and a stranger with nothing", () =>
  withFolder(async () => {
    await using _dnsmasq = await open([REGISTERED.mac]);
    const script =
      "http://10.77.0.1:8080/ipxe/${netX/mac}?platform=${platform}&buildarch=${buildarch}&version=${version}";
    const cases: readonly (readonly [rom: Partial<Rom>, bootFile: string])[] = [
      [{ architecture: 0 }, "undionly.kpxe"],
      [{ architecture: 6 }, ""],
      [{ architecture: 7 }, "snponly.efi"],
      [{ architecture: 9 }, "snponly.efi"],
      [{ architecture: 10 }, ""],
      [{ architecture: 11 }, "ipxe-arm64.efi"],
      [{ architecture: 16, http: true }, "http://10.77.0.1:8081/loaders/snponly.efi"],
      [{ architecture: 19, http: true }, "http://10.77.0.1:8081/loaders/ipxe-arm64.efi"],
      [{ architecture: 20, http: true }, "http://10.77.0.1:8081/loaders/undionly.kpxe"],
      [{ architecture: 0, ipxe: true }, script],
      [{ architecture: 7, ipxe: true }, script],
      [{ architecture: 16, http: true, ipxe: true }, script],
    ];
    for (const [rom, bootFile] of cases) {
      const [offer] = await roms.discover({ ...REGISTERED, ...rom });
      expect([rom, offer?.bootFile]).toEqual([rom, bootFile]);
      if (rom.http === true && rom.ipxe !== true) expect(offer?.vendorClass).toBe("HTTPClient");
    }
    expect(await roms.discover(STRANGER, { answers: 0 })).toEqual([]);
    await until(
      "the sighting",
      () => facts.some((f) => f.kind === "sighting" && f.event.mac === STRANGER.mac),
      WITHIN_MS,
    );
    expect(facts.filter((f) => f.kind === "boot" && f.event.mac === STRANGER.mac)).toEqual([]);
  }));

test("dnsmasq's log becomes the boot's events, TFTP transfers under the MAC of the lease", () =>
  withFolder(async () => {
    await using dnsmasq = await open([REGISTERED.mac]);
    const { address } = await lease(REGISTERED);
    await servers.run(["ip", "addr", "add", `${address}/24`, "dev", SEGMENT_INTERFACE]);
    const got = await servers.run(["curl", "-s", "--interface", address, `tftp://${BOX_ADDRESS}/undionly.kpxe`]);
    await servers.run(["ip", "addr", "del", `${address}/24`, "dev", SEGMENT_INTERFACE]);
    expect(got.stdout).toBe("loader undionly.kpxe\n");
    expect(dnsmasq.macOf(address)).toBe(REGISTERED.mac);
    await until("the loader", () => facts.some((f) => f.kind === "boot" && f.event.step === "loader"), WITHIN_MS);
    const told = facts.flatMap((f) =>
      f.kind === "boot" ? [`${f.event.step} ${f.event.detail} ${f.event.complete}`] : [],
    );
    expect(told).toEqual([
      "dhcp-discover firmware, BIOS true",
      `dhcp-lease offered ${address} false`,
      `dhcp-lease ${address} true`,
      "loader undionly.kpxe sent by TFTP true",
    ]);
  }));

test("setHosts: a host added while dnsmasq runs is answered, and the others keep their leases", () =>
  withFolder(async () => {
    await using dnsmasq = await open([REGISTERED.mac]);
    const before = await lease(REGISTERED);
    expect(await roms.discover(LATER, { answers: 0 })).toEqual([]);
    const pid = dnsmasq.pid();
    await dnsmasq.setHosts([REGISTERED.mac, LATER.mac]);
    expect((await lease(LATER)).bootFile).toBe("snponly.efi");
    // Again and again: dnsmasq 2.90 dies at the reload after the first lease if a host's line has a tag.
    for (let round = 0; round < 5; round += 1) {
      await dnsmasq.setHosts([REGISTERED.mac, LATER.mac]);
      expect((await lease(REGISTERED)).address).toBe(before.address);
    }
    await dnsmasq.setHosts([LATER.mac]);
    expect(await roms.discover(REGISTERED, { answers: 0 })).toEqual([]);
    expect(dnsmasq.pid()).toBe(pid);
  }));

test("setAlternates: a host whose boot failed gets the other loader, with the same lease", () =>
  withFolder(async () => {
    await using dnsmasq = await open([REGISTERED.mac, LATER.mac]);
    const before = await lease(REGISTERED);
    dnsmasq.setAlternates([REGISTERED.mac]);
    expect(await dnsmasq.running()).toBe(true);
    expect(await lease(REGISTERED)).toEqual({ address: before.address, bootFile: "ipxe.pxe" });
    expect((await lease(LATER)).bootFile).toBe("snponly.efi");
  }));

test("a killed dnsmasq comes back with its leases, again and again", () =>
  withFolder(async () => {
    await using dnsmasq = await open([REGISTERED.mac]);
    const before = await lease(REGISTERED);
    for (let round = 0; round < 3; round += 1) {
      const pid = dnsmasq.pid();
      if (pid === null) throw new Error("dnsmasq is not there");
      process.kill(pid, "SIGKILL");
      await until("the death", () => dnsmasq.pid() !== pid, WITHIN_MS);
      expect(await dnsmasq.running()).toBe(true);
      expect(dnsmasq.pid()).not.toBe(pid);
      expect((await lease(REGISTERED)).address).toBe(before.address);
    }
    expect(dnsmasq.state()).toBe("running");
  }));

test("openDnsmasq ends the dnsmasq of a killed box before it starts its own", () =>
  withFolder(async () => {
    writeFileSync(
      join(dir, "left.conf"),
      `port=0\nkeep-in-foreground\nuser=root\npid-file=\ninterface=${SEGMENT_INTERFACE}\nbind-interfaces\ndhcp-leasefile=${dir}/left.leases\ndhcp-range=10.77.0.50,10.77.0.150\n`,
    );
    const left = segment.box.spawn(["dnsmasq", `--conf-file=${dir}/left.conf`], { stdout: "ignore", stderr: "ignore" });
    mkdirSync(RUN_DIR);
    savePid(join(RUN_DIR, "dnsmasq.pid"), left.pid);
    await using dnsmasq = await open([REGISTERED.mac]);
    expect([0, 143]).toContain(await left.exited); // ended by SIGTERM, with or without its own farewell
    expect((await lease(REGISTERED)).bootFile).toBe("undionly.kpxe");
    expect(dnsmasq.state()).toBe("running");
  }));

test("TFTP serves the loaders and nothing beside them, whatever the path looks like", () =>
  withFolder(async () => {
    await using _dnsmasq = await open([REGISTERED.mac]);
    writeFileSync(join(RUN_DIR, "secret"), "secret", { mode: 0o644 });
    writeFileSync(join(RUN_DIR, "tftp", "foreign"), "secret", { mode: 0o600 }); // another owner: tftp-secure
    expect(await fetchTftp("snponly.efi")).toBe("loader snponly.efi\n");
    const paths = [
      "../secret",
      "../hosts",
      "../dnsmasq.conf",
      "./../secret",
      "x/../../secret",
      "tftp/../../secret",
      "..%2fsecret",
      "%2e%2e/secret",
      "..%5csecret",
      "..\\secret",
      "\\..\\secret",
      "....//secret",
      "..//secret",
      "/../secret",
      "//../secret",
      `/${join(RUN_DIR, "secret")}`,
      `/${join(RUN_DIR, "dnsmasq.conf")}`,
      "//etc/passwd",
      "/etc/passwd",
      "/proc/self/environ",
      "foreign",
      "snponly.efi/../../secret",
      "snponly.efi%00.txt/../../secret",
      "",
      ".",
      "..",
    ];
    for (const path of paths) expect([path, await fetchTftp(path)]).toEqual([path, ""]);
  }));

test("dnsmasq is not root once it serves", () =>
  withFolder(async () => {
    await using dnsmasq = await open([REGISTERED.mac]);
    const status = await Bun.file(`/proc/${dnsmasq.pid()}/status`).text();
    const nobody = (await Bun.file("/etc/passwd").text()).split("\n").find((l) => l.startsWith("nobody:"));
    const uid = nobody?.split(":")[2];
    expect(status).toContain(`Uid:\t${uid}\t${uid}\t${uid}\t${uid}`);
  }));

test("beside a site's DHCP server the box gives no address and answers PXE alone", () =>
  withFolder(async () => {
    const site = await segment.attach("site", "10.77.0.2/24");
    const conf = join(dir, "site.conf");
    writeFileSync(
      conf,
      `port=0\ninterface=${SEGMENT_INTERFACE}\nbind-interfaces\nno-ping\nkeep-in-foreground\nuser=root\npid-file=\nlog-facility=-\ndhcp-leasefile=${dir}/site.leases\ndhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\n`,
    );
    await using dnsmasq = await open([REGISTERED.mac], { kind: "proxy" });
    const siteServer = site.spawn(["dnsmasq", `--conf-file=${conf}`], { stdout: "ignore", stderr: "ignore" });
    try {
      const server = "10.77.0.2";
      await until(
        "the site's server",
        async () => (await roms.discover(STRANGER, { answers: 1, waitMs: ASK_AGAIN_MS }))[0]?.server === server,
        WITHIN_MS,
      );
      const offers = await roms.discover(REGISTERED, { answers: 2 });
      const fromBox = offers.find((o) => o.server === BOX_ADDRESS);
      if (fromBox === undefined) throw new Error("the box made no offer");
      const fromSite = offers.find((o) => o.server === server);
      expect(fromBox).toMatchObject({ address: "0.0.0.0", vendorClass: "PXEClient" });
      expect(fromSite).toMatchObject({ bootFile: "" });
      // ROMs ask the box's PXE port from the address that the site gave them; this namespace has one already.
      const own = "10.77.0.200";
      expect((await roms.askBootServer(REGISTERED, own, fromBox))[0]?.bootFile).toBe("undionly.kpxe");
      expect(dnsmasq.macOf(own)).toBe(REGISTERED.mac);
      const ipxe = await roms.discover({ ...REGISTERED, architecture: 7, ipxe: true }, { answers: 2 });
      expect(ipxe.find((o) => o.server === BOX_ADDRESS)?.bootFile).toStartWith("http://10.77.0.1:8080/ipxe/");
      const strange = await roms.discover(STRANGER, { answers: 2, waitMs: 1_500 });
      expect(strange.map((o) => o.server)).toEqual([server]);
    } finally {
      siteServer.kill();
      await siteServer.exited;
    }
  }));
