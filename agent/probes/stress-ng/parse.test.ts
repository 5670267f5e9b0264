import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { STRESS_NG_EXITS } from "./exits.ts";
import { parseStressNg, type StressNgFacts } from "./parse.ts";
import { parseDurationS, parseRoundedBytes } from "./units.ts";

const textOf = (name: string): string => readFileSync(join(import.meta.dir, "fixtures", name), "utf8");
const factsOf = (text: string): StressNgFacts => {
  const parsed = parseStressNg(text);
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};

describe("parseStressNg of a run that did its work", () => {
  test("reads what was dispatched, what each stressor did, and the counts at the end", () => {
    expect(factsOf(textOf("brief.txt"))).toEqual({
      askedS: 2,
      dispatched: [
        { name: "cpu", instances: 1 },
        { name: "matrix", instances: 1 },
        { name: "vm", instances: 1 },
      ],
      stressors: [
        { name: "cpu", instances: 1, bogoOps: 427, wallS: 2.02, bogoOpsPerS: 211.38 },
        { name: "matrix", instances: 1, bogoOps: 1084, wallS: 2.03, bogoOpsPerS: 534.53 },
        { name: "vm", instances: 1, bogoOps: 18670, wallS: 2.02, bogoOpsPerS: 9261.02 },
      ],
      outcome: {
        passed: [
          { name: "cpu", instances: 1 },
          { name: "matrix", instances: 1 },
          { name: "vm", instances: 1 },
        ],
        failed: [],
        skipped: [],
        untrustworthy: [],
      },
      successful: true,
      ranS: 2.05,
      failures: [],
      failureCount: 0,
      errors: [],
      warnings: [],
      kills: [],
      oomKillCount: 0,
      // 64 MiB; 18.91 × 2³⁰ in whole bytes.
      memory: [{ name: "vm", perInstanceBytes: 67_108_864, totalBytes: 67_108_864, availableBytes: 20_304_457_892 }],
    });
  });

  test("takes the lines of --metrics about single methods for no stressors", () => {
    const { stressors } = factsOf(textOf("healthy.txt"));
    expect(stressors.map(({ name, instances, bogoOps }) => [name, instances, bogoOps])).toEqual([
      ["cpu", 2, 1604],
      ["matrix", 1, 1816],
    ]);
  });

  test("reads the YAML file alone", () => {
    expect(factsOf(textOf("healthy.yaml")).stressors).toEqual([
      { name: "cpu", bogoOps: 1604, wallS: 3.013097, bogoOpsPerS: 532.342628 },
      { name: "matrix", bogoOps: 1816, wallS: 3.001595, bogoOpsPerS: 605.011713 },
    ]);
  });

  test("the YAML file behind the log gives the figures, the log the instances", () => {
    const facts = factsOf(`${textOf("healthy.txt")}${textOf("healthy.yaml")}`);
    expect(facts.stressors[0]).toEqual({
      name: "cpu",
      instances: 2,
      bogoOps: 1604,
      wallS: 3.013097,
      bogoOpsPerS: 532.342628,
    });
    expect(facts.successful).toBe(true);
  });

  test("reads the log of 0.15, which counts no outcomes", () => {
    const facts = factsOf(textOf("debian12.txt"));
    expect([facts.askedS, facts.ranS, facts.successful, facts.outcome]).toEqual([2, 2.01, true, undefined]);
    expect(facts.stressors).toEqual([
      { name: "cpu", instances: 2, bogoOps: 1354, wallS: 2, bogoOpsPerS: 675.77 },
      { name: "vm", instances: 1, bogoOps: 18944, wallS: 2, bogoOpsPerS: 9454.36 },
    ]);
  });
});

describe("parseStressNg of a run that failed", () => {
  test("wrong memory: every line of level fail, and the failed stressor", () => {
    const facts = factsOf(textOf("verify-failed.txt"));
    expect(facts.failureCount).toBe(7);
    expect(facts.failures[0]).toBe("rand-set: detected 152 memory errors");
    expect(facts.failures[6]).toBe("vm: detected 742 bit errors while stressing memory");
    expect(facts.errors).toEqual(["vm: [7323] terminated with an error, exit status=2 (stressor failed)"]);
    expect(facts.outcome).toEqual({
      passed: [],
      failed: [{ name: "vm", instances: 1 }],
      skipped: [],
      untrustworthy: [],
    });
    expect([facts.askedS, facts.ranS, facts.successful]).toEqual([4, 1.62, false]);
  });

  test("a worker that crashed: its signal, one of two failed", () => {
    const facts = factsOf(textOf("worker-crashed.txt"));
    expect(facts.kills).toEqual([{ signal: "SIGSEGV" }]);
    expect(facts.outcome?.passed).toEqual([{ name: "cpu", instances: 1 }]);
    expect(facts.outcome?.failed).toEqual([{ name: "cpu", instances: 1 }]);
    expect(facts.successful).toBe(false);
  });

  test("an unknown option", () => {
    expect(factsOf(textOf("unknown-option.txt")).refusal).toBe("unrecognized option '--no-such-option'");
  });
});

describe("parseStressNg of runs that call themselves successful", () => {
  test("the only worker was killed: dispatched and passed, but without figures", () => {
    const facts = factsOf(textOf("worker-killed.txt"));
    expect([facts.successful, facts.askedS, facts.ranS]).toEqual([true, 4, 1.46]);
    expect(facts.dispatched).toEqual([{ name: "cpu", instances: 1 }]);
    expect(facts.stressors).toEqual([]);
    expect(facts.warnings).toEqual(["metrics-check: all bogo-op counters are zero, data may be incorrect"]);
  });

  test("one of two was killed: told only with -v", () => {
    const [quiet, verbose] = [
      factsOf(textOf("one-of-two-killed.txt")),
      factsOf(textOf("one-of-two-killed-verbose.txt")),
    ];
    expect([quiet.successful, quiet.kills, quiet.outcome?.passed]).toEqual([true, [], [{ name: "cpu", instances: 2 }]]);
    expect([verbose.successful, verbose.kills, verbose.oomKillCount]).toEqual([
      true,
      [{ name: "cpu", signal: "SIGKILL" }],
      1,
    ]);
  });

  test("the kernel took the worker for want of memory: no round was done", () => {
    const facts = factsOf(textOf("out-of-memory-verbose.txt"));
    expect([facts.successful, facts.oomKillCount]).toEqual([true, 1]);
    expect(facts.kills).toEqual([{ name: "vm", signal: "SIGKILL" }]);
    expect(facts.stressors).toEqual([{ name: "vm", instances: 1, bogoOps: 0, wallS: 0.03, bogoOpsPerS: 0 }]);
    expect(facts.warnings).toEqual(["vm: WARNING: finished prematurely after just 0.54 sec"]);
  });

  test("more memory asked for than there is: no round was done", () => {
    const facts = factsOf(textOf("too-much-asked.txt"));
    expect([facts.successful, facts.stressors[0]?.bogoOps]).toEqual([true, 0]);
    expect(facts.memory[0]?.totalBytes).toBe(900 * 2 ** 30);
  });

  test("nothing but skipped stressors", () => {
    const facts = factsOf(textOf("skipped.txt"));
    expect([facts.successful, facts.dispatched, facts.stressors]).toEqual([true, [], []]);
    expect(facts.outcome?.skipped).toEqual([{ name: "gpu", instances: 1 }]);
  });

  test("ended early from outside", () => {
    const facts = factsOf(textOf("ended-early.txt"));
    expect([facts.successful, facts.askedS, facts.ranS]).toEqual([true, 10, 1.22]);
  });
});

test("parseStressNg has neither outcome nor last word of a log that breaks off", () => {
  const log = textOf("brief.txt");
  const facts = factsOf(log.slice(0, log.indexOf("stress-ng: metrc")));
  expect([facts.askedS, facts.stressors, facts.outcome, facts.successful]).toEqual([2, [], undefined, undefined]);
});

test("parseStressNg refuses what is not stress-ng's", () => {
  expect(parseStressNg("stressapptest: info: [1] nothing\n").ok).toBe(false);
  expect(parseStressNg("").ok).toBe(false);
});

test("parseDurationS adds up all parts, in the words of each release", () => {
  const said: Readonly<Record<string, number | undefined>> = {
    "1 min, 0.33 secs": 60.33,
    "60.33s (1 min, 0.33 secs)": 60.33,
    "10 second run per stressor": 10,
    "1 day, 2 hours, 3 mins, 4 secs run per stressor": 93_784,
    "0 secs": 0,
    "some time": undefined,
    "": undefined,
  };
  for (const [text, seconds] of Object.entries(said)) expect([text, parseDurationS(text)]).toEqual([text, seconds]);
});

test("parseRoundedBytes reads powers of 1024", () => {
  expect(["512K", "64M", "1.50G", "7", "1T"].map(parseRoundedBytes)).toEqual([
    524_288,
    67_108_864,
    1_610_612_736,
    7,
    2 ** 40,
  ]);
  expect(["", "M", "12X", "9999999999E"].map(parseRoundedBytes)).toEqual([undefined, undefined, undefined, undefined]);
});

test("STRESS_NG_EXITS holds the codes of the manual, each with a word of its own", () => {
  expect(Object.keys(STRESS_NG_EXITS)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  expect(STRESS_NG_EXITS[2]?.word).toBe("failed");
  expect(new Set(Object.values(STRESS_NG_EXITS).map(({ word }) => word)).size).toBe(8);
});
