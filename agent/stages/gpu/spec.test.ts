import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { UNKNOWN_HARDWARE } from "../../wire/inventory.ts";
import { resolveLimits } from "../limits.ts";
import { CASES, HEALTHY } from "./fixtures/cases.ts";
import { GPU_LIMITS } from "./limits.ts";
import { gpu } from "./spec.ts";
import { meaningOf } from "./xids.ts";

const limits = resolveLimits(GPU_LIMITS, "quick");
const order = { loadS: 300, memoryPercent: 95, burnS: 60, diagnosisLevel: 2, gpus: ["0000:17:00.0"] };

describe("the GPU stage's spec", () => {
  test("every case's facts fit the schema, whole", () => {
    for (const { facts } of CASES) expect<unknown>(v.parse(gpu.facts, facts)).toEqual(facts);
  });

  test("orders NVIDIA's GPUs by what the bus shows and by what the driver knows, and no console's VGA", () => {
    const hardware = {
      ...UNKNOWN_HARDWARE,
      pci: [
        { address: "0000:b4:00.0", classId: "0300", vendorId: "10de" },
        { address: "0000:17:00.0", classId: "0302", vendorId: "10de" },
        { address: "0000:17:00.1", classId: "0403", vendorId: "10de" },
        { address: "0000:03:00.0", classId: "0300", vendorId: "1a03" },
        { address: "0000:83:00.0", classId: "0380", vendorId: "1002" },
      ],
      gpus: [{ pciAddress: "0000:e3:00.0", uuid: "GPU-1" }, { pciAddress: "0000:03:00.0" }],
    };
    const brief = { profile: "quick" as const, destructive: false, hardware, disks: [], limits };
    expect(gpu.orderOf(brief)).toEqual({
      ...{ loadS: 300, memoryPercent: 95, burnS: 60, diagnosisLevel: 2 },
      gpus: ["0000:17:00.0", "0000:b4:00.0", "0000:e3:00.0"],
    });
  });

  test("plans the exact commands, and time in which a healthy server is done", () => {
    const { expectedMs, steps } = gpu.plan(order);
    expect(expectedMs).toBe(370_000);
    expect(steps.map(({ argv }) => argv?.join(" ").replace(/=\S+,\S+/, "=…"))).toEqual([
      "nvidia-smi --query-gpu=… --format=csv,nounits",
      "dmesg -r",
      "vetbox-agent gpu-load --gpu 0000:17:00.0 --seconds 300 --memory-percent 95",
      "nvidia-smi --query-gpu=… --format=csv,nounits -l 1",
      "gpu_burn -m 95% 60",
      "dcgmi diag -r 2 -j",
    ]);
    const without = gpu.plan({ ...order, burnS: 0, diagnosisLevel: 0 });
    expect(without.steps.map(({ argv = [] }) => argv[0])).toEqual([
      "nvidia-smi",
      "dmesg",
      "vetbox-agent",
      "nvidia-smi",
    ]);
    expect(steps.some(({ wipes }) => wipes !== undefined)).toBe(false);
  });

  test("a server without a GPU costs seconds and one check", () => {
    const none = { ...order, gpus: [] };
    expect(gpu.plan(none)).toMatchObject({
      expectedMs: 20_000,
      steps: [{ what: expect.stringContaining("no NVIDIA") }],
    });
    const facts = { order: none, functions: [], gpus: [] };
    expect(gpu.judge(facts, limits)).toEqual([
      { code: "gpu.presence", verdict: "SKIPPED", component: "GPUs", message: "The server has no GPU." },
    ]);
    expect(gpu.summarise(facts)).toBe("no GPU");
  });

  test("is summed up in a line", () => {
    expect(gpu.summarise(HEALTHY)).toBe("2 of 2 GPUs loaded to the end, 104 TFLOP/s");
  });

  test("a finding says what was measured, against which limit, from where, and what to do", () => {
    const facts = v.parse(gpu.facts, CASES.find(({ name }) => name === "memory that does not hold")?.facts);
    expect(gpu.judge(facts, limits).find(({ verdict }) => verdict === "FAIL")).toEqual({
      ...{ code: "gpu.memory", verdict: "FAIL", component: "GPU 0000:17:00.0 (1653922001234)" },
      message:
        "Words were read other than written, 6 times. The first: offset 4096 with pattern 0x55555555, 0x55555515 where 0x55555555 is right.",
      ...{ measured: "6 wrong words", limit: "0 wrong words" },
      source: "what is written must be read back: 0 words may differ",
      action: "Replace the board: its memory is broken, and its own correction does not see it.",
    });
  });
});

describe("meaningOf", () => {
  test("what takes a GPU out in a fleet fails it here; what programs cause does not", () => {
    const out = [48, 56, 57, 58, 62, 63, 64, 65, 68, 69, 73, 74, 79, 80, 81, 92, 95, 119, 120];
    expect(out.filter((number) => meaningOf(number).verdict !== "FAIL")).toEqual([]);
    expect([13, 31, 43, 45, 94, 7_777].filter((number) => meaningOf(number).verdict !== "WARN")).toEqual([]);
  });
});
