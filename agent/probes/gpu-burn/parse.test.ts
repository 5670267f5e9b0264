import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type GpuBurnFacts, parseGpuBurn } from "./parse.ts";

const textOf = (name: string): string => readFileSync(join(import.meta.dir, "fixtures", `${name}.txt`), "utf8");
const factsOf = (text: string): GpuBurnFacts => {
  const parsed = parseGpuBurn(text);
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};

const A100 = "NVIDIA A100-SXM4-80GB";
const FIRST = { index: 0, name: A100, uuid: "GPU-0a1b2c3d-1111-2222-3333-444455556666" };
const SECOND = { index: 1, name: A100, uuid: "GPU-0a1b2c3d-aaaa-bbbb-cccc-ddddeeeeffff" };

describe("parseGpuBurn", () => {
  test("of two healthy GPUs: work, speed, temperature and power of each", () => {
    expect(factsOf(textOf("healthy"))).toEqual({
      ...{ askedS: 60, percent: 100, ended: true, messages: [] },
      gpus: [
        {
          ...{ ...FIRST, verdict: "ok", processed: 14050, gflopsPerS: 17904, fastestGflopsPerS: 17904 },
          ...{ errorCount: 0, hottestC: 66, mostW: 401 },
        },
        {
          ...{ ...SECOND, verdict: "ok", processed: 13769, gflopsPerS: 17811, fastestGflopsPerS: 17811 },
          ...{ errorCount: 0, hottestC: 63, mostW: 396 },
        },
      ],
    });
  });

  test("adds errors up over the summaries, behind which their count begins anew", () => {
    // 3, then 5 of them before the summary; 2 behind it.
    expect(factsOf(textOf("faulty")).gpus.map(({ verdict, errorCount }) => [verdict, errorCount])).toEqual([
      ["ok", 0],
      ["faulty", 7],
    ]);
    const line = (errors: number) => `\r10.0%  proc'd: 1 (5 Gflop/s)   errors: ${errors}   temps: -- `;
    expect(factsOf(`${line(2)}\n\tSummary at:   now\n\n${line(7)}`).gpus[0]?.errorCount).toBe(9);
    expect(factsOf(`${line(2)}${line(7)}`).gpus[0]?.errorCount).toBe(7);
  });

  test("a GPU whose process died is not OK, whatever the list at the end calls it, and has its last work", () => {
    const { gpus, ended } = factsOf(textOf("died"));
    expect([gpus[0]?.verdict, ended]).toEqual(["ok", true]);
    expect(gpus[1]).toEqual({
      ...{ ...SECOND, verdict: "died", processed: 1124, gflopsPerS: 17760, fastestGflopsPerS: 17760 },
      ...{ errorCount: 0, hottestC: 57 },
    });
  });

  test("notes of a GPU that is not the last one, behind which no blank stands, shift no column", () => {
    const head =
      "Burning for 9 seconds.\n\r10.0%  proc'd: 4 (50 Gflop/s) - 5 (60 Gflop/s) - 6 (70 Gflop/s)   errors: 0 - 0 - 0   temps: -- - 43 C - -- ";
    const warned =
      "\r20.0%  proc'd: 8 (51 Gflop/s) - 9 (61 Gflop/s) - 10 (71 Gflop/s)   errors: 3  (WARNING!)- 0 - 4  (WARNING!)  temps: 50 C - -- - 52 C ";
    const dead =
      "\r30.0%  proc'd: -1 (51 Gflop/s) - 12 (62 Gflop/s) - 14 (72 Gflop/s)   errors: 2  (DIED!)- 0 - 6  (WARNING!)  temps: -- - 44 C - 53 C ";
    const { gpus } = factsOf(head + warned + dead);
    expect(
      gpus.map(({ verdict, processed, errorCount, hottestC }) => [verdict, processed, errorCount, hottestC]),
    ).toEqual([
      ["died", 8, 3, 50],
      [undefined, 12, 0, 44],
      [undefined, 14, 6, 53],
    ]);
  });

  test("when all died there is no list, and why stands behind the line of progress", () => {
    const { ended, gpus, messages } = factsOf(textOf("all-died"));
    expect([ended, gpus[0]?.verdict, gpus[0]?.processed]).toEqual([false, "died", 138]);
    expect(messages).toEqual([
      "Failure during compute: Error in SGEMM (gpu_burn-drv.cpp:241):",
      "No clients are alive! Aborting",
    ]);
  });

  test("when a GPU could not begin", () => {
    const { ended, gpus, messages } = factsOf(textOf("init-failed"));
    expect([ended, gpus[0]?.verdict, gpus[0]?.processed]).toEqual([false, "died", undefined]);
    expect(messages[0]).toStartWith("Couldn't init a GPU test: Error in couldn't find compare kernel");
  });

  test("when there is no GPU", () => {
    const { gpus, ended, messages } = factsOf(textOf("no-devices"));
    expect([gpus, ended]).toEqual([[], false]);
    expect(messages).toContain("No CUDA devices");
  });

  test("a GPU that computed nothing is called OK, and has no speed", () => {
    const [gpu] = factsOf(textOf("idle-but-ok")).gpus;
    expect([gpu?.verdict, gpu?.processed, gpu?.fastestGflopsPerS]).toEqual(["ok", 0, 0]);
  });

  test("a run that was killed has no verdict, and what its whole columns say", () => {
    const { ended, percent, gpus } = factsOf(textOf("killed"));
    expect([ended, percent]).toEqual([false, 11.7]);
    expect(gpus.map(({ verdict, processed }) => [verdict, processed])).toEqual([
      [undefined, 1405],
      [undefined, 281],
    ]);
  });

  test("refuses what nvidia-smi alone says", () => {
    expect(parseGpuBurn("GPU 0: NVIDIA H200 (UUID: GPU-1)\n").ok).toBe(false);
    expect(parseGpuBurn("").ok).toBe(false);
  });
});
