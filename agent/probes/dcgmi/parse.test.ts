import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DcgmFacts, parseDcgmi } from "./parse.ts";

const textOf = (name: string): string => readFileSync(join(import.meta.dir, "fixtures", `${name}.json`), "utf8");
const factsOf = (text: string): DcgmFacts => {
  const parsed = parseDcgmi(text);
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};
const testOf = ({ tests }: DcgmFacts, name: string) => tests.find((one) => one.name === name);

describe("parseDcgmi", () => {
  test("reads release 3: versions, GPUs, and every test in its category", () => {
    const facts = factsOf(textOf("r3-v3"));
    expect([facts.version, facts.driver, facts.error]).toEqual(["3.3.5", "535.183.01", undefined]);
    expect(facts.gpus).toEqual([
      { id: 0, serial: "1320022000001", deviceId: "20b5" },
      { id: 1, serial: "1320022000002", deviceId: "20b5" },
    ]);
    expect(facts.tests.map(({ category, name }) => `${category}: ${name}`)).toEqual([
      "Deployment: Denylist",
      "Deployment: NVML Library",
      "Deployment: CUDA Main Library",
      "Deployment: Permissions and OS Blocks",
      "Deployment: Persistence Mode",
      "Integration: PCIe",
      "Hardware: GPU Memory",
      "Hardware: Diagnostic",
      "Hardware: Pulse Test",
      "Stress: Targeted Stress",
      "Stress: Targeted Power",
    ]);
  });

  test("tells GPUs apart, each with its complaints", () => {
    expect(testOf(factsOf(textOf("r3-v3")), "PCIe")?.results).toEqual([
      { entity: "GPU", id: 0, status: "pass", warnings: [], info: ["GPU to Host bandwidth: 24.1 GB/s"] },
      {
        ...{ entity: "GPU", id: 1, status: "fail", info: [] },
        warnings: [
          { text: "Detected 12.00 PCIe replays per minute for GPU 1.", errorId: 22, severity: 4, category: 13 },
        ],
      },
    ]);
    expect(testOf(factsOf(textOf("r3-v3")), "Pulse Test")?.results.map(({ status }) => status)).toEqual([
      "skip",
      "skip",
    ]);
  });

  test("reads release 4: entities, and the summary of each test", () => {
    const facts = factsOf(textOf("r2-v4"));
    expect([facts.version, facts.driver]).toEqual(["4.2.3", "570.148.08"]);
    expect(facts.gpus).toEqual([
      { id: 0, serial: "1650923000001", deviceId: "2330" },
      { id: 1, deviceId: "2330" },
    ]);
    const memory = testOf(facts, "memory");
    expect(memory?.results.map(({ id, status }) => [id, status])).toEqual([
      [0, "pass"],
      [1, "fail"],
    ]);
    expect(memory?.results[1]?.warnings[0]).toMatchObject({ errorId: 97, severity: 2, category: 10 });
    expect(memory?.summary).toEqual({ status: "fail", warnings: [], info: ["GPU 0 allocated 79871 MB."] });
  });

  test("gives a result of several GPUs to each of them, and reads warnings that are texts", () => {
    const facts = factsOf(textOf("r1-v2-texts"));
    expect(facts.tests[0]?.results.map(({ id, status }) => [id, status])).toEqual([
      [0, "pass"],
      [1, "pass"],
      [2, "pass"],
      [3, "pass"],
    ]);
    expect(facts.tests[1]?.results[2]).toEqual({
      ...{ entity: "GPU", id: 2, status: "fail", info: [] },
      warnings: [{ text: "GPU 2 has 64 retired pages." }],
    });
  });

  test("says why there was no test", () => {
    expect(factsOf(textOf("no-host-engine"))).toEqual({
      ...{ version: "3.1.7", error: "Unable to run diagnostic on unsupported GPU 0.", gpus: [], tests: [] },
    });
  });

  test("passes over what it does not know, and takes an unknown status for no pass", () => {
    const facts = factsOf(
      JSON.stringify({
        "DCGM Diagnostic": {
          test_categories: [
            null,
            {
              category: "New",
              tests: [null, { name: "x", results: [{ status: "Perfect", new: 1 }, { entity_id: 0 }] }],
            },
          ],
          more: {},
        },
      }),
    );
    expect(facts.tests).toEqual([
      {
        ...{ category: "New", name: "x" },
        results: [
          { status: "unknown", warnings: [], info: [] },
          { status: "unknown", warnings: [], info: [] },
        ],
      },
    ]);
  });

  test("refuses other JSON, a text that breaks off, and words", () => {
    const text = textOf("r2-v4");
    for (const other of ["{}", '{"DCGM Diagnostic":1}', text.slice(0, text.length / 2), "Error: no GPUs\n", ""])
      expect(parseDcgmi(other).ok).toBe(false);
  });
});
