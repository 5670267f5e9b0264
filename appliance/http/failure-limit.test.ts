import { describe, expect, test } from "bun:test";
import { createFailureLimiter } from "./failure-limit.ts";

const LIMITS = { max: 3, windowMs: 1000, addresses: 2 } as const;

describe("createFailureLimiter", () => {
  test("lets an address wait from its last allowed failure until its window ends", () => {
    let nowMs = 5000;
    const limiter = createFailureLimiter(() => nowMs, LIMITS);
    const waits = [0, 1, 2, 3].map((n) => {
      nowMs = 5000 + n * 100;
      const waitMs = limiter.waitMs("a");
      limiter.failed("a");
      return waitMs;
    });
    expect(waits).toEqual([0, 0, 0, 700]);
    nowMs = 5999;
    expect(limiter.waitMs("a")).toBe(1);
    nowMs = 6000;
    expect(limiter.waitMs("a")).toBe(0);
  });

  test("keeps addresses apart", () => {
    const limiter = createFailureLimiter(() => 0, LIMITS);
    for (let i = 0; i < 9; i++) limiter.failed("a");
    expect([limiter.waitMs("a"), limiter.waitMs("b")]).toEqual([1000, 0]);
  });

  test("remembers no more addresses than it may, and forgets the oldest first", () => {
    const limiter = createFailureLimiter(() => 0, LIMITS);
    for (const address of ["a", "a", "a", "b", "b", "b", "c"]) limiter.failed(address);
    expect(["a", "b", "c"].map(limiter.waitMs)).toEqual([0, 1000, 0]);
  });
});
