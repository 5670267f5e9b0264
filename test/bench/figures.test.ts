import { expect, test } from "bun:test";
import { cpuSecondsOf, median, percentile, renderTable } from "./figures.ts";

test("percentile takes the nearest rank, whatever the order", () => {
  const values = [5, 1, 4, 2, 3];
  expect([0, 0.2, 0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([1, 1, 3, 5, 5]);
  expect(median([9])).toBe(9);
  expect(() => percentile([], 0.5)).toThrow("no samples");
});

test("cpuSecondsOf sees work that was done", () => {
  const before = cpuSecondsOf(process.pid);
  for (let i = 0; i < 20; i += 1) new Bun.CryptoHasher("sha256").update(new Uint8Array(2 ** 20));
  expect(cpuSecondsOf(process.pid)).toBeGreaterThan(before);
  expect(cpuSecondsOf(process.pid) - before).toBeLessThan(60);
});

test("renderTable aligns columns", () => {
  expect(
    renderTable([
      ["what", "MB/s"],
      ["c=1", 1234.5],
    ]),
  ).toBe("what     MB/s\nc=1   1234.50");
});
