/** fio 3.39, as the live image has it. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FioFacts } from "./facts.ts";
import { parseFio } from "./parse.ts";

const factsOf = (name: string): FioFacts => {
  const parsed = parseFio(readFileSync(join(import.meta.dir, "fixtures", `${name}.txt`), "utf8"));
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};

test("parseFio of 3.39 reads speed and latency of both directions", () => {
  const facts = factsOf("debian13-random");
  expect(facts).toMatchObject({ version: "fio-3.39", errors: [], errorCount: 0, truncated: false });
  const [job] = facts.jobs;
  expect([job?.errorCode, job?.read?.iops, job?.read?.ioBytes, job?.read?.clatNs.p99]).toEqual([
    0, 399.866711, 4_919_296, 1_105_920,
  ]);
  expect([job?.write?.ioBytes, job?.write?.clatNs.p99]).toEqual([4_915_200, 2_179_072]);
});

test("parseFio of 3.39 finds the JSON behind fio's own line, and the place where a read failed", () => {
  const facts = factsOf("debian13-read-eio");
  expect(facts.jobs.map(({ errorCode }) => errorCode)).toEqual([5]);
  expect(facts.errors).toEqual([{ kind: "io", op: "read", offsetBytes: 1_048_576, sizeBytes: 65_536 }]);
});

test("parseFio of 3.39 finds the place where a write failed", () => {
  expect(factsOf("debian13-write-eio").errors).toEqual([
    { kind: "io", op: "write", offsetBytes: 5_242_880, sizeBytes: 65_536 },
  ]);
});

test("parseFio of 3.39 counts an error that it went on after, though nothing names its place and it ended with 0", () => {
  const facts = factsOf("debian13-read-eio-go-on");
  expect([facts.jobs[0]?.errorCode, facts.jobs[0]?.errorCount, facts.errorCount, facts.errors]).toEqual([5, 1, 1, []]);
});

test("parseFio of 3.39 finds the place of a wrong checksum", () => {
  const facts = factsOf("debian13-verify-failed");
  expect(facts.jobs[0]?.errorCode).toBe(84);
  expect(facts.errors).toEqual([{ kind: "verify", op: "read", offsetBytes: 3_145_728, sizeBytes: 65_536 }]);
});

test("parseFio of 3.39 finds blocks whose header is not the one that was written", () => {
  const { errors, errorCount } = factsOf("debian13-other-blocks");
  expect(errorCount).toBe(4);
  expect(errors.map(({ kind, offsetBytes, sizeBytes }) => [kind, offsetBytes, sizeBytes])).toEqual([
    ["verify", 65_536, 32_768],
    ["verify", 0, 32_768],
    ["verify", 98_304, 32_768],
    ["verify", 32_768, 32_768],
  ]);
});
