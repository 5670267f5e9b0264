import { describe, expect, test } from "bun:test";
import type { CpuFacts } from "../../wire/hardware/board.ts";
import { type Hardware, type ProbeReport, UNKNOWN_HARDWARE } from "../../wire/inventory.ts";
import { describeHardware, judgeInventory, summariseInventory } from "./summary.ts";

const GIB = 2 ** 30;
const describeWith = (hardware: Partial<Hardware>) => describeHardware({ ...UNKNOWN_HARDWARE, ...hardware });
const cpu = (model: string, socketCount = 1): CpuFacts => ({
  model,
  socketCount,
  coreCount: 1,
  threadCount: 1,
  sockets: [],
});

describe("describeHardware", () => {
  test("says what the server is", () => {
    expect(
      describeWith({
        board: { manufacturer: "Dell Inc.", product: "PowerEdge R640" },
        cpu: cpu("Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz", 2),
        memory: { installedBytes: 64 * GIB, slotCount: 24, populatedCount: 4, dimms: [] },
        disks: [{ sizeBytes: 1 }],
        nics: [
          { name: "eno1", boot: true },
          { name: "eno2", boot: false },
        ],
        pci: [{ address: "0000:3b:00.0", classId: "0302" }],
      }),
    ).toBe("Dell Inc. PowerEdge R640, 2 × Intel Xeon Silver 4114, 64 GiB in 4 DIMMs, 1 disk, 2 NICs, 1 GPU");
  });

  test("says what it does not know", () => {
    expect(describeWith({})).toBe("Unknown server, CPU unknown, memory unknown, 0 disks, 0 NICs");
    expect(
      describeWith({
        board: { manufacturer: "HP", product: "HP Z8" },
        memory: { visibleBytes: 1.94 * GIB, slotCount: 0, populatedCount: 0, dimms: [] },
      }),
    ).toBe("HP Z8, CPU unknown, 1.9 GiB of memory, 0 disks, 0 NICs");
  });

  for (const [model, short] of [
    ["AMD EPYC 7352 24-Core Processor", "AMD EPYC 7352"],
    ["Intel(R) Xeon(R) CPU           E5410  @ 2.33GHz".replace(/ {2,}/g, " "), "Intel Xeon E5410"],
    ["Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", "Intel Xeon E5-2680 v4"],
    ["INTEL(R) XEON(R) GOLD 6530", "INTEL XEON GOLD 6530"],
    ["QEMU Virtual CPU version 2.5+", "QEMU Virtual CPU version 2.5+"],
    ["AMD Opteron(tm) Processor 6174", "AMD Opteron Processor 6174"],
  ] as const)
    test(`${model} is ${short}`, () => {
      expect(describeWith({ cpu: cpu(model) }).split(", ")[1]).toBe(`1 × ${short}`);
    });
});

describe("judgeInventory on probes", () => {
  const verdictOf = (probe: Pick<ProbeReport, "probe" | "status">) => {
    const probes = [{ ...probe, durationMs: 1, reason: "why" }];
    const [check] = judgeInventory({ version: 1, hardware: UNKNOWN_HARDWARE, probes });
    return [check?.code, check?.verdict, check?.message];
  };

  for (const [status, code, verdict, message] of [
    ["ok", "probe", "PASS", "The probe answered."],
    ["device-absent", "probe-device-absent", "SKIPPED", "why"],
    ["tool-absent", "probe-tool-absent", "ERROR", "why"],
    ["timed-out", "probe-timed-out", "ERROR", "why"],
    ["failed", "probe-failed", "ERROR", "why"],
  ] as const)
    test(`${status} is ${verdict}`, () => {
      expect(verdictOf({ probe: "lscpu", status })).toEqual([`inventory.${code}`, verdict, message]);
    });

  test("a tool that the image need not have is skipped, not an error", () => {
    expect(verdictOf({ probe: "nvidia-smi", status: "tool-absent" })).toEqual([
      "inventory.probe-tool-absent",
      "SKIPPED",
      "why",
    ]);
    expect(verdictOf({ probe: "nvidia-smi", status: "timed-out" })[1]).toBe("ERROR");
  });
});

describe("summariseInventory", () => {
  test("counts the findings, and is as bad as the worst", () => {
    const hardware: Hardware = {
      ...UNKNOWN_HARDWARE,
      bmc: { selUsedPercent: 95 },
      psus: [{ name: "PSU 1", states: ["Failure detected"] }],
    };
    const probes: ProbeReport[] = [{ probe: "lscpu", status: "timed-out", durationMs: 1 }];
    expect(summariseInventory({ version: 1, hardware, probes })).toEqual({
      verdict: "FAIL",
      text: "Unknown server, CPU unknown, memory unknown, 0 disks, 0 NICs",
      warningCount: 1,
      failureCount: 1,
      errorCount: 1,
    });
  });
});
