/** Following a run, through restarts of the box. */
import { afterEach, describe, expect, test } from "bun:test";
import type { Change } from "../../appliance/core/ports.ts";
import { fakeRun, fakeSummary } from "../../appliance/http/fake-views.ts";
import { closeAll, NOW_MS, openBox } from "./box.ts";

afterEach(closeAll);

const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** A run that goes on when its stream is read. */
const createStory = (states: readonly Parameters<typeof fakeRun>[0][]) => {
  let at = 0;
  let told = Promise.withResolvers<void>();
  const now = () => fakeRun(states[Math.min(at, states.length - 1)]);
  return {
    run: async () => now(),
    advance: () => {
      at++;
      told.resolve();
      told = Promise.withResolvers();
    },
    async *changes(afterSeq: number | null, signal: AbortSignal): AsyncGenerator<Change> {
      const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      for (let seq = afterSeq ?? 0; !signal.aborted; ) {
        if (seq < at) yield { seq: ++seq, kind: "run", hostId: "h1", runId: now().id };
        else await Promise.race([told.promise, stopped]);
      }
    },
  };
};

describe("vetbox runs watch", () => {
  const PATH = [
    { state: "Booting" },
    { state: "InventoryCheck", progress: 0.4, note: "reading disks" },
    { state: "Completed", verdict: "pass", endedMs: NOW_MS },
  ] as const;

  test("tells each state once and ends with the run's result", async () => {
    const story = createStory(PATH);
    const box = await openBox(story);
    const said: string[] = [];
    const err = (text: string) => {
      said.push(text);
      if (!text.includes("Done")) story.advance();
    };
    expect((await box.run(["runs", "watch", "01JD"], { err })).code).toBe(0);
    expect(said).toEqual([
      "r07-u12  Booting over the network\n",
      "r07-u12  Taking inventory\n",
      "r07-u12  Done\n",
      "Passed: r07-u12, run 01JDRUN0000000000000000001\n",
    ]);
  });

  test("goes on when the box restarts in between", async () => {
    const story = createStory(PATH);
    const box = await openBox(story);
    const restarted = Promise.withResolvers<void>();
    const err = (text: string) => {
      if (text.includes("Booting"))
        void box.restart().then(() => {
          story.advance();
          restarted.resolve();
        });
      else if (text.includes("inventory")) story.advance();
    };
    const [watched] = await Promise.all([box.run(["runs", "watch", "01JD"], { err }), restarted.promise]);
    expect(watched.code).toBe(0);
  });

  test("ends with 1 where the run is held, and says what to do", async () => {
    const failure = { state: "SMART", code: "stage-failed", message: "disk S6PW: 2 bad sectors" } as const;
    const story = createStory([{ state: "FailedHolding", verdict: "held", failure }]);
    const { code, err } = await (await openBox(story)).run(["runs", "watch", "01JD"]);
    expect(code).toBe(1);
    expect(err).toContain("disk S6PW: 2 bad sectors\n");
    expect(err).toContain("Replace the part");
  });

  test("draws one line on a terminal", async () => {
    const story = createStory(PATH);
    const box = await openBox(story);
    let text = "";
    const err = (part: string) => {
      text += part;
      if (!part.includes("Done")) story.advance();
    };
    await box.run(["runs", "watch", "01JD"], { err, isTerminal: true });
    expect(text).toContain("\r\u001b[2Kr07-u12  Taking inventory  40 %  reading disks  (4 m)");
    expect(text.split("\n")).toHaveLength(2);
  });

  test("start --wait ends with the run's result, and gives the run as JSON", async () => {
    const story = createStory([{ state: "Cancelled", verdict: "cancelled" }]);
    const box = await openBox(story, { startRun: async () => ok(fakeSummary()) });
    const { code, out } = await box.run(["runs", "start", "r07-u12", "--wait", "--json"]);
    expect([code, JSON.parse(out).state]).toEqual([1, "Cancelled"]);
  });

  test("ends when the person interrupts it; the run does not", async () => {
    const story = createStory([{ state: "Booting" }]);
    const stop = new AbortController();
    const box = await openBox(story);
    const err = (text: string) => {
      if (text.includes("Booting")) stop.abort();
    };
    expect((await box.run(["runs", "watch", "01JD"], { err, signal: stop.signal })).code).toBe(1);
  });
});
