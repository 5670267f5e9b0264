import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { systemExec } from "../../system/exec.ts";
import { CANARY_SUMS, runRound } from "./canary.ts";
import { parseCanaryReport } from "./canary-report.ts";
import { canaryArgv, canaryTurns } from "./commands.ts";

const MAIN = resolve(import.meta.dir, "../../main.ts");

describe("runRound", () => {
  test("finds the known answers, which come from another program in another language", () => {
    expect(runRound([])).toEqual([]);
    expect(CANARY_SUMS.map(({ name }) => name)).toEqual(["hash", "checksum", "integer", "float", "decimal"]);
  });

  test("keeps the first wrong answer and counts the others", () => {
    const answers = ["bad", "good", "worse"];
    const broken = { name: "float", expected: "good", compute: () => answers.shift() ?? "" };
    const wrong = [1, 2, 3].reduce((before) => runRound(before, [broken]), runRound([], []));
    expect(wrong).toEqual([{ sum: "float", expected: "good", got: "bad", count: 2 }]);
  });
});

test("canary: the command runs where it is bound and reports right answers", async () => {
  const argv = canaryArgv([process.execPath, MAIN], 0, 1);
  const { exitCode, stdout, stderr } = await systemExec({ argv, timeoutMs: 30_000 });
  expect([exitCode, stderr]).toEqual([0, ""]);
  const report = parseCanaryReport(stdout);
  expect(report).toMatchObject({ cpu: 0, ranOn: [0], miscomputes: [] });
  expect(report?.rounds).toBeGreaterThan(0);
  expect(report?.durationMs).toBeGreaterThanOrEqual(1000);
});

test("canary: a word that is no number is a wrong word", async () => {
  const argv = [process.execPath, MAIN, "canary", "--cpu", "x", "--seconds", "1"] as const;
  expect((await systemExec({ argv, timeoutMs: 30_000 })).exitCode).toBe(2);
});

test("parseCanaryReport: what a canary left when it died is no report", () => {
  for (const text of ["", "{", '{"cpu":1}', "null", "Segmentation fault"]) expect(parseCanaryReport(text)).toBeNull();
});

test("canaryTurns: all processors get their turn within the load, as many at a time as memory allows", () => {
  const gib = 2 ** 30;
  expect(canaryTurns(4, 8 * gib, 120)).toEqual({ lanes: 4, seconds: 108 });
  // 1 GiB of 4 GiB bears ten of 96 MiB; 64 processors are seven turns.
  expect(canaryTurns(64, 4 * gib, 120)).toEqual({ lanes: 10, seconds: 15 });
  expect(canaryTurns(2, 100 * 2 ** 20, 2)).toEqual({ lanes: 1, seconds: 1 });
  expect(canaryTurns(2, 0, 2)).toEqual({ lanes: 1, seconds: 1 });
});
