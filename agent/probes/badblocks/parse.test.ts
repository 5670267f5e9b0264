import { describe, expect, test } from "bun:test";
import { loadSamples } from "../../fakes/samples.ts";
import { type BadblocksFacts, type BadblocksProgress, createBadblocksProgress, parseBadblocks } from "./parse.ts";

const fixture = (name: string): string => {
  const text = loadSamples("badblocks").find((sample) => sample.name === `${name}.txt`)?.text;
  if (text === undefined) throw new Error(`no fixture ${name}`);
  return text;
};

const factsOf = (text: string): BadblocksFacts => {
  const parsed = parseBadblocks(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.facts;
};

const NO_ERRORS = { read: 0, write: 0, corruption: 0 };
const PATTERNS = ["0xaa", "0x55", "0xff", "0x00"];
const eightPasses = PATTERNS.flatMap((pattern) => [
  { phase: "writing", pattern, done: true },
  { phase: "comparing", pattern, done: true },
]);

describe("parseBadblocks", () => {
  test("reads a healthy disk that is only read", () => {
    expect(factsOf(fixture("read-ok"))).toEqual({
      ...{ mode: "read-only", firstBlock: 0, lastBlock: 1023, passes: [{ phase: "reading", done: true }] },
      ...{ completed: true, badBlockCount: 0, errors: NO_ERRORS, badBlocks: [] },
      ...{ gaveUp: false, tooLarge: false, messages: [] },
    } as BadblocksFacts);
  });

  test.each(["write-ok", "write-ok-mute"])("reads four patterns of a healthy disk: %s", (name) => {
    const facts = factsOf(fixture(name));
    expect(facts).toMatchObject({ mode: "read-write", lastBlock: 1023, completed: true, badBlockCount: 0 });
    expect(facts.passes as unknown).toEqual(eightPasses);
    expect(facts.messages).toEqual([]);
  });

  test.each([
    ["read-bad", [256, 257], { read: 2, write: 0, corruption: 0 }],
    ["write-bad", [256, 257, 272, 273], { read: 0, write: 2, corruption: 2 }],
    ["write-corrupt", [272], { read: 0, write: 0, corruption: 1 }],
  ])("counts errors by kind: %s", (name, badBlocks, errors) => {
    expect(factsOf(fixture(name))).toMatchObject({
      ...{ completed: true, badBlockCount: badBlocks.length, badBlocks, errors, gaveUp: false, messages: [] },
    });
  });

  test("a test that was given up is not completed, though it says so", () => {
    expect(fixture("gave-up")).toContain("Pass completed, 5 bad blocks found.");
    expect(factsOf(fixture("gave-up"))).toMatchObject({
      ...{ completed: false, gaveUp: true, badBlockCount: 5, badBlocks: [256, 257, 258, 259, 260] },
      passes: [{ phase: "reading", done: false }],
    });
  });

  test("a test that was ended from outside is not completed", () => {
    const passes = [
      { phase: "writing", pattern: "0xaa", done: true },
      { phase: "comparing", pattern: "0xaa", done: false },
    ] as const;
    expect(factsOf(fixture("terminated"))).toMatchObject({ completed: false, interruptedAtBlock: 48, passes });
    const killed = factsOf(fixture("killed"));
    expect(killed).toMatchObject({ completed: false, passes });
    expect(killed.interruptedAtBlock).toBeUndefined();
    // A second pass (-p) that was ended does not count by the first one's end.
    expect(factsOf(fixture("write-ok") + fixture("killed")).completed).toBe(false);
  });

  test("says why it did not start", () => {
    expect(factsOf(fixture("too-large"))).toMatchObject({ completed: false, tooLarge: true, passes: [] });
    expect(factsOf(fixture("absent"))).toMatchObject({
      ...{ completed: false, tooLarge: false, badBlockCount: 0 },
      messages: ["badblocks: No such file or directory while trying to determine device size"],
    });
  });

  test("bad blocks within the line of progress, as one stream for both has them, are bad blocks", () => {
    const mixed = "Checking blocks 0 to 9\nTesting:   0.00% done, 0:00 elapsed. (0/0/0 errors)\b\b\b4\n7\n";
    expect(factsOf(mixed)).toMatchObject({ badBlocks: [4, 7], badBlockCount: 2, completed: false });
  });

  test("refuses what is no output of it, bare numbers too", () => {
    for (const text of ["", "256\n257\n", "done\n", "Reading package lists... done\n"])
      expect(parseBadblocks(text).ok).toBe(false);
  });
});

describe("createBadblocksProgress", () => {
  const follow = (text: string, size: number): readonly BadblocksProgress[] => {
    const progress = createBadblocksProgress();
    const told: BadblocksProgress[] = [];
    for (let at = 0; at < text.length; at += size) {
      const now = progress.push(text.slice(at, at + size));
      if (now !== undefined && JSON.stringify(now) !== JSON.stringify(told.at(-1))) told.push(now);
    }
    return told;
  };

  test("tells pattern, phase and percent, however the text is cut", () => {
    const text = fixture("write-ok");
    const told = follow(text, 1);
    // As the fixture's lines have them: each phase from 0.00 %, its readings of a second each, then `done`.
    expect(told.slice(0, 5)).toEqual([
      { passIndex: 0, phase: "writing", pattern: "0xaa", percent: 0, errorCount: 0 },
      { passIndex: 0, phase: "writing", pattern: "0xaa", percent: 34.41, errorCount: 0 },
      { passIndex: 0, phase: "writing", pattern: "0xaa", percent: 68.82, errorCount: 0 },
      { passIndex: 0, phase: "writing", pattern: "0xaa", percent: 100, errorCount: 0 },
      { passIndex: 1, phase: "comparing", pattern: "0xaa", percent: 0, errorCount: 0 },
    ]);
    expect(told.at(-1)).toEqual({ passIndex: 7, phase: "comparing", pattern: "0x00", percent: 100, errorCount: 0 });
    const last = follow(text, text.length).at(-1);
    expect(last).toEqual(told.at(-1));
    for (const size of [2, 7, 64]) expect(follow(text, size).at(-1)).toEqual(last);
  });

  test("counts errors while it goes on, and never tells 100 % of what was given up", () => {
    expect(follow(fixture("write-bad"), 16).at(-1)?.errorCount).toBe(4);
    expect(follow(fixture("gave-up"), 16).map(({ percent }) => percent)).not.toContain(100);
  });
});
