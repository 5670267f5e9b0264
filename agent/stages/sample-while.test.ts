import { describe, expect, test } from "bun:test";
import { createFakeClock } from "../fakes/clock.ts";
import { sampleWhile } from "./sample-while.ts";

const start = (workMs: number, take: (elapsedMs: number) => Promise<void>, signal = new AbortController().signal) => {
  const clock = createFakeClock();
  const work = clock.sleep(workMs).then(() => "done");
  return { clock, result: sampleWhile(work, { clock, signal, everyMs: 1_000, take }) };
};

describe("sampleWhile", () => {
  test("samples at once and then at intervals, until the work is done", async () => {
    const taken: number[] = [];
    const { clock, result } = start(2_500, async (elapsedMs) => void taken.push(elapsedMs));
    await clock.pass(10_000);
    expect(await result).toBe("done");
    expect(taken).toEqual([0, 1_000, 2_000]);
  });

  test("a sample that hangs does not hold up the work's end", async () => {
    const { clock, result } = start(2_500, () => new Promise(() => undefined));
    await clock.pass(2_500);
    expect(await result).toBe("done");
  });

  test("a sample that fails is not silent", async () => {
    const { clock, result } = start(2_500, () => Promise.reject(new Error("a bug")));
    const failed = expect(result).rejects.toThrow("a bug");
    await clock.pass(2_500);
    await failed;
  });

  test("takes no more samples once it was cancelled", async () => {
    const cancel = new AbortController();
    let count = 0;
    const { clock, result } = start(
      5_000,
      async () => {
        count += 1;
        cancel.abort();
      },
      cancel.signal,
    );
    await clock.pass(5_000);
    await result;
    expect(count).toBe(1);
  });
});
