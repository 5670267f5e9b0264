import { describe, expect, test } from "bun:test";
import { exited, fakeSystem } from "../../fakes/system.ts";
import type { Exec, ExecResult } from "../../system/exec.ts";
import { type ProbeOutcome, runProbe } from "../probe.ts";
import { type DriveReport, smartctlProbe } from "./collect.ts";

const signal = new AbortController().signal;
const smartctl = { version: [7, 4], exit_status: 0 };
const scanOf = (...devices: readonly Record<string, unknown>[]) => exited(JSON.stringify({ smartctl, devices }));
const drive = (name: string, type = "scsi") => ({ name, type, protocol: "SCSI" });
const report = (model: string, exitStatus = 0) =>
  exited(JSON.stringify({ smartctl: { ...smartctl, exit_status: exitStatus }, model_name: model }), exitStatus);
const silent = (words: string, exitStatus: number) =>
  exited(
    JSON.stringify({ smartctl: { exit_status: exitStatus, messages: [{ string: words, severity: "error" }] } }),
    exitStatus,
  );
const ended = (end: "timed-out" | "absent", durationMs = 1): ExecResult => ({
  ...exited(""),
  end,
  exitCode: null,
  durationMs,
});
const run = (exec: Exec) => runProbe(smartctlProbe, fakeSystem({ exec }), signal);
const statuses = ({ facts }: ProbeOutcome<readonly DriveReport[]>) =>
  (facts ?? []).map((one) => [one.device, one.status]);

describe("smartctlProbe", () => {
  test("asks each drive of the scan in its own way, and only asks", async () => {
    const asked: string[] = [];
    const outcome = await run(async ({ argv }) => {
      asked.push(argv.join(" "));
      return argv[1] === "--scan-open"
        ? scanOf(drive("/dev/sda", "sat"), drive("/dev/nvme0", "nvme"), drive("/dev/bus/0", "sat+megaraid,8"))
        : report(String(argv.at(-1)));
    });
    expect(asked).toEqual([
      "smartctl --scan-open -j",
      "smartctl -x -j -d sat /dev/sda",
      "smartctl -x -j -d nvme /dev/nvme0",
      "smartctl -x -j -d sat+megaraid,8 /dev/bus/0",
    ]);
    expect([outcome.report.status, statuses(outcome)]).toEqual([
      "ok",
      [
        ["/dev/sda", "ok"],
        ["/dev/nvme0", "ok"],
        ["/dev/bus/0", "ok"],
      ],
    ]);
    expect(outcome.raw.map(({ name }) => name)).toEqual(["smartctl-scan.json", "smartctl.txt"]);
  });

  test("nothing of the scan becomes an option or a path elsewhere", async () => {
    const asked: string[] = [];
    await run(async ({ argv }) => {
      asked.push(argv.join(" "));
      return scanOf(
        drive("-s", "on"),
        drive("/dev/../etc/passwd"),
        drive("/dev/sda", "-t long"),
        drive("/dev/sda", ""),
        drive("/tmp/x"),
      );
    });
    expect(asked).toEqual(["smartctl --scan-open -j"]);
  });

  test("a drive that hangs costs its own deadline; what the others say is kept", async () => {
    const system = fakeSystem({
      exec: async ({ argv, timeoutMs }) => {
        if (argv[1] === "--scan-open") return scanOf(drive("/dev/sda"), drive("/dev/sdb"), drive("/dev/sdc"));
        if (argv.at(-1) !== "/dev/sdb") return report("ST1");
        await system.clock.sleep(timeoutMs);
        return ended("timed-out", timeoutMs);
      },
    });
    let outcome: ProbeOutcome<readonly DriveReport[]> | undefined;
    void runProbe(smartctlProbe, system, signal).then((result) => {
      outcome = result;
    });
    await system.clock.until(() => outcome !== undefined, 200_000);
    expect(system.clock.monoMs()).toBe(60_000);
    expect(outcome?.report).toMatchObject({
      status: "timed-out",
      reason: "/dev/sdb: smartctl did not end within 60000 ms and was killed.",
    });
    expect(outcome?.facts?.map((one) => [one.status, one.facts?.model])).toEqual([
      ["ok", "ST1"],
      ["timed-out", undefined],
      ["ok", "ST1"],
    ]);
  });

  test("so many hanging drives cost the probe's deadline together, and all are named", async () => {
    const names = Array.from({ length: 30 }, (_, i) => `/dev/bus/0/${i}`);
    const system = fakeSystem({
      exec: async ({ argv, timeoutMs }) => {
        if (argv[1] === "--scan-open") return scanOf(...names.map((name) => drive(name)));
        await system.clock.sleep(timeoutMs);
        return ended("timed-out", timeoutMs);
      },
    });
    let outcome: ProbeOutcome<readonly DriveReport[]> | undefined;
    void runProbe(smartctlProbe, system, signal).then((result) => {
      outcome = result;
    });
    await system.clock.until(() => outcome !== undefined, 200_000);
    expect(system.clock.monoMs()).toBe(150_000);
    expect(outcome?.facts).toHaveLength(30);
    expect(outcome?.facts?.at(-1)?.reason).toBe("There was no time left to ask.");
  });

  test("no more than eight drives are asked at once", async () => {
    let busy = 0;
    let most = 0;
    const outcome = await run(async ({ argv }) => {
      if (argv[1] === "--scan-open") return scanOf(...Array.from({ length: 20 }, (_, i) => drive(`/dev/sd${i}`)));
      busy += 1;
      most = Math.max(most, busy);
      await Promise.resolve();
      busy -= 1;
      return report("ST1");
    });
    expect([most, outcome.facts?.length]).toEqual([8, 20]);
  });

  test("a scan that hangs over one drive is done again without opening any", async () => {
    const asked: string[] = [];
    const outcome = await run(async ({ argv }) => {
      asked.push(argv.join(" "));
      if (argv[1] === "--scan-open") return ended("timed-out", 30_000);
      return argv[1] === "--scan" ? scanOf(drive("/dev/sda"), drive("/dev/nvme0", "nvme")) : report("ST1");
    });
    expect(asked.slice(1)).toEqual([
      "smartctl --scan -j",
      "smartctl -x -j -d auto /dev/sda",
      "smartctl -x -j -d nvme /dev/nvme0",
    ]);
    expect(outcome.report.status).toBe("ok");
  });

  test("a failing drive is read like any other: the exit status is data", async () => {
    const outcome = await run(async ({ argv }) =>
      argv[1] === "--scan-open" ? scanOf(drive("/dev/sda")) : report("ST1", 8 + 16 + 64 + 128),
    );
    expect([outcome.report.status, outcome.facts?.[0]?.facts?.exitBits]).toEqual([
      "ok",
      ["disk-failing", "prefail-below-threshold", "error-log", "self-test-log"],
    ]);
  });

  test("volumes and unknown bridges are no drives; a drive that does not open is a failure with its name", async () => {
    const words = "DELL or MegaRaid controller, please try adding '-d megaraid,N'";
    const volume = { ...drive("/dev/sda"), open_error: words };
    const only = await run(async () => scanOf(volume));
    expect([only.report.status, only.report.reason]).toEqual(["device-absent", `/dev/sda: ${words}`]);
    const outcome = await run(async ({ argv }) => {
      if (argv[1] === "--scan-open")
        return scanOf(volume, drive("/dev/sdb"), drive("/dev/sdc"), drive("/dev/bus/0", "megaraid,4"));
      if (argv.at(-1) === "/dev/sdb") return silent("/dev/sdb: Unknown USB bridge [0x1234]", 1);
      if (argv.at(-1) === "/dev/sdc") return silent("Smartctl open device: /dev/sdc failed: Input/output error", 2);
      return exited("Segmentation fault");
    });
    expect(statuses(outcome)).toEqual([
      ["/dev/sda", "device-absent"],
      ["/dev/sdb", "device-absent"],
      ["/dev/sdc", "failed"],
      ["/dev/bus/0", "failed"],
    ]);
    expect(outcome.report).toMatchObject({
      status: "failed",
      reason:
        "/dev/sdc: Smartctl open device: /dev/sdc failed: Input/output error " +
        "/dev/bus/0 (megaraid,4): line 1, column 1: This is no JSON.",
    });
  });

  test("no tool, no drive and no sense are different answers", async () => {
    const absent = await run(async () => ended("absent"));
    const none = await run(async () => scanOf());
    const nonsense = await run(async () => exited("{}"));
    expect([absent, none, nonsense].map(({ report: { status, reason } }) => [status, reason])).toEqual([
      ["tool-absent", "smartctl is not installed."],
      ["device-absent", "smartctl finds no drive that it can ask."],
      ["failed", "smartctl, line 1, column 1: JSON, but not of smartctl."],
    ]);
  });
});
