import { describe, expect, test } from "bun:test";
import { parseCpuinfo } from "./parse.ts";

const processor = (number: number, ...fields: string[]) =>
  [`processor\t: ${number}`, ...fields.map((field) => field.replace("=", "\t: "))].join("\n");

describe("parseCpuinfo", () => {
  test("counts processors and packages, and tells each differing microcode once, in their order", () => {
    const text = [
      processor(0, "vendor_id=GenuineIntel", "model name=Xeon: 4114", "physical id=0", "microcode=0x2006e05"),
      processor(1, "vendor_id=GenuineIntel", "model name=Xeon: 4114", "physical id=1", "microcode=0x1"),
      processor(3, "vendor_id=GenuineIntel", "model name=Xeon: 4114", "physical id=1", "microcode=0x2006e05"),
    ].join("\n\n");
    expect(parseCpuinfo(text)).toEqual({
      ok: true,
      facts: {
        onlineCount: 3,
        packageCount: 2,
        vendor: "GenuineIntel",
        models: ["Xeon: 4114"],
        microcode: ["0x2006e05", "0x1"],
      },
    });
  });

  test("an ARM server lists processors and nothing else that is read", () => {
    const text = "processor\t: 0\nBogoMIPS\t: 200.00\nCPU implementer\t: 0x48\n\nprocessor\t: 1\n";
    expect(parseCpuinfo(text)).toEqual({ ok: true, facts: { onlineCount: 2, models: [], microcode: [] } });
  });

  test("what has no processor is refused", () => {
    for (const text of ["", "MemTotal: 1 kB", "processor\t: many"]) expect(parseCpuinfo(text).ok).toBe(false);
  });
});
