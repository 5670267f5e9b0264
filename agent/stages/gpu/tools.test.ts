/** gpu-burn and DCGM as an image may have them; what they print is recorded, how they end is played. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { fakeContext } from "../../fakes/stage-context.ts";
import { exited, fakeSystem } from "../../fakes/system.ts";
import type { ExecResult } from "../../system/exec.ts";
import type { GpuOrder } from "./facts.ts";
import { runBurn, runDiagnosis } from "./tools.ts";
import { BurnFacts, DiagnosisFacts } from "./tools-facts.ts";

const ORDER: GpuOrder = { loadS: 1, memoryPercent: 90, burnS: 60, diagnosisLevel: 3, gpus: ["0000:17:00.0"] };
const recorded = (path: string): string => readFileSync(join(import.meta.dir, "../../probes", path), "utf8");

/** A machine whose every tool answers this, and what was asked of it. */
const answering = (result: ExecResult, order = ORDER) => {
  const asked: string[] = [];
  const exec = async ({ argv }: { readonly argv: readonly string[] }) => {
    asked.push(argv.join(" "));
    return result;
  };
  return { context: fakeContext(fakeSystem({ exec }), order), asked };
};

describe("runBurn", () => {
  test("asks for the seconds and the share of memory, and tells of each GPU by its UUID, whatever the exit code", async () => {
    const { context, asked } = answering(exited(recorded("gpu-burn/fixtures/faulty.txt"), 0));
    const facts = v.parse(BurnFacts, await runBurn(context));
    expect(asked).toEqual(["gpu_burn -m 90% 60"]);
    expect(facts).toMatchObject({ seconds: 60, ended: true });
    expect(facts.gpus.map(({ uuid, verdict, errorCount }) => [uuid, verdict, errorCount])).toEqual([
      ["GPU-0a1b2c3d-1111-2222-3333-444455556666", "ok", 0],
      ["GPU-0a1b2c3d-aaaa-bbbb-cccc-ddddeeeeffff", "faulty", 7],
    ]);
    expect([...context.artifacts.keys()]).toEqual(["gpu-burn.txt"]);
  });

  test("one that was ended before its list says so", async () => {
    const killed: ExecResult = {
      ...{ ...exited(recorded("gpu-burn/fixtures/killed.txt")), end: "signalled", exitCode: null, signal: "SIGKILL" },
    };
    expect(await runBurn(answering(killed).context)).toMatchObject({
      ...{ ended: false, reason: "It was ended before its time: signalled by SIGKILL." },
    });
  });

  test("output of something else is told with its place", async () => {
    expect(await runBurn(answering(exited("Segmentation fault\n", 139)).context)).toEqual({
      ...{ seconds: 60, ended: false, reason: "line 1: Not the output of gpu-burn.", gpus: [] },
    });
  });
});

describe("runDiagnosis", () => {
  test("asks for the level and tells of each test by the GPU's serial", async () => {
    const { context, asked } = answering(exited(recorded("dcgmi/fixtures/r3-v3.json"), 226));
    const facts = v.parse(DiagnosisFacts, await runDiagnosis(context));
    expect(asked).toEqual(["dcgmi diag -r 3 -j"]);
    expect(facts).toMatchObject({ level: 3, version: "3.3.5" });
    expect(facts.results.filter(({ test: name }) => name === "PCIe")).toEqual([
      { test: "PCIe", status: "pass", index: 0, serial: "1320022000001" },
      {
        ...{ test: "PCIe", status: "fail", index: 1, serial: "1320022000002" },
        said: "Detected 12.00 PCIe replays per minute for GPU 1.",
      },
    ]);
  });

  test("a host engine that does not run is told", async () => {
    const { context } = answering(exited(recorded("dcgmi/fixtures/no-host-engine.json"), 1));
    expect(await runDiagnosis(context)).toMatchObject({ results: [], reason: expect.stringMatching(/\w/) });
  });
});

test("an image without the tools, and an order that leaves them out, tell nothing", async () => {
  const absent: ExecResult = { ...exited(""), end: "absent", exitCode: null };
  const { context } = answering(absent);
  expect([await runBurn(context), await runDiagnosis(context)]).toEqual([undefined, undefined]);
  const none = answering(absent, { ...ORDER, burnS: 0, diagnosisLevel: 0 });
  expect([await runBurn(none.context), await runDiagnosis(none.context)]).toEqual([undefined, undefined]);
  expect(none.asked).toEqual([]);
});
