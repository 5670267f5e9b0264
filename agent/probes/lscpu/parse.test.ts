import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseLscpu as parse } from "./parse.ts";

const parseLscpu = (text: string) => {
  const parsed = parse(text);
  return parsed.ok ? parsed.facts : null;
};

const field = (name: string, data: unknown, children?: unknown) => ({
  field: `${name}:`,
  data,
  ...(children === undefined ? {} : { children }),
});
const text = (...fields: unknown[]) => JSON.stringify({ lscpu: fields });

describe("parseLscpu", () => {
  const fields = [
    field("CPU(s)", "40"),
    field("Vendor ID", "GenuineIntel"),
    field("Model name", "Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz"),
    field("Thread(s) per core", "2"),
    field("Core(s) per socket", "10"),
    field("Socket(s)", "2"),
    field("CPU max MHz", "3000.0000"),
  ];
  const facts = {
    threadCount: 40,
    vendor: "GenuineIntel",
    model: "Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz",
    coresPerSocket: 10,
    threadsPerCore: 2,
    socketCount: 2,
    maxMhz: 3000,
  };

  test("reads the flat form and the nested one alike", () => {
    expect(parseLscpu(text(...fields))).toEqual(facts);
    const nested = [fields[0], { ...fields[1], children: [{ ...fields[2], children: fields.slice(3) }] }];
    expect(parseLscpu(text(...nested))).toEqual(facts);
  });

  test("reads the text that old versions print, and counts the list of processors", () => {
    const lines = [
      "Architecture:          x86_64",
      "CPU(s):                40",
      "On-line CPU(s) list:   0-9,12,14-15",
      "CPU socket(s):         2",
      "NUMA node(s):          2",
      "Model name:            Intel(R) Xeon(R) CPU           E5620  @ 2.40GHz",
      "CPU max MHz:           2400,0000",
      "Flags:                 fpu vme: de",
    ];
    expect(parseLscpu(lines.join("\r\n"))).toEqual({
      architecture: "x86_64",
      threadCount: 40,
      onlineCount: 13,
      socketCount: 2,
      numaNodeCount: 2,
      model: "Intel(R) Xeon(R) CPU E5620 @ 2.40GHz",
      maxMhz: 2400,
    });
  });

  test("an unknown topology is absent, not zero", () => {
    expect(parseLscpu(text(field("CPU(s)", "64"), field("Socket(s)", "-"), field("CPU max MHz", "-")))).toEqual({
      threadCount: 64,
    });
  });

  test("what is no lscpu output is null", () => {
    for (const bad of [
      "",
      "{",
      "null",
      "[]",
      "{}",
      '{"lscpu":null}',
      '{"lscpu":[1,null,"x"]}',
      '{"lscpu":[{"field":1,"data":2}]}',
    ])
      expect(parseLscpu(bad)).toBeNull();
  });

  test("a nesting of 100 000 levels does not overflow anything", () => {
    const deep = `{"lscpu":${'[{"children":'.repeat(100_000)}null${"}]".repeat(100_000)}}`;
    expect(parseLscpu(deep)).toBeNull();
  });

  test("property: any JSON is read without throwing", () => {
    fc.assert(fc.property(fc.json(), (json) => void parseLscpu(`{"lscpu":${json}}`)));
  });
});
