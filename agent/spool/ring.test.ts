import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import type { Fault } from "../system/fault.ts";
import { openRing } from "./ring.ts";

interface Entry {
  readonly seq: number;
  readonly lostBefore?: number;
  readonly text: string;
}

let directory: string;
let faults: Fault[];
const open = (maxBytes = 100_000, segmentBytes = 200) =>
  openRing<Entry>({ directory, maxBytes, segmentBytes, onFault: (fault) => faults.push(fault) });
const clear = () => rmSync(directory, { recursive: true, force: true });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "vetbox-ring-"));
  faults = [];
});
afterEach(clear);

describe("openRing", () => {
  test("numbers from 1 and gives batches in order, bounded in entries and bytes", () => {
    const ring = open();
    for (const text of ["a", "b", "c"]) ring.append({ text });
    expect(ring.batch(2, 1000)).toEqual([
      { seq: 1, text: "a" },
      { seq: 2, text: "b" },
    ]);
    expect(ring.batch(10, 25)).toEqual([{ seq: 1, text: "a" }]);
    expect(ring.batch(10, 1)).toHaveLength(1);
  });

  test("what is acknowledged is gone, files included", () => {
    const ring = open();
    for (let i = 0; i < 50; i += 1) ring.append({ text: "line" });
    ring.acknowledge(50);
    expect([ring.waitingCount, ring.waitingBytes, ring.batch(10, 1000)]).toEqual([0, 0, []]);
    expect(readdirSync(directory)).toEqual(["acknowledged"]);
  });

  test("a killed process's entries and numbers are there for the next one, without its half line", () => {
    const first = open();
    for (const text of ["a", "b", "c"]) first.append({ text });
    first.acknowledge(1);
    appendFileSync(join(directory, readdirSync(directory).sort()[0] ?? ""), '{"seq":4,"text":"ha');
    const second = open();
    second.append({ text: "d" });
    expect(second.batch(10, 1000).map((e) => [e.seq, e.text])).toEqual([
      [2, "b"],
      [3, "c"],
      [4, "d"],
    ]);
  });

  test("numbers go on after everything was acknowledged and the process was killed", () => {
    const first = open();
    first.append({ text: "a" });
    first.acknowledge(1);
    const second = open();
    second.append({ text: "b" });
    expect(second.batch(1, 1000)).toEqual([{ seq: 2, text: "b" }]);
  });

  test("a box that knows higher numbers is followed", () => {
    const ring = open();
    ring.append({ text: "a" });
    ring.acknowledge(70);
    ring.append({ text: "b" });
    expect(ring.batch(1, 1000)).toEqual([{ seq: 71, text: "b" }]);
  });

  test("a full file system is told, and the entry is kept in memory", () => {
    const ring = open();
    clear();
    ring.append({ text: "a" });
    expect(faults.map((fault) => fault.code)).toEqual(["file-unwritable"]);
    expect(ring.batch(1, 1000)).toEqual([{ seq: 1, text: "a" }]);
  });

  test("its files are for their owner alone", () => {
    open().append({ text: "a" });
    const modes = readdirSync(directory).map((name) => statSync(join(directory, name)).mode & 0o777);
    expect(modes).toEqual([0o600]);
  });

  test("property: within its bound it loses the oldest only, tells how many, and restarts change nothing", () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant("append" as const), text: fc.string({ maxLength: 60 }) }) },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant("deliver" as const), most: fc.integer({ min: 1, max: 9 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        clear();
        let ring = open(600, 150);
        const written: string[] = [];
        const told: { seq: number; text: string }[] = [];
        let lost = 0;
        for (const action of steps) {
          if (action.do === "append") {
            written.push(action.text);
            ring.append({ text: action.text });
          } else if (action.do === "restart") ring = open(600, 150);
          else {
            const batch = ring.batch(action.most, 10_000);
            lost += batch[0]?.lostBefore ?? 0;
            told.push(...batch);
            ring.acknowledge(batch.at(-1)?.seq ?? 0);
          }
          expect(ring.waitingBytes).toBeLessThanOrEqual(600);
        }
        const rest = ring.batch(10_000, 10 ** 9);
        lost += rest[0]?.lostBefore ?? 0;
        told.push(...rest);
        // In order, each with its own text, and every number either told or counted as lost.
        expect(told.map((e) => e.text)).toEqual(told.map((e) => written[e.seq - 1] ?? "missing"));
        expect(told.map((e) => e.seq)).toEqual([...told.map((e) => e.seq)].sort((a, b) => a - b));
        expect(told.length + lost).toBe(told.at(-1)?.seq ?? 0);
      }),
      { numRuns: 60 },
    );
  });
});
