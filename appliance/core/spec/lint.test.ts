/** Every mistake of a spec: its code, its place, and that none is passed over. */
import { describe, expect, test } from "bun:test";
import { SPEC_FAULTS, type SpecFaultCode } from "./issue.ts";
import { lintSpec } from "./spec.ts";

const CLASSES = new Map([
  ["slots", "memory: { slots: { A1: { size: 16 GiB }, A2: { size: 16 GiB } } }\n"],
  ["serial", "disks:\n  - { serial: A }\n  - { serial: A }\n"],
  ["round", "inherits: [round]\n"],
]);

/** Mistakes as lines: `code place sentence`. */
const issues = (yaml: string): readonly string[] => {
  const answer = lintSpec(yaml, CLASSES);
  return answer.ok
    ? []
    : answer.issues.map(
        ({ code, file, place, sentence }) => `${code} ${file === null ? "" : `${file}:`}${place} ${sentence}`,
      );
};

const EVERY_CODE: Readonly<Record<SpecFaultCode, readonly [yaml: string, line: string]>> = {
  yaml: ["cpu: { sockets: 2\n", "yaml 2:1 Not valid YAML: "],
  length: [`# ${"x".repeat(64 * 1024)}\n`, "length 1:1 A spec has at most 65536 characters"],
  shape: ["disks:\n  serial: A\n", "shape 2:3 disks: must be a list"],
  key: ["cpu:\n  sokets: 2\n", 'key 2:3 cpu.sokets: unknown key "sokets"; did you mean sockets?'],
  value: ["cpu: { cores: many }\n", "value 1:15 cpu.cores: must be a whole number"],
  pattern: ['board: { product: { matches: "(a" } }\n', "pattern 1:30 board.product.matches: is no pattern"],
  synonym: [
    "disks: [{ size: 1 TB, sizeBytes: 5 }]\n",
    "synonym 1:34 disks.0.sizeBytes: size and sizeBytes say the same",
  ],
  class: ["inherits: [nosuch]\n", "class 1:12 inherits.0: there is no class nosuch"],
  circle: ["inherits: [round]\n", "circle round:1:12 inherits.0: goes in a circle: round → round"],
  duplicate: ["disks: [{ serial: A }, { serial: A }]\n", "duplicate 1:34 disks.1.serial: the serial A is listed twice"],
  impossible: ["cpu: { sockets: 2, cores: 1 }\n", "impossible 1:27 cpu.cores: fewer cores than sockets"],
};

test.each(Object.entries(EVERY_CODE))("lintSpec says %s where it is", (_code, [yaml, line]) => {
  const [first, ...others] = issues(yaml);
  expect(others).toEqual([]);
  expect(first).toStartWith(line);
});

test("SPEC_FAULTS holds the codes that are tested, each with its meaning", () => {
  expect(Object.keys(EVERY_CODE)).toEqual(Object.keys(SPEC_FAULTS));
});

describe("lintSpec refuses what no server can be:", () => {
  test.each([
    ["cpu: { sockets: 2, cores: 1 }", "cpu.cores: fewer cores than sockets"],
    ["cpu: { sockets: { min: 4 }, cores: { max: 3 } }", "cpu.cores: fewer cores than sockets"],
    ["cpu: { cores: 8, threads: 4 }", "cpu.threads: fewer threads than cores"],
    ["cpu: { sockets: 8, threads: { oneOf: [2, 4] } }", "cpu.threads: fewer threads than cores"],
    ["cpu: { cores: { min: 4, max: 2 } }", "cpu.cores.min: min is above max, so no value fits"],
    [
      "memory: { dimms: 2, slots: { A1: { size: 8 GiB }, A2: empty } }",
      "memory.slots: name 1 modules, while dimms says 2",
    ],
    [
      "memory: { dimms: { min: 4 }, modules: [{ count: 3 }] }",
      "memory.modules: name 3 modules, while dimms says at least 4",
    ],
    [
      "memory: { total: 8 GiB, slots: { A1: { size: 4 GiB } } }",
      "memory.slots: come to 4 GiB, while the total is 8 GiB",
    ],
    [
      "memory: { total: { min: 64 GiB }, modules: [{ count: 2, size: { oneOf: [8 GiB, 16 GiB] } }] }",
      "memory.modules: come to 16 GiB to 32 GiB, while the total is at least 64 GiB",
    ],
    [
      "memory: { total: 8 GiB, modules: [{ count: 2, size: { min: 8 GiB } }] }",
      "memory.modules: come to 16 GiB and more, while the total is 8 GiB",
    ],
    [
      "memory: { slots: { A1: { size: 8 GiB } }, modules: [{ count: 2 }] }",
      "memory.modules: name 2 modules, while the slots name 1",
    ],
    [
      "memory: { speedMtps: { min: 2933 }, slots: { A1: { speedMtps: 2400 } } }",
      "memory.slots.A1.speedMtps: the speed of all memory is at least 2933",
    ],
    [
      "memory: { modules: [{ speedMtps: 3200, ratedMtps: 2933 }] }",
      "memory.modules.0.speedMtps: no module runs faster",
    ],
    ["memory: { modules: [{ count: 2, serial: X }] }", "memory.modules.0.serial: 2 parts cannot share one serial"],
    ["disks: [{ count: 2, serial: A }]", "disks.0.serial: 2 parts cannot share one serial"],
    ["disks: [{ transport: nvme, rotational: true }]", "disks.0.rotational: no NVMe disk rotates"],
    ["disks: [{ rotational: false, rpm: 7200 }]", "disks.0.rpm: what does not rotate has no speed of rotation"],
  ])("%s", (yaml, message) => {
    const [first, ...others] = issues(yaml);
    expect(others).toEqual([]);
    expect(first).toMatch(/^impossible /);
    expect(first).toContain(` ${message}`);
  });
});

describe("lintSpec refuses what is given twice:", () => {
  test.each([
    [
      "memory: { slots: { A1: { serial: X }, A2: { serial: x } } }",
      "memory.slots.A2.serial: the serial x is listed twice",
    ],
    ["memory: { modules: [{ serial: X }, { serial: X }] }", "memory.modules.1.serial: the serial X is listed twice"],
    ["memory: { slots: { A1: empty, a1: { size: 8 GiB } } }", "memory.slots.a1: the slot a1 is listed twice"],
    ["disks: [{ serial: A, wwn: W }, { serial: B, wwn: W }]", "disks.1.wwn: the wwn W is listed twice"],
    ["disks: [{ bay: 1-1 }, { serial: B, bay: 1-1 }]", "disks.1.bay: the bay 1-1 is listed twice"],
    [
      'nics: [{ mac: "52:54:00:00:00:0a" }, { mac: "52:54:00:00:00:0A" }]',
      "nics.1.mac: the mac 52:54:00:00:00:0A is listed twice",
    ],
    ['pci: [{ address: "0000:3b:00.0" }, { address: "0000:3b:00.0" }]', "pci.1.address: the address 0000:3b:00.0 is"],
    ["gpus: [{ uuid: GPU-1 }, { uuid: GPU-1 }]", "gpus.1.uuid: the uuid GPU-1 is listed twice"],
    ["psus: [{ name: PSU 1 }, { name: PSU 1 }]", "psus.1.name: the name PSU 1 is listed twice"],
  ])("%s", (yaml, message) => {
    const [first, ...others] = issues(yaml);
    expect(others).toEqual([]);
    expect(first).toMatch(/^duplicate /);
    expect(first).toContain(` ${message}`);
  });
});

test("lintSpec refuses lists that say nothing", () => {
  for (const key of ["pci", "gpus", "psus"])
    expect(issues(`${key}: []`)).toEqual([expect.stringContaining("an empty list says nothing here")]);
  for (const key of ["disks", "nics"]) expect(issues(`${key}: []`)).toEqual([]);
  for (const count of [0, -1, 1.5, 1025, "two"])
    expect(issues(`disks: [{ count: ${count} }]`)).toEqual([
      expect.stringContaining("disks.0.count: must be a whole number from 1 to 1024"),
    ]);
});

test("lintSpec finds what only the whole has, in the text where it stands", () => {
  expect(issues("inherits: [slots]\nmemory: { dimms: 4 }\n")).toEqual([
    "impossible slots:1:18 memory.slots: name 2 modules, while dimms says 4",
  ]);
  expect(issues("inherits: [slots]\nmemory: { slots: { a2: { size: 16 GiB } } }\n")).toEqual([
    "duplicate 2:20 memory.slots.a2: the slot a2 is listed twice",
  ]);
  expect(issues("inherits: [serial]\n")).toEqual([
    "duplicate serial:3:15 disks.1.serial: the serial A is listed twice",
  ]);
});

test("lintSpec tells every mistake in the order of the text", () => {
  const text = `cpu: { sokets: 2, cores: many }\ndisks:\n${Array.from({ length: 20 }, () => "  - { zize: 1 TB }\n").join("")}`;
  expect(issues(text).map((line) => line.split(" ", 2).join(" "))).toEqual([
    "key 1:8",
    "value 1:26",
    ...Array.from({ length: 20 }, (_, i) => `key ${i + 3}:7`),
  ]);
});

test("lintSpec ends soon on any text up to its limit, however deep or long", () => {
  const texts = [
    "{a: ".repeat(16_000),
    ...[1500, 4000].map((depth) => `board: ${"{a: ".repeat(depth)}1${"}".repeat(depth)}`),
    `${"{a: ".repeat(9000)}1${"}".repeat(9000)}`,
    `${"[".repeat(30_000)}${"]".repeat(30_000)}`,
    "- ".repeat(30_000),
    Array.from({ length: 2000 }, (_, i) => `k${i}: 1`).join("\n"),
    "&a [*a, *a]",
    "x".repeat(5_000_000),
  ];
  for (const text of texts) expect(issues(text).length).toBeGreaterThan(0); // what grows faster than the text would meet the test's time limit
}, 30_000);
