import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { createFakeClock } from "../fakes/clock.ts";
import { exited, fakeSystem, tableFiles } from "../fakes/system.ts";
import type { Exec } from "../system/exec.ts";
import type { Files } from "../system/files.ts";
import { thisSystem } from "../system/system.ts";
import { Watch } from "../wire/watch.ts";
import { parseAerCounters } from "./pci.ts";
import { parseMachineChecks } from "./processors.ts";
import { createWatcher } from "./watch.ts";

const PCI = "/sys/bus/pci/devices/0000:3b:00.0";
const MC = "/sys/devices/system/edac/mc/mc0";
const NET = "/sys/class/net/eno1";
const CPU = "/sys/devices/system/cpu/cpu0";
const HWMON = "/sys/class/hwmon/hwmon0";

/** A server with one of each. */
const server = (): Record<string, string> => ({
  [`${PCI}/aer_dev_correctable`]: "RxErr 0\nBadTLP 2\nTOTAL_ERR_COR 2\n",
  [`${PCI}/aer_dev_nonfatal`]: "Undefined 0\nTOTAL_ERR_NONFATAL 0\n",
  [`${PCI}/aer_dev_fatal`]: "TOTAL_ERR_FATAL 0\n",
  [`${PCI}/current_link_width`]: "16\n",
  [`${PCI}/current_link_speed`]: "8.0 GT/s PCIe\n",
  [`${PCI}/class`]: "0x020000\n",
  [`${MC}/ce_count`]: "3",
  [`${MC}/ue_count`]: "0",
  [`${MC}/dimm0/dimm_label`]: "DIMM_A1",
  [`${MC}/dimm0/dimm_ce_count`]: "2",
  [`${MC}/dimm0/dimm_ue_count`]: "0",
  [`${NET}/device`]: `->${PCI}`,
  [`${NET}/address`]: "52:54:00:77:00:01\n",
  [`${NET}/carrier`]: "1\n",
  [`${NET}/speed`]: "10000\n",
  [`${NET}/carrier_changes`]: "1\n",
  [`${NET}/statistics/rx_errors`]: "0\n",
  [`${NET}/statistics/rx_crc_errors`]: "0\n",
  [`${NET}/statistics/tx_errors`]: "0\n",
  [`${NET}/statistics/rx_missed_errors`]: "0\n",
  [`${CPU}/thermal_throttle/core_throttle_count`]: "0\n",
  [`${CPU}/thermal_throttle/package_throttle_count`]: "4\n",
  [`${CPU}/topology/physical_package_id`]: "0\n",
  "/proc/interrupts":
    "           CPU0       CPU1\n MCE:          0          1   Machine check exceptions\n MCP:         12         12   Machine check polls\n",
  [`${HWMON}/name`]: "coretemp\n",
  [`${HWMON}/temp1_input`]: "50000\n",
  [`${HWMON}/temp1_crit`]: "100000\n",
});

const OLD =
  "<6>[    1.000000] Linux version 6.12\n<3>[    2.000000] critical medium error, dev sdz, sector 1 op 0x0:(READ)\n";

/** The server, with a log that the test writes on. */
const bench = (over: { readonly files?: (table: Record<string, string>) => Files; readonly lsblk?: string } = {}) => {
  const table = server();
  const machine = { log: OLD, asked: [] as string[] };
  const exec: Exec = async ({ argv }) => {
    machine.asked.push(argv[0]);
    return exited(argv[0] === "dmesg" ? machine.log : (over.lsblk ?? '{"blockdevices":[]}'));
  };
  const clock = createFakeClock();
  const files = over.files?.(table) ?? tableFiles(table);
  return { table, machine, clock, watcher: createWatcher(fakeSystem({ exec, files, clock })) };
};
const never = new AbortController().signal;

describe("createWatcher", () => {
  test("tells what changed and nothing else, in the shape of the wire", async () => {
    const { table, machine, clock, watcher } = bench({
      lsblk: '{"blockdevices":[{"name":"sda","type":"disk","size":1000,"serial":"S6PW1234"}]}',
    });
    const watched = await watcher(never);
    table[`${PCI}/aer_dev_correctable`] = "RxErr 1\nBadTLP 4\nTOTAL_ERR_COR 5\n";
    table[`${PCI}/current_link_width`] = "8\n";
    table[`${MC}/ce_count`] = "5";
    table[`${MC}/dimm0/dimm_ce_count`] = "3";
    table[`${NET}/statistics/rx_errors`] = "2\n";
    table[`${NET}/statistics/rx_crc_errors`] = "2\n";
    table[`${NET}/carrier_changes`] = "3\n";
    table[`${CPU}/thermal_throttle/package_throttle_count`] = "6\n";
    table["/proc/interrupts"] = " MCE:          1          1   Machine check exceptions\n";
    machine.log += "<3>[   30.000000] critical medium error, dev sda, sector 9 op 0x0:(READ)\n";
    await clock.pass(60_000);
    const { watch, newLines } = await watched.end();
    expect(v.parse(Watch, watch)).toEqual(watch);
    expect(watch.durationMs).toBe(60_000);
    const changes = watch.figures.flatMap(({ kind, changed }) => changed.map((one) => ({ kind, ...one })));
    expect(changes).toEqual([
      { kind: "aer-correctable", component: "0000:3b:00.0", before: 2, after: 5, detail: "RxErr 1, BadTLP 2" },
      { kind: "pcie-width", component: "0000:3b:00.0", before: 16, after: 8 },
      { kind: "memory-corrected", component: "DIMM_A1", before: 2, after: 3 },
      { kind: "memory-corrected", component: "memory controller mc0", before: 1, after: 2 },
      { kind: "machine-check", component: "CPU 0", before: 0, after: 1 },
      { kind: "throttle", component: "processor socket 0", before: 4, after: 6 },
      { kind: "nic-errors", component: "52:54:00:77:00:01", before: 0, after: 2, detail: "rx_crc_errors 2" },
      { kind: "nic-carrier", component: "52:54:00:77:00:01", before: 1, after: 3 },
    ]);
    // The old line about sdz is from before the stage.
    expect(watch.kernel?.errors).toEqual([
      {
        kind: "disk",
        component: "sda",
        serial: "S6PW1234",
        text: "critical medium error, dev sda, sector 9 op 0x0:(READ)",
        count: 1,
      },
    ]);
    expect(newLines).toContain("dev sda");
    expect(newLines).not.toContain("sdz");
    // This server has no BMC.
    expect(watch.missing.map(({ source, status }) => `${source} ${status}`)).toEqual(["events absent"]);
  });

  test("keeps the highest temperature, also one between the readings", async () => {
    const { table, clock, watcher } = bench();
    const watched = await watcher(never);
    table[`${HWMON}/temp1_input`] = "97000\n";
    await clock.pass(15_000);
    table[`${HWMON}/temp1_input`] = "61000\n";
    const { watch } = await watched.end();
    expect(watch.temperatures).toEqual([{ name: "coretemp temp1", tempC: 97, criticalC: 100 }]);
  });

  test("what was there and went is told; what came is not", async () => {
    const { table, watcher } = bench();
    const watched = await watcher(never);
    for (const path of Object.keys(table)) if (path.startsWith(PCI) || path.startsWith(NET)) delete table[path];
    table["/sys/bus/pci/devices/0000:5e:00.0/class"] = "0x010802\n";
    const { watch } = await watched.end();
    expect(watch.gone).toEqual(["PCIe 0000:3b:00.0", "NIC 52:54:00:77:00:01"]);
  });

  test("asks for the names of disks only when the kernel complains about one", async () => {
    const { machine, watcher } = bench();
    const { watch } = await (await watcher(never)).end();
    expect(machine.asked).toEqual(["dmesg", "dmesg"]);
    expect(watch.kernel).toEqual({ errors: [], xids: [], isCut: false });
  });

  test("a sensor that hangs costs ten seconds once, is told, and is not asked again", async () => {
    let asked = 0;
    const { clock, watcher } = bench({
      files: (table) => ({
        ...tableFiles(table),
        list: async (path) => {
          if (path !== "/sys/class/net") return tableFiles(table).list(path);
          asked += 1;
          return new Promise(() => undefined);
        },
      }),
    });
    let ended: Watch | undefined;
    void watcher(never)
      .then((watched) => watched.end())
      .then(({ watch }) => {
        ended = watch;
      });
    await clock.until(() => ended !== undefined, 15_000);
    expect(clock.monoMs()).toBe(10_000);
    expect(asked).toBe(1);
    expect(ended?.missing).toContainEqual({
      source: "nics",
      status: "failed",
      reason: "It did not answer within 10000 ms.",
    });
    expect(ended?.figures.some(({ kind }) => kind === "aer-fatal")).toBe(true);
  });

  test("one look at the temperatures that was missed is made good by the next; the last one missed is told", async () => {
    let misses = 0;
    const { clock, watcher } = bench({
      files: (table) => ({
        ...tableFiles(table),
        list: async (path) => {
          if (path !== "/sys/class/hwmon" || misses === 0) return tableFiles(table).list(path);
          misses -= 1;
          throw new Error("EIO");
        },
      }),
    });
    const missingAfter = async (missed: number): Promise<Watch["missing"]> => {
      const watched = await watcher(never);
      misses = 1;
      await clock.pass(20_000);
      expect(misses).toBe(0);
      misses = missed;
      return (await watched.end()).watch.missing.filter(({ source }) => source === "temperatures");
    };
    expect(await missingAfter(0)).toEqual([]);
    expect(await missingAfter(1)).toMatchObject([{ status: "failed" }]);
  });

  test("a server that has and lets nothing be read is absent or failed everywhere, and nothing throws", async () => {
    const exec: Exec = async () => ({ ...exited(""), end: "absent", exitCode: null });
    const { watch } = await (await createWatcher(fakeSystem({ exec }))(never)).end();
    expect(watch.missing.map(({ source, status }) => `${source} ${status}`).sort()).toEqual([
      "events absent",
      "kernel failed",
      "memory absent",
      "nics absent",
      "pci absent",
      "processors absent",
      "temperatures absent",
    ]);
  });

  test("this machine is watched in the shape of the wire", async () => {
    const { watch } = await (await createWatcher(thisSystem)(never)).end();
    expect(v.safeParse(Watch, watch).success).toBe(true);
    expect(watch.durationMs).toBeLessThan(12_000);
  });
});

test("parseAerCounters reads names and total, and adds up where there is no total", () => {
  expect(parseAerCounters("RxErr 1\nBadTLP 2\nTOTAL_ERR_COR 3\n")).toEqual({
    total: 3,
    parts: { RxErr: 1, BadTLP: 2 },
  });
  expect(parseAerCounters("DLP 1\nTLP 1\n")).toEqual({ total: 2, parts: { DLP: 1, TLP: 1 } });
  expect(parseAerCounters("rubbish")).toEqual({ total: 0, parts: {} });
});

test("parseMachineChecks adds exceptions and deferred errors by processor, not polls", () => {
  const text =
    " MCE:  0  1   Machine check exceptions\n MCP: 9 9 Machine check polls\n DFR: 2 0 Deferred Error APIC interrupts\n";
  expect(parseMachineChecks(text)).toEqual([2, 1]);
  expect(parseMachineChecks("")).toEqual([]);
});
