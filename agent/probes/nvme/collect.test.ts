import { describe, expect, test } from "bun:test";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import type { Exec, ExecResult } from "../../system/exec.ts";
import { type ProbeOutcome, runProbe } from "../probe.ts";
import { type NvmeSeen, nvmeProbe } from "./collect.ts";

const signal = new AbortController().signal;
const files = tableFiles({ "/sys/class/nvme/nvme0/model": "PM9A3\n", "/sys/class/nvme/nvme1/model": "PM9A3\n" });
const LIST = exited(
  JSON.stringify({
    Devices: ["nvme0n1", "nvme1n1"].map((name) => ({ DevicePath: `/dev/${name}`, SerialNumber: name })),
  }),
);
const log = (kelvin: number) => exited(JSON.stringify({ critical_warning: 0, percent_used: 1, temperature: kelvin }));
const late = (durationMs: number): ExecResult => ({ ...exited(""), end: "timed-out", exitCode: null, durationMs });

describe("nvmeProbe", () => {
  test("lists the drives and reads each controller's health", async () => {
    const asked: string[] = [];
    const exec: Exec = async ({ argv }) => {
      asked.push(argv.join(" "));
      return argv[1] === "list" ? LIST : log(argv.at(-1) === "/dev/nvme0" ? 300 : 310);
    };
    const { report, facts } = await runProbe(nvmeProbe, fakeSystem({ exec, files }), signal);
    expect(asked).toEqual([
      "nvme list -o json",
      "nvme smart-log -o json /dev/nvme0",
      "nvme smart-log -o json /dev/nvme1",
    ]);
    expect([report.status, facts?.drives.map((one) => one.serial), facts?.health]).toEqual([
      "ok",
      ["nvme0n1", "nvme1n1"],
      {
        nvme0: { criticalWarning: 0, usedPercent: 1, temperatureC: 27 },
        nvme1: { criticalWarning: 0, usedPercent: 1, temperatureC: 37 },
      },
    ]);
  });

  test("a controller that hangs costs its own deadline; the list and the other's health are kept", async () => {
    const system = fakeSystem({
      files,
      exec: async ({ argv, timeoutMs }) => {
        if (argv[1] === "list") return LIST;
        if (argv.at(-1) === "/dev/nvme0") return log(300);
        await system.clock.sleep(timeoutMs);
        return late(timeoutMs);
      },
    });
    let outcome: ProbeOutcome<NvmeSeen> | undefined;
    void runProbe(nvmeProbe, system, signal).then((result) => {
      outcome = result;
    });
    await system.clock.until(() => outcome !== undefined, 100_000);
    expect(system.clock.monoMs()).toBe(20_000);
    expect(outcome?.report).toMatchObject({
      status: "timed-out",
      reason: "nvme1: nvme did not end within 20000 ms and was killed.",
    });
    expect([outcome?.facts?.drives.length, Object.keys(outcome?.facts?.health ?? {})]).toEqual([2, ["nvme0"]]);
  });

  test("without a controller the tool is not asked; without its sense it is a failure", async () => {
    const none = await runProbe(nvmeProbe, fakeSystem(), signal);
    expect([none.report.status, none.report.reason]).toEqual(["device-absent", "There is no NVMe drive."]);
    const statusWith = async (result: ExecResult) =>
      (await runProbe(nvmeProbe, fakeSystem({ files, exec: async () => result }), signal)).report;
    expect(await statusWith(exited(""))).toMatchObject({ status: "device-absent" });
    // nvme-cli 2.3 on a kernel whose NVMe driver went away meanwhile.
    expect(await statusWith(exited("", 1, "Failed to scan topology: No such file or directory\n"))).toMatchObject({
      status: "device-absent",
    });
    expect(await statusWith(exited("Segmentation fault"))).toMatchObject({
      status: "failed",
      reason: "nvme list, line 1, column 1: This is no JSON.",
    });
    expect(await statusWith({ ...exited(""), end: "absent", exitCode: null })).toMatchObject({ status: "tool-absent" });
  });

  test("a controller without sense in its log is named", async () => {
    const exec: Exec = async ({ argv }) => (argv[1] === "list" ? LIST : exited("{}"));
    const { report } = await runProbe(nvmeProbe, fakeSystem({ exec, files }), signal);
    expect([report.status, report.reason]).toEqual(["failed", "nvme0: no health log. nvme1: no health log."]);
  });
});
