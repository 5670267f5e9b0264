import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import type { Exec } from "../../system/exec.ts";
import { Fault } from "../../system/fault.ts";
import { loadRecording, recordSystem, replaySystem, saveRecording } from "../../system/recording.ts";
import type { System } from "../../system/system.ts";
import { thisSystem } from "../../system/system.ts";
import { Inventory } from "../../wire/inventory.ts";
import { runInventory } from "./run.ts";
import { inventory } from "./spec.ts";

const fixture = (name: string) => loadRecording(join(import.meta.dir, "fixtures", name));

const inventoryOf = async (system: System, signal = new AbortController().signal, bootMac: string | null = null) => {
  const artifacts = new Map<string, string>();
  const progress: number[] = [];
  const facts = await runInventory({
    system,
    farewell: system.exec,
    attempt: 1,
    signal,
    bootMac,
    order: {},
    grant: null,
    progress: (ratio) => progress.push(ratio),
    artifact: (name, content) => artifacts.set(name, String(content)),
    log: () => undefined,
  });
  return { facts, artifacts, progress };
};
const statuses = (facts: Inventory) => Object.fromEntries(facts.probes.map((probe) => [probe.probe, probe.status]));
const notPassed = (facts: Inventory) =>
  inventory
    .judge(facts, {})
    .filter((check) => check.verdict !== "PASS")
    .map(({ code, verdict, component }) => [code, verdict, component]);

describe("runInventory on recorded servers", () => {
  const replay = (name: string) => replaySystem(fixture(name), fakeSystem(), 0);

  test("puts a Dell R640 together", async () => {
    const { facts, artifacts, progress } = await inventoryOf(replay("dell-r640"), undefined, "24:6e:96:a1:5c:30");
    expect(v.parse(Inventory, facts)).toEqual(facts);
    expect(inventory.summarise(facts)).toBe(
      "Dell Inc. PowerEdge R640, 2 × Intel Xeon Silver 4114, 64 GiB in 4 DIMMs, 4 disks, 4 NICs",
    );
    expect([facts.hardware.cpu.socketCount, facts.hardware.cpu.coreCount, facts.hardware.cpu.microcode]).toEqual([
      2,
      20,
      ["0x2006e05"],
    ]);
    expect(facts.hardware.memory).toMatchObject({
      installedBytes: 64 * 2 ** 30,
      visibleBytes: 65705412 * 1024,
      populatedCount: 4,
    });
    expect(facts.hardware.disks.map((disk) => disk.serial)).toEqual([
      "S47PNA0M512345",
      "S47PNA0M512346",
      "WFK2Z0AB",
      "WFK2Z0AC",
    ]);
    expect(facts.hardware.nics.filter((nic) => nic.boot).map((nic) => nic.name)).toEqual(["eno3"]);
    expect(facts.hardware.pci.find((f) => f.address === "0000:01:00.0")).toMatchObject({
      linkWidth: 1,
      maxLinkWidth: 2,
      driver: "tg3",
      subsystemVendor: "Dell",
    });
    expect([...artifacts.keys()].sort()).toEqual([
      "cpuinfo.txt",
      "dmesg.txt",
      "dmidecode.txt",
      "edac.json",
      "ethtool.txt",
      "hwmon.json",
      "inventory.json",
      "ipmitool-fru-print.txt",
      "ipmitool-lan-print.txt",
      "ipmitool-mc-guid.txt",
      "ipmitool-mc-info.txt",
      "ipmitool-sdr-elist.txt",
      "ipmitool-sel-info.txt",
      "lldp.json",
      "lsblk.json",
      "lscpu.json",
      "lshw.json",
      "lspci.txt",
      "smartctl-scan.json",
      "smartctl.txt",
      "sysfs.json",
    ]);
    expect(JSON.parse(artifacts.get("inventory.json") ?? "")).toEqual(JSON.parse(JSON.stringify(facts)));
    expect(progress).toEqual(facts.probes.map((_, i) => (i + 1) / facts.probes.length));
    expect(notPassed(facts)).toEqual([
      ["inventory.probe-device-absent", "SKIPPED", "probe nvme"],
      ["inventory.probe-device-absent", "SKIPPED", "probe nvidia-smi"],
    ]);
  });

  test("joins network interfaces of five sources", async () => {
    const { facts } = await inventoryOf(replay("dell-r640"), undefined, "24:6e:96:a1:5c:30");
    expect(facts.hardware.nics.find((nic) => nic.name === "eno3")).toEqual({
      name: "eno3",
      mac: "24:6e:96:a1:5c:30",
      vendor: "Broadcom Inc. and subsidiaries",
      model: "NetXtreme BCM5720 Gigabit Ethernet PCIe",
      driver: "tg3",
      firmware: "FFV21.40.2 bc 5720-v1.39",
      bus: "pci",
      pciAddress: "0000:01:00.0",
      port: 0,
      linkUp: true,
      speedMbps: 1000,
      maxSpeedMbps: 1000,
      duplex: "full",
      medium: "Twisted Pair",
      neighbour: {
        system: "tor-b12",
        chassisId: "d0:77:ce:1a:44:80",
        portId: "ethernet1/1/17",
        portDescription: "b12 unit 17",
        vlanId: 110,
      },
      boot: true,
    });
    expect(facts.hardware.nics[0]).toMatchObject({
      name: "eno1np0",
      linkUp: false,
      maxSpeedMbps: 10_000,
      transceiver: { kind: "SFP", part: "AFBR-703ASDZ-D1", serial: "AD1415E0B4K", tempC: 38.52, rxPowerDbm: -40 },
    });
  });

  test("joins disks with what their drives say, behind a controller and on subsystems of NVMe", async () => {
    const { facts: dell } = await inventoryOf(replay("dell-r640"));
    expect(dell.hardware.disks[0]).toEqual({
      name: "sda",
      sizeBytes: 480103981056,
      serial: "S47PNA0M512345",
      wwn: "0x5002538e40a1b2c3",
      model: "MZ7KH480HAHQ0D3",
      firmware: "HXM7HF56",
      rotational: false,
      formFactor: "2.5 inches",
      transport: "sata",
      readOnly: false,
      removable: false,
      logicalSectorBytes: 512,
      physicalSectorBytes: 4096,
      linkGbps: 6,
      maxLinkGbps: 6,
      pciAddress: "0000:18:00.0",
      bay: "Slot 00",
      health: { passed: true, tempC: 24, powerOnHours: 18422, wearPercent: 1 },
    });
    const { facts: supermicro } = await inventoryOf(replay("supermicro-1014s"));
    expect(supermicro.hardware.disks.map((disk) => [disk.name, disk.firmware, disk.pciAddress])).toEqual([
      ["nvme0n1", "GDC5602Q", "0000:01:00.0"],
      ["nvme1n1", "GDC5602Q", "0000:02:00.0"],
      ["nvme2n1", "GDC5602Q", "0000:03:00.0"],
      ["nvme3n1", "GDC5602Q", "0000:04:00.0"],
    ]);
  });

  test("a server whose lspci hangs has everything else, and an ERROR that says so", async () => {
    const { facts } = await inventoryOf(replay("hp-dl360-g5"));
    expect(statuses(facts)).toEqual({
      dmidecode: "ok",
      lscpu: "ok",
      cpuinfo: "ok",
      lsblk: "ok",
      smartctl: "ok",
      nvme: "device-absent",
      lspci: "timed-out",
      sysfs: "ok",
      ethtool: "ok",
      lldp: "ok",
      lshw: "ok",
      kernel: "ok",
      edac: "device-absent",
      hwmon: "ok",
      ipmitool: "device-absent",
      "nvidia-smi": "device-absent",
    });
    expect([facts.hardware.pci, facts.hardware.disks.length, facts.hardware.nics.length]).toEqual([[], 1, 2]);
    expect(notPassed(facts)).toEqual([
      ["inventory.probe-device-absent", "SKIPPED", "probe nvme"],
      ["inventory.probe-timed-out", "ERROR", "probe lspci"],
      ["inventory.probe-device-absent", "SKIPPED", "probe edac"],
      ["inventory.probe-device-absent", "SKIPPED", "probe ipmitool"],
      ["inventory.probe-device-absent", "SKIPPED", "probe nvidia-smi"],
      // The server in the record really has processors of two steppings.
      ["inventory.cpu-mixed", "WARN", "CPU"],
    ]);
  });

  test("a recording of a replay is the recording", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vetbox-record-"));
    try {
      const { system, recording } = recordSystem(replay("dell-r640"));
      const first = await inventoryOf(system);
      saveRecording(folder, recording);
      const second = await inventoryOf(replaySystem(loadRecording(folder), fakeSystem(), 0));
      expect(second).toEqual(first);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("runInventory on bad machines", () => {
  test("a machine with no tool, no device and no file still has an inventory", async () => {
    const absent: Exec = async () => ({ ...exited(""), end: "absent", exitCode: null });
    const { facts, artifacts } = await inventoryOf(fakeSystem({ exec: absent }));
    expect(v.parse(Inventory, facts)).toEqual(facts);
    expect(statuses(facts)).toEqual({
      dmidecode: "tool-absent",
      lscpu: "tool-absent",
      cpuinfo: "device-absent",
      lsblk: "tool-absent",
      smartctl: "tool-absent",
      nvme: "device-absent",
      lspci: "tool-absent",
      sysfs: "ok",
      ethtool: "device-absent",
      lldp: "tool-absent",
      lshw: "tool-absent",
      kernel: "tool-absent",
      edac: "device-absent",
      hwmon: "device-absent",
      ipmitool: "device-absent",
      "nvidia-smi": "device-absent",
    });
    expect([...artifacts.keys()]).toEqual(["sysfs.json", "inventory.json"]);
  });

  test("absent tool, absent device, failed and signalled are different answers", async () => {
    const ends: Record<string, ReturnType<typeof exited>> = {
      dmidecode: exited(
        "# dmidecode 3.6\nScanning /dev/mem for entry point.\n# No SMBIOS nor DMI entry point found, sorry.\n",
      ),
      lscpu: { ...exited(""), end: "signalled", exitCode: null, signal: "SIGSEGV" },
      lsblk: exited("", 1, "lsblk: unknown column: TRAN\n"),
      lspci: exited("", 1, "pcilib: Cannot open /sys/bus/pci/devices\nlspci: Cannot find any working access method.\n"),
    };
    const { facts } = await inventoryOf(fakeSystem({ exec: async ({ argv }) => ends[argv[0]] ?? exited("") }));
    expect(facts.probes.map((probe) => [probe.probe, probe.status, probe.reason])).toEqual([
      ["dmidecode", "device-absent", "# No SMBIOS nor DMI entry point found, sorry."],
      ["lscpu", "failed", "lscpu was ended by SIGSEGV."],
      ["cpuinfo", "device-absent", "There is no /proc/cpuinfo."],
      ["lsblk", "failed", "lsblk ended with code 1: lsblk: unknown column: TRAN"],
      ["smartctl", "failed", "smartctl, line 1: There is no JSON."],
      ["nvme", "device-absent", "There is no NVMe drive."],
      ["lspci", "device-absent", "pcilib: Cannot open /sys/bus/pci/devices"],
      ["sysfs", "ok", undefined],
      ["ethtool", "device-absent", "There is no network interface with hardware behind it."],
      ["lldp", "failed", "lldpcli, line 1: There is no JSON."],
      ["lshw", "failed", "lshw, line 1: There is no JSON."],
      ["kernel", "ok", undefined],
      ["edac", "device-absent", "No driver counts memory errors here (EDAC has no controller)."],
      ["hwmon", "device-absent", "The kernel has no sensor here."],
      ["ipmitool", "device-absent", "There is no BMC: the kernel has no /dev/ipmi0, the firmware describes none."],
      ["nvidia-smi", "device-absent", "There is no NVIDIA GPU on the PCI bus."],
    ]);
  });

  test("output that is not what it should be is failed, and kept", async () => {
    const { facts, artifacts } = await inventoryOf(
      fakeSystem({ exec: async () => exited("Segmentation fault\u0000") }),
    );
    expect(statuses(facts)).toMatchObject({ dmidecode: "failed", lscpu: "failed", lsblk: "failed" });
    expect(artifacts.get("lscpu.json")).toBe("Segmentation fault\u0000");
  });

  test("a tool that cannot be started and a file that cannot be read fail their own probe alone", async () => {
    const files = { ...tableFiles({}), list: () => Promise.reject(new Fault("file-unreadable", { path: "/sys" })) };
    const exec: Exec = async ({ argv }) => {
      if (argv[0] === "lscpu") throw new Fault("spawn-failed", { argv0: "lscpu" });
      return exited('{"blockdevices":[]}');
    };
    const { facts } = await inventoryOf(fakeSystem({ exec, files }));
    expect(statuses(facts)).toMatchObject({ lscpu: "failed", lsblk: "ok", sysfs: "failed" });
  });

  test("one hung tool costs its own deadline and nothing else", async () => {
    const system = fakeSystem({
      exec: ({ argv }) =>
        argv[0] === "dmidecode" ? new Promise(() => undefined) : Promise.resolve(exited('{"blockdevices":[]}')),
    });
    let facts: Inventory | undefined;
    void inventoryOf(system).then((result) => {
      facts = result.facts;
    });
    await system.clock.until(() => facts !== undefined, 60_000);
    expect(system.clock.monoMs()).toBeLessThanOrEqual(25_000);
    const late = facts?.probes.filter((probe) => probe.durationMs > 1000);
    expect(late?.map((probe) => [probe.probe, probe.status])).toEqual([["dmidecode", "timed-out"]]);
  });

  test("files that hang cost their own deadline too", async () => {
    const files = { ...tableFiles({}), list: () => new Promise<readonly string[]>(() => undefined) };
    const system = fakeSystem({ exec: async () => exited('{"blockdevices":[]}'), files });
    let facts: Inventory | undefined;
    void inventoryOf(system).then((result) => {
      facts = result.facts;
    });
    await system.clock.until(() => facts !== undefined, 120_000);
    expect(statuses(facts as unknown as Inventory)["sysfs"]).toBe("timed-out");
  });
});

describe("runInventory on this machine", () => {
  test("finds what its kernel says", async () => {
    const { facts } = await inventoryOf(thisSystem);
    expect(v.parse(Inventory, facts)).toEqual(facts);
    expect(facts.hardware.memory.visibleBytes).toBeGreaterThan(2 ** 28);
    if (existsSync("/usr/bin/lscpu")) expect(facts.hardware.cpu.threadCount).toBe(navigator.hardwareConcurrency);
  });
});
