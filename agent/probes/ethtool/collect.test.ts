import { beforeAll, describe, expect, test } from "bun:test";
import { needPackages } from "../../../test/setup/packages.ts";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import type { Exec, ExecResult } from "../../system/exec.ts";
import { thisSystem } from "../../system/system.ts";
import { type ProbeOutcome, runProbe } from "../probe.ts";
import { type EthtoolPorts, ethtoolProbe } from "./collect.ts";

const filesWith = (...names: readonly string[]) =>
  tableFiles({
    ...Object.fromEntries(names.map((name) => [`/sys/class/net/${name}/device`, `->/sys/devices/${name}`])),
    "/sys/class/net/lo/address": "00:00:00:00:00:00\n",
  });
const ended = (end: "timed-out" | "absent"): ExecResult => ({ ...exited(""), end, exitCode: null, durationMs: 10_000 });
const signal = new AbortController().signal;
const REFUSED = exited("", 1, "netlink error: Operation not supported\n");

describe("ethtoolProbe", () => {
  test("asks each interface with hardware one question after the other; a refusal is no failure", async () => {
    const asked: string[] = [];
    let running = 0;
    const exec: Exec = async ({ argv }) => {
      asked.push(argv.join(" "));
      running += 1;
      expect(running).toBe(1);
      await Promise.resolve();
      running -= 1;
      if (argv[1] === "-m") return REFUSED;
      return exited(argv[1] === "-i" ? "driver: tg3\n" : argv[1] === "-P" ? "Permanent address: not set\n" : "");
    };
    const outcome = await runProbe(ethtoolProbe, fakeSystem({ exec, files: filesWith("eno1") }), signal);
    expect(asked).toEqual(["ethtool -i eno1", "ethtool eno1", "ethtool -P eno1", "ethtool -m eno1"]);
    expect([outcome.report.status, outcome.facts]).toEqual(["ok", { eno1: { driver: "tg3" } }]);
    expect(outcome.raw[0]?.text).toContain("# ethtool -m eno1\nnetlink error: Operation not supported\n");
  });

  test("no more than four interfaces are asked at once", async () => {
    const busy = new Set<string>();
    let most = 0;
    const exec: Exec = async ({ argv }) => {
      const name = argv.at(-1) ?? "";
      expect(busy.has(name)).toBe(false);
      busy.add(name);
      most = Math.max(most, busy.size);
      await Promise.resolve();
      busy.delete(name);
      return exited("driver: ice\n");
    };
    const names = Array.from({ length: 9 }, (_, i) => `eth${i}`);
    const { facts } = await runProbe(ethtoolProbe, fakeSystem({ exec, files: filesWith(...names) }), signal);
    expect([most, Object.keys(facts ?? {})]).toEqual([4, names]);
  });

  test("a port that hangs costs its own deadline; the others and what it said before stay", async () => {
    const system = fakeSystem({
      files: filesWith("eno1", "eno2"),
      exec: async ({ argv, timeoutMs }) => {
        if (argv.join(" ") !== "ethtool eno1") return exited("driver: bnxt_en\n");
        await system.clock.sleep(timeoutMs);
        return { ...ended("timed-out"), durationMs: timeoutMs };
      },
    });
    let outcome: ProbeOutcome<EthtoolPorts> | undefined;
    void runProbe(ethtoolProbe, system, signal).then((one) => {
      outcome = one;
    });
    await system.clock.until(() => outcome !== undefined);
    expect(system.clock.monoMs()).toBe(20_000);
    expect(outcome?.report).toMatchObject({
      status: "timed-out",
      reason: "eno1: ethtool did not end within 20000 ms and was killed.",
    });
    expect(outcome?.facts).toEqual({ eno1: { driver: "bnxt_en" }, eno2: { driver: "bnxt_en" } });
  });

  test("forty hanging ports end within the probe's deadline, with what was read", async () => {
    const system = fakeSystem({
      files: filesWith("a", ...Array.from({ length: 40 }, (_, i) => `hung${i}`)),
      exec: async ({ argv, timeoutMs }) => {
        if (argv.at(-1) === "a") return exited("driver: igb\n");
        await system.clock.sleep(timeoutMs);
        return { ...ended("timed-out"), durationMs: timeoutMs };
      },
    });
    let outcome: ProbeOutcome<EthtoolPorts> | undefined;
    void runProbe(ethtoolProbe, system, signal).then((one) => {
      outcome = one;
    });
    await system.clock.until(() => outcome !== undefined);
    expect(system.clock.monoMs()).toBe(50_000);
    expect(outcome?.facts).toEqual({ a: { driver: "igb" } });
  });

  test("no tool, no interface, and a tool that says nothing are different answers", async () => {
    const reportOf = async (exec: Exec, ...names: readonly string[]) => {
      const { report } = await runProbe(ethtoolProbe, fakeSystem({ exec, files: filesWith(...names) }), signal);
      return [report.status, report.reason];
    };
    expect([
      await reportOf(async () => ended("absent"), "eno1"),
      await reportOf(async () => ended("absent")),
      await reportOf(async () => REFUSED, "eno1"),
    ]).toEqual([
      ["tool-absent", "ethtool is not installed."],
      ["device-absent", "There is no network interface with hardware behind it."],
      ["failed", "ethtool said nothing about eno1."],
    ]);
  });
});

describe("ethtoolProbe on this machine", () => {
  beforeAll(() => needPackages(["ethtool"]), 300_000);

  test("names the driver that sysfs names, for each interface with hardware", async () => {
    const { facts, report } = await runProbe(ethtoolProbe, thisSystem, signal);
    if (report.status === "device-absent") return;
    expect(report).toMatchObject({ probe: "ethtool", status: "ok" });
    for (const [name, port] of Object.entries(facts ?? {})) {
      const driver = await thisSystem.files.realPath(`/sys/class/net/${name}/device/driver`);
      if (driver !== null) expect(port.driver).toBe(driver.split("/").at(-1) ?? "");
    }
  });
});
