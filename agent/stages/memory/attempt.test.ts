import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { exited } from "../../fakes/system.ts";
import { attemptFacts, lackedMemory, satReportOf, testedBytesOf } from "./attempt.ts";
import { bytesToTest, cellBytes, memoryArgv, reserveOf, toolFor } from "./commands.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const load = (name: string): Promise<string> => Bun.file(join(import.meta.dir, "fixtures", name)).text();

describe("satReportOf", () => {
  test("reads what it worked on and for how long", async () => {
    const report = satReportOf(await load("sat-pass.txt"));
    expect(report).toEqual({ claimedBytes: 64 * MIB, ranS: 5.01, incidentCount: 0, miscompares: [], failures: [] });
  });

  test("names the places that were wrong", async () => {
    const { incidentCount, miscompares } = satReportOf(await load("sat-miscompare.txt"));
    expect(incidentCount).toBe(2);
    expect(miscompares).toEqual([
      {
        ...{ cpu: 0, address: "0x17a6e44", expected: "0x0000000000000000" },
        ...{ read: "0x00000000000000ba", reread: "0x00000000000000ba" },
      },
      {
        ...{ cpu: 1, address: "0x10c7685", expected: "0x0002000200020002" },
        ...{ read: "0x000200020002ba02", reread: "0x000200020002ba02" },
      },
    ]);
  });

  test("reads release 1.0.11, which puts the time in front of each line", () => {
    const log = `2026/11/21-10:36:02(UTC) Stats: Starting SAT, 64M, 5 seconds
2026/11/21-10:36:07(UTC) Report Error: miscompare : DIMM Unknown : 1 : 5s
2026/11/21-10:36:07(UTC) Hardware Error: miscompare on CPU 0(<-0) at 0x7fd93006e350(0x5e3781350:DIMM Unknown): read:0x0000000000000010, reread:0x0000000000000010 expected:0x0000000000000000. 'OneZero64'.
2026/11/21-10:36:07(UTC) Stats: Found 1 hardware incidents
2026/11/21-10:36:07(UTC) Stats: Completed: 52388.00M in 5.00s 10476.29MB/s, with 1 hardware incidents, 0 errors
`;
    const { claimedBytes, ranS, incidentCount, miscompares } = satReportOf(log);
    expect([claimedBytes, ranS, incidentCount]).toEqual([64 * MIB, 5, 1]);
    expect(miscompares[0]).toMatchObject({ cpu: 0, address: "0x5e3781350", expected: "0x0000000000000000" });
  });

  test("of a text that is none is nothing", () => {
    expect(satReportOf("\u0000".repeat(1000))).toEqual({ ranS: 0, incidentCount: 0, miscompares: [], failures: [] });
  });
});

test("satReportOf tells what stressapptest complains about beside wrong places", async () => {
  expect(satReportOf(await load("sat-no-memory.txt")).failures).toContain("Process Error: failed to allocate memory");
  expect(satReportOf(await load("sat-miscompare.txt")).failures).toEqual([
    "Status: FAIL - test discovered HW problems",
  ]);
});

describe("testedBytesOf", () => {
  const attempt = { tool: "stressapptest", askedBytes: 64 * MIB, dipBytes: 70 * MIB } as const;

  test("is the least of what was asked, held and claimed", async () => {
    const result = exited(await load("sat-pass.txt"));
    expect(testedBytesOf(attemptFacts(attempt, result), 2)).toBe(64 * MIB);
    expect(testedBytesOf(attemptFacts({ ...attempt, dipBytes: 5 * MIB }, result), 2)).toBe(5 * MIB);
    expect(testedBytesOf(attemptFacts({ ...attempt, askedBytes: 90 * MIB, dipBytes: 90 * MIB }, result), 2)).toBe(
      64 * MIB,
    );
    const confined = { ...result, confined: { oomKilled: false, peakBytes: 33 * MIB } };
    expect(testedBytesOf(attemptFacts(attempt, confined), 2)).toBe(33 * MIB);
  });

  test("is nothing when the tool ended early, or was killed", async () => {
    const result = exited(await load("sat-pass.txt"));
    expect(testedBytesOf(attemptFacts(attempt, result), 60)).toBe(0);
    expect(testedBytesOf(attemptFacts(attempt, { ...result, end: "timed-out", exitCode: null }), 2)).toBe(0);
  });

  test("is nothing when stress-ng was refused memory and calls that a success", async () => {
    const result = exited("", 0, await load("stress-ng-vm-refused.txt"));
    expect(testedBytesOf(attemptFacts({ ...attempt, tool: "stress-ng" }, result), 2)).toBe(0);
  });
});

test("lackedMemory: an allocation that was refused and a killed cell are; wrong places are not", async () => {
  const attempt = { tool: "stressapptest", askedBytes: 64 * MIB, dipBytes: 0 } as const;
  const refused = exited(await load("sat-no-memory.txt"), 1);
  const killed = { ...exited("", 1), confined: { oomKilled: true } };
  const wrong = exited(await load("sat-miscompare.txt"), 1);
  expect([refused, killed, wrong].map((result) => lackedMemory(attemptFacts(attempt, result)))).toEqual([
    true,
    true,
    false,
  ]);
});

describe("how much is tested", () => {
  const order = { reserveMib: 512, reservePercent: 3 };

  test("a large server keeps 3 %, a small one 512 MiB, a tiny one half of what is free", () => {
    expect(reserveOf(order, 1024 * GIB, 1000 * GIB)).toBe(Math.round(30.72 * GIB));
    expect(reserveOf(order, 8 * GIB, 7 * GIB)).toBe(512 * MIB);
    expect(reserveOf(order, 640 * MIB, 300 * MIB)).toBe(150 * MIB);
  });

  test("is a whole number of MiB, and never below nothing", () => {
    expect(bytesToTest(300.7 * MIB, 150 * MIB)).toBe(150 * MIB);
    expect(bytesToTest(0, 5)).toBe(0);
  });

  test("in a cell that has room for the tool and its page tables, within the reserve", () => {
    const bytes = bytesToTest(7 * GIB, 512 * MIB);
    expect(cellBytes(bytes)).toBeGreaterThan(bytes + bytes / 512);
    expect(cellBytes(bytes)).toBeLessThan(7 * GIB);
  });

  test("goes to stress-ng where stressapptest has too little room", () => {
    expect(toolFor(64 * MIB, 2)).toBe("stressapptest");
    expect(toolFor(63 * MIB, 2)).toBe("stress-ng");
    expect(toolFor(200 * MIB, 64)).toBe("stress-ng");
  });

  test("is in the commands as absolute figures", () => {
    expect(memoryArgv("stressapptest", 100 * MIB, 300, 8).join(" ")).toBe(
      "stressapptest -M 100 -s 300 -W --cc_test --local_numa --max_errors 16",
    );
    expect(memoryArgv("stress-ng", 100 * MIB, 300, 8).join(" ")).toBe(
      "stress-ng --vm 8 --vm-bytes 104857600 --vm-method all --vm-keep --verify --oomable -v --metrics-brief --temp-path /tmp --timeout 300s",
    );
  });
});
