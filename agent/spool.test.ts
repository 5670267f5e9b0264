import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { openClient } from "./client.ts";
import { createFakeBox, FAKE, type FakeBox, type Fate } from "./fakes/box.ts";
import { fakeSystem, seededRandom } from "./fakes/system.ts";
import { cleanLine, openSpool, type Spool, type SpoolOptions } from "./spool.ts";
import type { ResultAnswer, ResultRequest } from "./wire/messages.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "vetbox-spool-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const resultOf = (attempt: number): ResultRequest => ({
  bootId: FAKE.bootId,
  stage: "Memory",
  attempt,
  outcome: "measured",
  startedMs: 1,
  durationMs: 2,
  facts: { attempt },
});

/** A spool with its deliverer, as one process of the agent has it. */
const open = (box: FakeBox, system = fakeSystem(), limits: SpoolOptions["limits"] = {}) => {
  const stop = new AbortController();
  const troubles: string[] = [];
  const answers: ResultAnswer[] = [];
  const spool = openSpool({ directory, bootId: FAKE.bootId, system, limits, onTrouble: (what) => troubles.push(what) });
  const client = openClient(FAKE.url, FAKE.runId, system, box.fetch);
  const sink = { stamp: () => 0, answered: (answer: ResultAnswer) => void answers.push(answer) };
  const begin = () => spool.deliver(client, () => FAKE.token, sink, stop.signal);
  return { spool, stop, troubles, answers, begin, system };
};

const boxFor = (attempts: number): FakeBox => {
  const box = createFakeBox({ do: "wait" });
  for (let attempt = 1; attempt <= attempts; attempt += 1) box.afterResult.set(`Memory ${attempt}`, { do: "wait" });
  return box;
};

const isEmpty = ({ waiting }: Spool) => waiting.logs + waiting.samples + waiting.parcels === 0;

describe("openSpool", () => {
  test("delivers everything once the box is there, files before the result that follows them", async () => {
    const box = boxFor(1);
    const { spool, begin, system, stop, answers } = open(box);
    spool.log("info", "hello", undefined);
    spool.sample({ "cpu/core0/tempC": 41.5 }, "Memory");
    spool.artifact("Memory", 1, "memory.txt", "fine");
    spool.result(resultOf(1));
    box.isAway = true;
    const done = begin();
    await system.clock.pass(3_600_000);
    expect(box.seen).toEqual([]);
    box.isAway = false;
    await system.clock.until(() => isEmpty(spool), 60_000);
    expect(box.seen.map((s) => s.call).filter((c) => c === "artifact" || c === "result")).toEqual([
      "artifact",
      "result",
    ]);
    expect([box.logs.get(1)?.text, box.samples.get(1)?.readings]).toEqual(["hello", { "cpu/core0/tempC": 41.5 }]);
    expect(answers).toEqual([{ next_state: "Reporting", turn: { do: "wait" } }]);
    stop.abort();
    await done;
    expect(readdirSync(join(directory, "parcels"))).toEqual([]);
  });

  test("a killed agent's messages are delivered by the next one, with its numbers", async () => {
    const box = boxFor(1);
    const first = open(box);
    first.spool.log("info", "last words", "Memory");
    first.spool.artifact("Memory", 1, "memory.txt", "fine");
    first.spool.result(resultOf(1));
    // The first one is simply not heard of again, as after kill -9.
    const second = open(box);
    second.spool.log("info", "here again", undefined);
    const done = second.begin();
    await second.system.clock.until(() => isEmpty(second.spool));
    expect([...box.logs.values()].map((line) => [line.seq, line.text])).toEqual([
      [1, "last words"],
      [2, "here again"],
    ]);
    expect([box.artifacts.size, box.results.size]).toEqual([1, 1]);
    second.stop.abort();
    await done;
  });

  test("what a process has logged survives its kill -9", async () => {
    const script = `
      const { openSpool } = await import(${JSON.stringify(join(import.meta.dir, "spool.ts"))});
      const { thisSystem: system } = await import(${JSON.stringify(join(import.meta.dir, "system/system.ts"))});
      const spool = openSpool({ directory: ${JSON.stringify(directory)}, bootId: "b", system, onTrouble() {} });
      for (let i = 1; ; i += 1) { spool.log("info", "line " + i, undefined); if (i === 500) console.log("500"); }`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
    for await (const _ of child.stdout) break;
    child.kill("SIGKILL");
    await child.exited;
    const box = boxFor(0);
    const { spool, begin, system, stop } = open(box);
    const kept = spool.waiting.logs;
    expect(kept).toBeGreaterThanOrEqual(500);
    const done = begin();
    await system.clock.until(() => isEmpty(spool), 3_600_000);
    expect([...box.logs.values()].every((line) => line.text === `line ${line.seq}`)).toBe(true);
    expect(box.logs.size).toBe(kept);
    stop.abort();
    await done;
  });

  test("the bound on artifacts drops the oldest artifact, never a result", async () => {
    const box = boxFor(20);
    const { spool, begin, system, stop, troubles } = open(box, fakeSystem(), { artifactBytes: 100 });
    for (let attempt = 1; attempt <= 20; attempt += 1) {
      spool.artifact("Memory", attempt, "dump.bin", new Uint8Array(40));
      spool.result(resultOf(attempt));
    }
    spool.artifact("Memory", 1, "huge.bin", new Uint8Array(101));
    const done = begin();
    await system.clock.until(() => isEmpty(spool));
    expect([box.results.size, box.artifacts.size, troubles.length]).toEqual([20, 2, 19]);
    expect([...box.results.keys()]).toEqual(Array.from({ length: 20 }, (_, i) => `Memory ${i + 1}`));
    stop.abort();
    await done;
  });

  test("a box that cannot take a file takes the result behind it, and the file later", async () => {
    const box = boxFor(1);
    let isFull = true;
    box.refuse = (seen) => (seen.call === "artifact" && isFull ? { status: 503, code: "disk-full" } : null);
    const { spool, begin, system, stop } = open(box);
    spool.artifact("Memory", 1, "memory.txt", "fine");
    spool.result(resultOf(1));
    const done = begin();
    await system.clock.until(() => box.results.size === 1, 10_000);
    isFull = false;
    await system.clock.until(() => isEmpty(spool), 60_000);
    expect(box.artifacts.size).toBe(1);
    stop.abort();
    await done;
  });

  test("a message that is refused for good is set aside and told; what is behind it goes on", async () => {
    const box = boxFor(2);
    box.refuse = ({ call, body }) =>
      call === "result" && (body as ResultRequest).attempt === 1 ? { status: 409, code: "out-of-turn" } : null;
    const { spool, begin, system, stop, troubles } = open(box);
    spool.result(resultOf(1));
    spool.result(resultOf(2));
    const done = begin();
    await system.clock.until(() => isEmpty(spool));
    expect([...box.results.keys()]).toEqual(["Memory 2"]);
    expect(troubles).toEqual(["result of Memory was refused (out-of-turn) and set aside: as the script says"]);
    expect(readdirSync(join(directory, "parcels/refused"))).toEqual(["Memory-1.json"]);
    stop.abort();
    await done;
  });

  test("one line that the box refuses costs that line alone", async () => {
    const box = boxFor(0);
    box.refuse = ({ call, body }) =>
      call === "log" && JSON.stringify(body).includes("poison") ? { status: 422, code: "invalid" } : null;
    const { spool, begin, system, stop, troubles } = open(box);
    for (let i = 1; i <= 400; i += 1) spool.log("info", i === 123 ? "poison" : `line ${i}`, undefined);
    const done = begin();
    await system.clock.until(() => isEmpty(spool));
    expect(box.logs.size).toBe(399);
    expect(troubles).toHaveLength(1);
    expect([...box.logs.values()].some((line) => line.lostBefore !== undefined)).toBe(false);
    stop.abort();
    await done;
  });

  test("a token that is refused keeps everything", async () => {
    const box = boxFor(1);
    box.refuse = () => ({ status: 401, code: "token-invalid" });
    const { spool, begin, system, stop } = open(box);
    spool.log("info", "line", undefined);
    spool.result(resultOf(1));
    const done = begin();
    await system.clock.pass(3_600_000);
    expect(spool.waiting).toMatchObject({ logs: 1, results: 1 });
    expect(box.seen.length).toBeLessThanOrEqual(2 * 121);
    stop.abort();
    await done;
  });

  test("property: through a network that loses, answers in vain and doubles, everything arrives exactly once and in order", async () => {
    const fates = fc.array(fc.constantFrom<Fate>("deliver", "deliver", "lose request", "lose answer", "double"), {
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(
        fates,
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 5 }),
        fc.nat(),
        async (script, lines, results, seed) => {
          rmSync(directory, { recursive: true, force: true });
          const box = boxFor(results);
          const left = [...script];
          box.fate = () => left.shift() ?? "deliver";
          const first = open(box, fakeSystem({ seed }));
          const half = Math.floor(lines / 2);
          for (let i = 1; i <= half; i += 1) first.spool.log("info", `line ${i}`, undefined);
          for (let i = 1; i <= results; i += 1) first.spool.result(resultOf(i));
          const firstDone = first.begin();
          await first.system.clock.pass(seededRandom(seed).unit() * 20_000);
          first.stop.abort();
          await firstDone;
          const second = open(box, fakeSystem({ seed: seed + 1 }));
          for (let i = half + 1; i <= lines; i += 1) second.spool.log("info", `line ${i}`, undefined);
          const secondDone = second.begin();
          await second.system.clock.until(() => isEmpty(second.spool), 3_600_000);
          second.stop.abort();
          await secondDone;
          expect([...box.logs.values()].map((line) => line.text)).toEqual(
            Array.from({ length: lines }, (_, i) => `line ${i + 1}`),
          );
          expect([...box.results.keys()]).toEqual(Array.from({ length: results }, (_, i) => `Memory ${i + 1}`));
          expect(box.surprises).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("cleanLine", () => {
  test("property: whatever a tool prints becomes a line that the wire takes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 6000 }), (text) => {
        const line = cleanLine(text);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
        expect(line).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f]/);
        expect(line.length).toBeLessThanOrEqual(4096);
        expect(line.isWellFormed()).toBe(true);
      }),
    );
    expect(cleanLine("x".repeat(5000))).toEndWith("x [cut]");
  });
});
