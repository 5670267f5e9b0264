/** badblocks of e2fsprogs 1.47.2, as the live image has it. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BadblocksFacts, createBadblocksProgress, parseBadblocks } from "./parse.ts";

const textOf = (name: string): string => readFileSync(join(import.meta.dir, "fixtures", `${name}.txt`), "utf8");
const factsOf = (name: string): BadblocksFacts => {
  const parsed = parseBadblocks(textOf(name));
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};

test("parseBadblocks of 1.47.2 reads two patterns of a healthy disk", () => {
  const facts = factsOf("debian13-healthy");
  expect(facts).toMatchObject({
    mode: "read-write",
    firstBlock: 0,
    lastBlock: 2047,
    completed: true,
    badBlockCount: 0,
  });
  expect(facts.passes.map(({ phase, pattern, done }) => [phase, pattern, done])).toEqual([
    ["writing", "0xaa", true],
    ["comparing", "0xaa", true],
    ["writing", "0x55", true],
    ["comparing", "0x55", true],
  ]);
});

test("parseBadblocks of 1.47.2 counts blocks that cannot be written, cannot be read, and hold something else", () => {
  expect(factsOf("debian13-bad-sectors")).toMatchObject({
    ...{ completed: true, badBlockCount: 5, badBlocks: [1280, 258, 259, 832, 1344] },
    errors: { read: 2, write: 1, corruption: 2 },
  });
});

test("parseBadblocks of 1.47.2 reads a disk that is only read", () => {
  expect(factsOf("debian13-read-only")).toMatchObject({
    ...{ mode: "read-only", completed: true, badBlocks: [258, 259], errors: { read: 2, write: 0, corruption: 0 } },
    passes: [{ phase: "reading", done: true }],
  });
});

test("parseBadblocks of 1.47.2 reads a random pattern, where one bad block makes its neighbours look wrong", () => {
  const facts = factsOf("debian13-random-pattern");
  expect(facts).toMatchObject({ badBlockCount: 128, errors: { read: 1, write: 1, corruption: 126 } });
  expect(facts.passes[0]).toMatchObject({ phase: "writing", pattern: "random" });
});

test("parseBadblocks of 1.47.2 has no completed run of one that gave up while it wrote", () => {
  const facts = factsOf("debian13-max-errors");
  expect(facts).toMatchObject({
    completed: false,
    gaveUp: true,
    badBlocks: [1280],
    errors: { read: 0, write: 1, corruption: 0 },
  });
  expect(facts.passes.map(({ done }) => done)).toEqual([false, false]);
});

test("parseBadblocks says why 1.47.2 did not start", () => {
  expect(factsOf("bad-block-size").messages).toEqual(["badblocks: Invalid block size: 4097"]);
  expect(factsOf("last-block")).toMatchObject({ completed: false, badBlockCount: 0 });
  expect(factsOf("last-block").messages[0]).toContain("last block too large - 5000000000");
});

test("createBadblocksProgress tells the errors of 1.47.2 as they come", () => {
  const progress = createBadblocksProgress();
  const [before = "", after = ""] = textOf("debian13-bad-sectors").split("Reading and comparing");
  expect(progress.push(before)).toMatchObject({ passIndex: 0, phase: "writing", pattern: "0xaa", errorCount: 1 });
  expect(progress.push(`Reading and comparing${after}`)).toMatchObject({
    passIndex: 1,
    phase: "comparing",
    errorCount: 5,
  });
});
