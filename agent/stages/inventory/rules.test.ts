import { describe, expect, test } from "bun:test";
import type { Check } from "../../wire/check.ts";
import type { Hardware } from "../../wire/inventory.ts";
import { inventoryWith, memory, SAMPLES, sensor } from "./fixtures/cases.ts";
import { INVENTORY_RULES } from "./rules.ts";
import { judgeInventory } from "./summary.ts";

const GIB = 2 ** 30;
const checksOf = (hardware: Partial<Hardware>): readonly Check[] => judgeInventory(inventoryWith(hardware));

describe("INVENTORY_RULES", () => {
  test("codes differ, and every rule has a sample here", () => {
    const codes = INVENTORY_RULES.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect([...new Set(SAMPLES.map(([, code]) => `inventory.${code}`))].sort()).toEqual([...codes].sort());
  });

  test("a server in good health makes none of them speak", () => {
    expect(checksOf({})).toEqual([]);
  });

  for (const [what, code, hardware, ...components] of SAMPLES)
    test(`${code}: ${what}`, () => {
      expect(checksOf(hardware).map((check) => [check.code, check.component])).toEqual(
        components.map((component) => [`inventory.${code}`, component]),
      );
    });

  test("what fails a stage is lost data and what calls itself broken, no more", () => {
    expect(INVENTORY_RULES.filter(({ verdict }) => verdict === "FAIL").map(({ code }) => code)).toEqual([
      "inventory.memory-uncorrected",
      "inventory.machine-check",
      "inventory.gpu-uncorrected",
      "inventory.gpu-row-remap-failed",
      "inventory.psu",
      "inventory.sensor-critical",
    ]);
  });

  test("a finding says what was measured and what to do", () => {
    expect(checksOf(memory({ visibleBytes: 47 * GIB }))).toEqual([
      {
        code: "inventory.memory-missing",
        verdict: "WARN",
        component: "memory",
        message: "64 GiB are installed, but the kernel sees 47 GiB.",
        measured: "27 % missing",
        limit: "at most 10 %",
        action: "Seat the modules again; look for mirroring, sparing or a limit in the BIOS setup.",
      },
    ]);
    expect(checksOf(sensor({ reading: 0, status: "critical" }))[0]?.message).toBe("The sensor is critical: 0 rpm.");
  });

  for (const [installed, visible, isMissing] of [
    [2, 1.51, false],
    [2, 1.49, true],
    [6, 4.81, false],
    [8, 6.79, true],
    [16, 14.09, false],
    [17, 15.29, true],
  ] as const)
    test(`${visible} of ${installed} GiB are ${isMissing ? "too few" : "enough"}`, () => {
      const checks = checksOf(memory({ installedBytes: installed * GIB, visibleBytes: visible * GIB }));
      expect(checks.map(({ code }) => code)).toEqual(isMissing ? ["inventory.memory-missing"] : []);
    });
});
