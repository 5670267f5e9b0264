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

describe("parseGpuBurn", () => {
  test("of two healthy GPUs: work, speed and temperature of each", () => {
    expect(factsOf(textOf("healthy"))).toEqual({
      gpus: [
        {
          ...{ index: 0, verdict: "ok", resultCount: 3588, gflops: 17052, leastGflops: 17052, mostGflops: 17103 },
          ...{ errorCount: 0, died: false, maxTempC: 66 },
        },
        {
          ...{ index: 1, verdict: "ok", resultCount: 3450, gflops: 17049, leastGflops: 17049, mostGflops: 17090 },
          ...{ errorCount: 0, died: false, maxTempC: 65 },
        },
      ],
      testedCount: 2,
      percent: 100,
      noDevices: false,
      allDied: false,
      errors: [],
    });
  });

  test("adds errors up over the summaries, behind which their count begins anew", () => {
    const { gpus } = factsOf(textOf("faulty"));
    // 12, then 9 behind the summary; the last line, behind another one, counts 0.
    expect(gpus.map(({ verdict, errorCount }) => [verdict, errorCount])).toEqual([
      ["ok", 0],
      ["faulty", 21],
    ]);
    const line = (errors: number) => `\r10.0%  proc'd: 1 (5 Gflop/s)   errors: ${errors}   temps: -- `;
    expect(factsOf(`${line(2)}\n\tSummary at:   now\n\n${line(7)}`).gpus[0]?.errorCount).toBe(9);
    expect(factsOf(`${line(2)}${line(7)}`).gpus[0]?.errorCount).toBe(7);
  });

  test("a GPU whose process died has its last work, and why", () => {
    const { gpus, errors, testedCount } = factsOf(textOf("died"));
    expect(gpus[1]).toEqual({
      ...{ index: 1, verdict: "faulty", died: true, errorCount: 0, resultCount: 414 },
      ...{ gflops: 17090, leastGflops: 17090, mostGflops: 17090, maxTempC: 51 },
    });
    expect([gpus[0]?.verdict, gpus[0]?.died, testedCount]).toEqual(["ok", false, 2]);
    expect(errors).toEqual([
      "Failure during compute: Error in Read faultyelemdata (gpu_burn-drv.cpp:299): an illegal memory access was encountered",
    ]);
  });

  test("when all died there is no verdict", () => {
    const facts = factsOf(textOf("all-died"));
    expect([facts.allDied, facts.testedCount, facts.gpus[0]?.verdict, facts.gpus[0]?.died]).toEqual([
      true,
      undefined,
      undefined,
      true,
    ]);
    expect(facts.errors).toEqual(["Failure during compute: Error in SGEMM (gpu_burn-drv.cpp:241):"]);
  });

  test("when a GPU could not begin", () => {
    const facts = factsOf(textOf("init-failed"));
    expect([facts.allDied, facts.gpus]).toEqual([true, [{ index: 0, errorCount: 0, died: true }]]);
    expect(facts.errors[0]).toStartWith("Couldn't init a GPU test: Error in couldn't find compare kernel");
  });

  test("when there is no GPU", () => {
    expect(factsOf(textOf("no-devices"))).toMatchObject({ noDevices: true, gpus: [] });
  });

  test("a GPU that computed nothing is called OK, and has neither results nor speed", () => {
    const { gpus } = factsOf(textOf("idle-but-ok"));
    expect(gpus).toEqual([{ index: 0, verdict: "ok", resultCount: 0, errorCount: 0, died: false, maxTempC: 33 }]);
  });

  test("a run that was killed has no count of GPUs tested, and no verdict", () => {
    const { testedCount, percent, gpus } = factsOf(textOf("killed"));
    expect([testedCount, percent, gpus[0]?.verdict, gpus[0]?.resultCount]).toEqual([undefined, 11.7, undefined, 414]);
  });

  test("keeps the columns of unknown temperatures in their places", () => {
    const { gpus } = factsOf(
      "\r1.0%  proc'd: 1 (5 Gflop/s) - 2 (6 Gflop/s) - 3 (7 Gflop/s)   errors: 0 - 4  (WARNING!)- 0   temps: -- - 43 C - -- ",
    );
    expect(gpus.map(({ resultCount, errorCount, maxTempC }) => [resultCount, errorCount, maxTempC])).toEqual([
      [1, 0, undefined],
      [2, 4, 43],
      [3, 0, undefined],
    ]);
  });

  test("refuses what nvidia-smi alone says", () => {
    expect(parseGpuBurn("GPU 0: NVIDIA H200 (UUID: GPU-1)\n").ok).toBe(false);
    expect(parseGpuBurn("").ok).toBe(false);
  });
});
