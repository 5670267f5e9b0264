import { describe, expect, test } from "bun:test";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import type { Exec, ExecResult } from "../../system/exec.ts";
import { runProbe } from "../probe.ts";
import { ipmitoolProbe } from "./collect.ts";

const ANSWERS: Readonly<Record<string, ExecResult>> = {
  "mc info": exited("Firmware Revision         : 1.02\nIPMI Version              : 2.0\n"),
  "sdr elist all": exited("FAN1             | 41h | ok  | 29.1 | 7420 RPM\n"),
  "sel info": exited("Entries          : 12\nPercent Used     : 2%\n"),
  "fru print": exited(
    "FRU Device Description : Builtin FRU Device (ID 0)\n Board Serial          : B77\n",
    1,
    " Device not present (Requested sensor, data, or record not found)\n",
  ),
  "lan print": exited("", 1, "Invalid channel: 1\n"),
  "mc guid": exited("System GUID  : 4c4c4544-0036-4d10-8052-b4c04f4c5a32\n"),
};
const files = () => tableFiles({ "/dev/ipmi0": "->/dev/ipmi0" });
const silent = new AbortController().signal;

/** A BMC that notes what it was asked, and how many questions it had at once. */
const createBmc = (answers: Readonly<Record<string, ExecResult | Promise<never>>> = ANSWERS) => {
  const asked: string[] = [];
  const seen = { atOnce: 0, most: 0 };
  const exec: Exec = async ({ argv }) => {
    const question = argv.slice(1).join(" ");
    asked.push(question);
    seen.atOnce += 1;
    seen.most = Math.max(seen.most, seen.atOnce);
    await Promise.resolve();
    const answer = await (answers[question] ?? exited("", 1, `unplanned: ${question}\n`));
    seen.atOnce -= 1;
    return answer;
  };
  return { exec, asked, seen };
};

describe("ipmitoolProbe", () => {
  test("asks one question after another; what a BMC need not have is no failure", async () => {
    const { exec, asked, seen } = createBmc();
    const { report, facts } = await runProbe(ipmitoolProbe, fakeSystem({ exec, files: files() }), silent);
    expect([report.status, report.reason]).toEqual(["ok", undefined]);
    expect(asked).toEqual(["mc info", "sdr elist all", "sel info", "fru print", "lan print", "mc guid"]);
    expect(seen.most).toBe(1);
    expect(facts).toMatchObject({
      controller: { firmware: "1.02" },
      sel: { selEntryCount: 12 },
      fru: [{ boardSerial: "B77" }],
      guid: { guid: "4c4c4544-0036-4d10-8052-b4c04f4c5a32" },
    });
    expect(facts?.lan).toBeUndefined();
  });

  test("a second Inventory asks for what changes, and for what had no answer", async () => {
    const { exec, asked } = createBmc();
    const machine = fakeSystem({ exec, files: files() });
    const first = await runProbe(ipmitoolProbe, machine, silent);
    asked.length = 0;
    // Each attempt of a stage has a system of its own around the same files.
    const second = await runProbe(ipmitoolProbe, { ...machine }, silent);
    expect(asked).toEqual(["sdr elist all", "sel info", "lan print"]);
    expect(second.facts).toEqual(first.facts);
  });

  test("a machine without a BMC is not asked", async () => {
    const { report } = await runProbe(ipmitoolProbe, fakeSystem(), silent);
    expect(report).toMatchObject({ status: "device-absent", reason: expect.stringContaining("There is no BMC") });
  });

  test("a BMC that the firmware describes and the kernel cannot reach is no absent one", async () => {
    const described = tableFiles({ "/sys/bus/platform/devices/dmi-ipmi-si.0/modalias": "x" });
    const { report } = await runProbe(ipmitoolProbe, fakeSystem({ files: described }), silent);
    expect(report).toMatchObject({ status: "failed", reason: expect.stringContaining("dmi-ipmi-si.0") });
  });

  test("the first answer tells that there is no BMC behind the device", async () => {
    const words = "Could not open device at /dev/ipmi0 or /dev/ipmi/0 or /dev/ipmidev/0: No such device\n";
    const { exec, asked } = createBmc({ "mc info": exited("", 1, words) });
    const { report } = await runProbe(ipmitoolProbe, fakeSystem({ exec, files: files() }), silent);
    expect(report).toMatchObject({ status: "device-absent", reason: words.trim() });
    expect(asked).toEqual(["mc info"]);
  });

  test("a BMC that stops answering has timed out, and what it said before is kept", async () => {
    const hung: ExecResult = { ...exited(""), end: "timed-out", exitCode: null, durationMs: 30_000 };
    const { exec, asked } = createBmc({ ...ANSWERS, "sdr elist all": hung });
    const { report, facts } = await runProbe(ipmitoolProbe, fakeSystem({ exec, files: files() }), silent);
    expect(report.status).toBe("timed-out");
    expect(asked).toEqual(["mc info", "sdr elist all"]);
    expect(facts).toEqual({ controller: { firmware: "1.02", ipmiVersion: "2.0" } });
  });

  test("a BMC that is slow with every answer ends with the probe's deadline, and keeps them", async () => {
    const machine = fakeSystem({ files: files() });
    const timeouts: number[] = [];
    const { exec } = createBmc();
    const slow: Exec = async (invocation) => {
      timeouts.push(invocation.timeoutMs);
      await machine.clock.sleep(Math.min(invocation.timeoutMs, 28_000));
      return exec(invocation);
    };
    const running = runProbe(ipmitoolProbe, { ...machine, exec: slow }, silent);
    let isOver = false;
    void running.then(() => {
      isOver = true;
    });
    await machine.clock.until(() => isOver, 100_000);
    const { report, facts } = await running;
    expect(report.status).toBe("timed-out");
    // 15 s, 28 s, 15 s and 28 s are 86; the fifth question has the rest of 90.
    expect(timeouts).toEqual([15_000, 30_000, 15_000, 30_000, 4_000]);
    expect(Object.keys(facts ?? {})).toEqual(["controller", "sdr", "sel", "fru"]);
  });

  test("without ipmitool it is the tool that is absent", async () => {
    const exec: Exec = async () => ({ ...exited(""), end: "absent", exitCode: null });
    const { report } = await runProbe(ipmitoolProbe, fakeSystem({ exec, files: files() }), silent);
    expect(report.status).toBe("tool-absent");
  });
});
