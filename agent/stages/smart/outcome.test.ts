import { describe, expect, test } from "bun:test";
import type { LogEntry, Reading } from "./facts.ts";
import { recorded } from "./fixtures/drives.ts";
import { doneOf, endingOfTest, newEntries, whyNoTest } from "./outcome.ts";

const passed = (kind: string, atHours: number): LogEntry => ({
  kind,
  status: "Completed without error",
  passed: true,
  atHours,
});
const failed = (atHours: number): LogEntry => ({
  ...passed("Short offline", atHours),
  status: "Completed: read failure",
  passed: false,
});
const reading = (selfTests: readonly LogEntry[], more: Partial<Reading> = {}): Reading => ({
  ...{ exitBits: [], messages: [], attributes: [], selfTests: [...selfTests] },
  ...more,
});
const OLD = [passed("Short offline", 900), failed(800)];

describe("newEntries", () => {
  test("is what moved the old ones down, also when they look alike and the log is full", () => {
    const same = passed("Short offline", 4_660);
    expect(newEntries(OLD, OLD)).toEqual([]);
    expect(newEntries(OLD, [failed(1_000), ...OLD])).toEqual([failed(1_000)]);
    expect(newEntries([same], [same, same])).toEqual([same]);
    expect(
      newEntries([passed("a", 3), passed("b", 2), passed("c", 1)], [same, passed("a", 3), passed("b", 2)]),
    ).toEqual([same]);
    expect(newEntries([], [same])).toEqual([same]);
  });

  test("leaves out entries that say for ever that they run", () => {
    const stale: LogEntry = {
      kind: "Extended offline",
      status: "Self-test routine in progress",
      running: true,
      atHours: 12,
    };
    expect(newEntries([stale, ...OLD], [stale, ...OLD])).toEqual([]);
    expect(newEntries([stale, ...OLD], [failed(901), stale, ...OLD])).toEqual([failed(901)]);
  });
});

describe("endingOfTest", () => {
  test("goes by the log's new entry of its kind", () => {
    const after = reading([passed("Short offline", 901), ...OLD]);
    expect(endingOfTest("short", reading(OLD), after, true)).toMatchObject({
      outcome: "passed",
      entry: { atHours: 901 },
    });
    expect(endingOfTest("long", reading(OLD), after, true).outcome).toBe("unrecorded");
    expect(endingOfTest("short", reading(OLD), reading([failed(901), ...OLD]), false).outcome).toBe("failed");
  });

  test("an old failure is never ours: the log has not moved, and its hour is another", () => {
    const hours = { powerOnHours: 950 };
    const before = reading([failed(800)], hours);
    expect(endingOfTest("short", before, before, true).outcome).toBe("unrecorded");
    expect(endingOfTest("short", before, before, false).outcome).toBe("unrecorded");
  });

  test("the hours of a log begin again at 65536, as the recorded drive's did", () => {
    const hitachi = recorded("hitachi-HDS721050DLE630-failing");
    expect([hitachi.powerOnHours, hitachi.selfTests[0]?.atHours]).toEqual([65_592, 42]);
    // The log is not moved, so the hour has to tell: 56 is 65592.
    const ours = { ...hitachi, selfTests: [passed("Short offline", 56)] };
    expect(endingOfTest("short", ours, ours, true).entry?.atHours).toBe(56);
    expect(endingOfTest("short", hitachi, hitachi, true).entry).toBeUndefined();
  });

  test("a drive without a log is believed by its status only when it was seen to run", () => {
    const silent = reading([], { selfTestPassed: true });
    expect(endingOfTest("short", silent, silent, true).outcome).toBe("passed");
    expect(endingOfTest("short", silent, { ...silent, selfTestPassed: false }, true).outcome).toBe("failed");
    expect(endingOfTest("short", silent, silent, false).outcome).toBe("unsupported");
  });

  test("an abort by somebody else is neither", () => {
    const aborted: LogEntry = { kind: "Short offline", status: "Aborted by host", atHours: 901 };
    expect(endingOfTest("short", reading(OLD), reading([aborted, ...OLD]), true).outcome).toBe("aborted");
  });
});

test("whyNoTest names what the drive lacks", () => {
  const nothing = reading([]);
  expect(whyNoTest(nothing)).toBeNull();
  expect(whyNoTest({ ...nothing, selfTestSupported: false })).toContain("no self-test");
  expect(whyNoTest({ ...nothing, smartAvailable: false })).toContain("no SMART");
  expect(whyNoTest({ ...nothing, smartAvailable: true, smartEnabled: false })).toContain("off");
});

test("doneOf goes by the drive, else by the clock, and is not done before it is over", () => {
  expect(doneOf(90, 0, 120_000)).toBeCloseTo(0.1);
  expect(doneOf(undefined, 60_000, 120_000)).toBe(0.5);
  expect(doneOf(undefined, 500_000, 120_000)).toBe(0.99);
  expect(doneOf(0, 0, 1)).toBe(1);
});
