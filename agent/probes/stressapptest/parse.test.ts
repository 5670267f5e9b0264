import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseStressapptest, type SatFacts } from "./parse.ts";

const MIB = 2 ** 20;
const textOf = (name: string): string => readFileSync(join(import.meta.dir, "fixtures", name), "utf8");
const factsOf = (text: string): SatFacts => {
  const parsed = parseStressapptest(text);
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};

describe("parseStressapptest", () => {
  test("of a healthy run: what was tested, for how long, and its last word", () => {
    expect(factsOf(textOf("healthy.txt"))).toEqual({
      version: "1.0.11_autoconf",
      testBytes: 128 * MIB,
      askedS: 3,
      status: "PASS",
      reason: "please verify no corrected errors",
      completed: {
        movedBytes: 4636 * MIB,
        ranS: 5.01,
        // 925.72 × 2²⁰ in whole bytes
        bytesPerS: 970_687_775,
        incidentCount: 0,
        errorCount: 0,
      },
      incidents: [],
      incidentCount: 0,
      processErrors: [],
    });
  });

  test("reads the lines of 1.0.6, which have no time", () => {
    const facts = factsOf(textOf("debian12-forced.txt"));
    expect([facts.testBytes, facts.askedS, facts.status, facts.completed?.ranS]).toEqual([64 * MIB, 4, "FAIL", 5.01]);
    expect(facts.incidents).toEqual([
      {
        kind: "miscompare",
        cpu: 0,
        virtualAddress: "0x7f5944420a70",
        physicalAddress: "0x1744de0",
        read: "0x00004000000040ba",
        reread: "0x00004000000040ba",
        expected: "0x0000400000004000",
        text: "miscompare on CPU 0(0x1) at 0x7f5944420a70(0x1744de0:DIMM Unknown): read:0x00004000000040ba, reread:0x00004000000040ba expected:0x0000400000004000",
      },
    ]);
  });

  test("reads each wrong word, with both processors and the pattern", () => {
    const { incidents, incidentCount, status, reason } = factsOf(textOf("bits-turned.txt"));
    expect([incidentCount, status, reason]).toEqual([2, "FAIL", "test discovered HW problems"]);
    expect(incidents.map(({ text: _, ...rest }) => rest)).toEqual([
      {
        kind: "miscompare",
        cpu: 0,
        writerCpu: 0,
        virtualAddress: "0x7fd93006e350",
        physicalAddress: "0x5e3781350",
        read: "0x0000000000000010",
        reread: "0x0000000000000010",
        expected: "0x0000000000000000",
        pattern: "OneZero64",
      },
      {
        kind: "miscompare",
        cpu: 0,
        writerCpu: 0,
        virtualAddress: "0x7fd9300f7078",
        physicalAddress: "0x1bc700078",
        read: "0xffffffffffffffef",
        reread: "0xffffffffffffffef",
        expected: "0xffffffffffffffff",
        pattern: "OneZero64",
      },
    ]);
  });

  test("a run that gave up for too many errors says so", () => {
    const facts = factsOf(textOf("max-errors.txt"));
    expect([facts.endedEarly, facts.remainingS, facts.incidentCount, facts.incidents.length]).toEqual([
      "errors",
      5,
      23,
      23,
    ]);
    expect(facts.incidents.map(({ cpu }) => cpu)).toContain(1);
  });

  test("a run that was interrupted calls itself a pass, and is known as ended early", () => {
    const facts = factsOf(textOf("interrupted.txt"));
    expect([facts.status, facts.endedEarly, facts.remainingS]).toEqual(["PASS", "user", 17]);
    expect([facts.askedS, facts.completed?.ranS]).toEqual([20, 3]);
  });

  test("a run that was killed has neither status nor completion", () => {
    const facts = factsOf(textOf("killed.txt"));
    expect([facts.testBytes, facts.askedS, facts.status, facts.completed]).toEqual([
      32 * MIB,
      20,
      undefined,
      undefined,
    ]);
  });

  test("keeps the last of the seconds that remain", () => {
    expect(factsOf(textOf("progress.txt")).remainingS).toBe(5);
    const text = textOf("progress.txt");
    expect(factsOf(text.slice(0, text.indexOf("Seconds remaining: 10"))).remainingS).toBe(15);
  });

  test("why it could not begin", () => {
    expect(factsOf(textOf("no-memory.txt")).processErrors.slice(0, 2)).toEqual([
      "memalign returned 0",
      "failed to allocate memory",
    ]);
    expect(factsOf(textOf("no-memory.txt")).testBytes).toBeUndefined();
    expect(factsOf(textOf("too-little.txt")).processErrors[0]).toBe("freepages < neededpages.");
    expect(factsOf(textOf("unknown-option.txt"))).toMatchObject({ processErrors: ["Unknown argument --nonsense"] });
  });

  test("names the DIMM where the tool knows it, and no address where the kernel hides it", () => {
    const line =
      "Hardware Error: miscompare on CPU 3(<-2) at 0x7f00(0x0:DIMM A1): read:0x1, reread:0x0 expected:0x0. 'x' read error.";
    expect(factsOf(`Log: a\n${line}\n`).incidents[0]).toMatchObject({
      cpu: 3,
      writerCpu: 2,
      dimm: "DIMM A1",
      reread: "0x0",
    });
    expect(factsOf(`Log: a\n${line}\n`).incidents[0]?.physicalAddress).toBeUndefined();
  });

  test("counts hardware errors of other kinds", () => {
    const facts = factsOf("Log: a\nHardware Error: global(5) and local(6) do not match\n");
    expect(facts.incidents).toEqual([{ kind: "other", text: "global(5) and local(6) do not match" }]);
    expect(facts.incidentCount).toBe(1);
  });

  test("refuses what is not its output", () => {
    expect(parseStressapptest("Status: PASS\n").ok).toBe(false);
    expect(parseStressapptest("").ok).toBe(false);
  });
});
