import { describe, expect, test } from "bun:test";
import { renderAbout, renderDisk, renderDuration, renderMemory, renderUtc, renderWait } from "./words.ts";

describe("renderDuration", () => {
  test.each([
    [-5, "0 s"],
    [0, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 m"],
    [200_000, "3 m 20 s"],
    [3_600_000, "1 h"],
    [7_500_000, "2 h 5 m"],
    [86_400_000 * 3 + 4 * 3_600_000, "3 d 4 h"],
  ])("%d ms reads %s", (ms, words) => {
    expect(renderDuration(ms)).toBe(words);
  });
});

describe("renderWait", () => {
  const run = { enteredMs: 1_000_000, deadlineMs: 1_000_000 + 900_000, endedMs: null };
  test("says how long of how long, in whole minutes", () => {
    expect(renderWait(run, 1_000_000 + 200_000)).toBe("waited 3 m of 15 m");
    expect(renderAbout(59_000)).toBe("59 s");
  });
  test("says nothing of a run that ended or waits for nothing", () => {
    expect(renderWait({ ...run, endedMs: 1 }, 0)).toBeNull();
    expect(renderWait({ ...run, deadlineMs: null }, 0)).toBeNull();
  });
});

describe("sizes and times", () => {
  test("renderMemory counts in 1024, renderDisk in 1000", () => {
    expect([renderMemory(0), renderMemory(1536), renderMemory(64 * 2 ** 30)]).toEqual(["0 B", "1.5 KiB", "64 GiB"]);
    expect([renderDisk(480_103_981_056), renderDisk(7_681_501_126_656)]).toEqual(["480 GB", "7.7 TB"]);
  });
  test("renderUtc names its zone", () => {
    expect(renderUtc(1_795_230_245_678)).toBe("2026-11-21 03:04:05 UTC");
  });
});
