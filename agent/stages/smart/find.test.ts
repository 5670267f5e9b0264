import { describe, expect, test } from "bun:test";
import type { DriveReport } from "../../probes/smartctl/collect.ts";
import type { SmartctlFacts } from "../../probes/smartctl/parse.ts";
import type { DiskTarget } from "../../wire/order.ts";
import { accessOf, findDrive, type Seen } from "./find.ts";

const TARGET: DiskTarget = { serial: "ZA1", sizeBytes: 1_000, class: "hdd", mayWrite: false };
const drive = (device: string, serial: string, more: Partial<SmartctlFacts> = {}, type = "sat"): DriveReport => ({
  device,
  type,
  status: "ok",
  facts: {
    ...{ model: null, protocol: null, capacityBytes: 1_000, temperatureC: null },
    ...{ serial, ...more },
  } as SmartctlFacts,
});
const seen = (reports: readonly DriveReport[], more: Partial<Seen> = {}): Seen => ({
  ...{ reports, blocks: [], trouble: null },
  ...more,
});
const deviceOf = (target: DiskTarget, all: Seen): string => {
  const found = findDrive(target, all);
  return found.kind === "report"
    ? found.report.device
    : found.kind === "ask"
      ? `ask ${found.address.device}`
      : found.access.status;
};

describe("findDrive", () => {
  test("goes by the serial, in any case, whatever the name", () => {
    const all = seen([drive("/dev/sda", "OTHER"), drive("/dev/sdb", "za1")]);
    expect(deviceOf(TARGET, all)).toBe("/dev/sdb");
  });

  test("takes either path to one drive, and neither of two drives with one serial", () => {
    const wwn = "0x5000c500a1b2c3d7";
    expect(deviceOf(TARGET, seen([drive("/dev/sda", "ZA1", { wwn }), drive("/dev/sdb", "ZA1", { wwn })]))).toBe(
      "/dev/sda",
    );
    expect(deviceOf(TARGET, seen([drive("/dev/sda", "ZA1"), drive("/dev/sdb", "ZA1")]))).toBe("ambiguous");
    const others = [drive("/dev/sda", "ZA1", { wwn: "0x5000c500a1b2c3d8" }), drive("/dev/sdb", "ZA1", { wwn })];
    expect(deviceOf(TARGET, seen(others))).toBe("ambiguous");
  });

  test("a drive behind its controller is found there, and by itself when it shows twice", () => {
    const raid = drive("/dev/bus/0", "ZA1", { behind: "megaraid,8" }, "sat+megaraid,8");
    expect(deviceOf({ ...TARGET, behind: "megaraid,8 of /dev/bus/0" }, seen([raid]))).toBe("/dev/bus/0");
    expect(deviceOf(TARGET, seen([raid, drive("/dev/sdc", "ZA1")]))).toBe("/dev/sdc");
    expect(deviceOf({ ...TARGET, behind: "megaraid,8" }, seen([raid, drive("/dev/sdc", "ZA1")]))).toBe("/dev/bus/0");
  });

  test("a drive that did not say its serial is known by the kernel's word for it", () => {
    const mute: DriveReport = { device: "/dev/nvme0", type: "nvme", status: "timed-out", reason: "Hung." };
    const blocks = [{ name: "nvme0n1", serial: "ZA1", sizeBytes: 1_000 }];
    expect(deviceOf(TARGET, seen([mute], { blocks }))).toBe("/dev/nvme0");
    expect(deviceOf(TARGET, seen([], { blocks }))).toBe("ask /dev/nvme0");
  });

  test("what may be a silent drive behind a controller is not said to be gone", () => {
    const mute: DriveReport = { device: "/dev/sda", type: "megaraid,3", status: "timed-out", reason: "Hung." };
    const blocks = [{ name: "sda", serial: "VOLUME", sizeBytes: 1_000 }];
    expect(deviceOf(TARGET, seen([mute], { blocks }))).toBe("silent");
    expect(deviceOf(TARGET, seen([{ ...mute, type: "sat" }], { blocks }))).toBe("gone");
    expect(deviceOf(TARGET, seen([], { trouble: "lsblk: killed" }))).toBe("failed");
  });
});

test.each([
  ["hdd", "device-absent", "No such device or address", "unopened"],
  ["virtual", "device-absent", "Unable to detect device type", "virtual"],
  ["virtual", "timed-out", "smartctl did not end", "silent"],
  ["hdd", "failed", "line 3, column 7: no JSON", "failed"],
  ["ssd", "failed", "open failed", "unopened"],
] as const)("accessOf a disk of class %s that is %s with %j is %s", (kind, status, reason, wanted) => {
  const report: DriveReport = { device: "/dev/sda", type: "sat", status, reason };
  expect(accessOf(report, { ...TARGET, class: kind }).status).toBe(wanted);
});
