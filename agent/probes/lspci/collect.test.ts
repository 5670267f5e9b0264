import { beforeAll, describe, expect, test } from "bun:test";
import { needPackages } from "../../../test/setup/packages.ts";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import type { ExecResult } from "../../system/exec.ts";
import { thisSystem } from "../../system/system.ts";
import { runProbe } from "../probe.ts";
import { lspciProbe } from "./collect.ts";

const signal = new AbortController().signal;
const outcomeOf = (result: ExecResult, table: Readonly<Record<string, string>> = {}) =>
  runProbe(lspciProbe, fakeSystem({ exec: async () => result, files: tableFiles(table) }), signal);

describe("lspciProbe", () => {
  test("puts link, driver and bridges of sysfs to what lspci lists", async () => {
    const base = "/sys/bus/pci/devices/0000:19:00.0";
    const { facts, report } = await outcomeOf(exited("Slot:\t0000:19:00.0\nClass:\tEthernet controller [0200]\n"), {
      [base]: "->/sys/devices/pci0000:17/0000:17:02.0/0000:19:00.0",
      [`${base}/driver`]: "->/sys/bus/pci/drivers/bnxt_en",
      [`${base}/current_link_speed`]: "8.0 GT/s PCIe\n",
      [`${base}/current_link_width`]: "4\n",
      [`${base}/max_link_width`]: "8\n",
    });
    expect(report.status).toBe("ok");
    expect(facts).toEqual([
      {
        address: "0000:19:00.0",
        class: "Ethernet controller",
        classId: "0200",
        driver: "bnxt_en",
        linkSpeedGtps: 8,
        linkWidth: 4,
        maxLinkWidth: 8,
        bridges: ["0000:17:02.0"],
      },
    ]);
  });

  test("no bus, an empty bus, and another program's words are different answers", async () => {
    const noBus = exited("", 1, "lspci: Cannot find any working access method.\n");
    const statuses = [];
    for (const result of [noBus, exited("\n"), exited("00:00.0 Host bridge: Intel Corporation 440FX\n")]) {
      const { report } = await outcomeOf(result);
      statuses.push([report.status, report.reason]);
    }
    expect(statuses).toEqual([
      ["device-absent", "lspci: Cannot find any working access method."],
      ["device-absent", "The PCI bus has no device."],
      ["failed", "lspci, line 1: No PCI function of lspci -vmm -D."],
    ]);
  });
});

describe("lspciProbe on this machine", () => {
  beforeAll(() => needPackages(["pciutils"]), 300_000);

  test("lists the functions that the kernel has, with their drivers", async () => {
    const { files } = thisSystem;
    const addresses = await files.list("/sys/bus/pci/devices");
    const { facts, report } = await runProbe(lspciProbe, thisSystem, signal);
    expect(report.status).toBe(addresses.length > 0 ? "ok" : "device-absent");
    expect((facts ?? []).map((one) => one.address).toSorted()).toEqual([...addresses]);
    for (const { address, driver } of facts ?? [])
      expect(driver).toBe((await files.realPath(`/sys/bus/pci/devices/${address}/driver`))?.split("/").at(-1));
  });
});
