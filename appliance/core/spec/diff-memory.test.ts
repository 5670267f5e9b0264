/** Memory that is expected in several ways at once: what one module explains is told once, and nothing grave is hidden by it. */
import { expect, test } from "bun:test";
import type { DimmFacts } from "../../../agent/wire/hardware/board.ts";
import { withParts } from "../../../test/setup/inventory.ts";
import { A1, A2, A2_EMPTY, B1, B2, memory, module, SERVER } from "../../../test/setup/spec-server.ts";
import { diffSpec } from "./diff.ts";
import { parseSpec } from "./spec.ts";

const lines = (yaml: string, dimms: DimmFacts[]): readonly string[] => {
  const answer = parseSpec(yaml);
  if (!answer.ok) throw new Error(answer.refusal.detail);
  return diffSpec(answer.value, withParts(SERVER, { memory: memory(dimms) })).map(
    ({ severity, code, component }) => `${severity} ${code}: ${component}`,
  );
};

const FOUR_SLOTS = "A1: { size: 16 GiB }, A2: { size: 16 GiB }, B1: { size: 16 GiB }, B2: { size: 16 GiB }";
const { sizeBytes: _, ...A2_SILENT } = A2;

test.each([
  ["by sum and number", "memory: { total: 64 GiB, dimms: 4 }", "critical dimms-fewer: slot A2"],
  [
    "by slot, sum and number",
    `memory: { total: 64 GiB, dimms: 4, slots: { ${FOUR_SLOTS} } }`,
    "critical dimm-missing: slot A2",
  ],
  [
    "by kind, sum and number",
    "memory: { total: 64 GiB, dimms: 4, modules: [{ count: 4, size: 16 GiB }] }",
    "critical dimms-fewer: slot A2",
  ],
  [
    "by slot and kind",
    `memory: { slots: { ${FOUR_SLOTS} }, modules: [{ count: 4, part: M393A2K43 }] }`,
    "critical dimm-missing: slot A2",
  ],
])("diffSpec tells one module fewer once, expected %s", (_way, yaml, line) => {
  expect(lines(yaml, [A1, A2, B1, B2])).toEqual([]);
  expect(lines(yaml, [A1, A2_EMPTY, B1, B2])).toEqual([line]);
});

test("diffSpec tells one module that reports no size once, by its slot", () => {
  for (const yaml of [
    "memory: { total: 64 GiB, dimms: 4 }",
    "memory: { total: 64 GiB }",
    `memory: { total: 64 GiB, dimms: 4, slots: { ${FOUR_SLOTS} } }`,
  ])
    expect(lines(yaml, [A1, A2_SILENT, B1, B2])).toEqual(["critical dimm-unreadable: slot A2"]);
});

test("diffSpec tells a module without a size and another that is missing", () => {
  expect(lines("memory: { total: 64 GiB, dimms: 4 }", [A1, A2_SILENT, B1, { slot: "B2", populated: false }])).toEqual([
    "critical dimm-unreadable: slot A2",
    "critical dimms-fewer: slot B2",
  ]);
});

test("diffSpec compares modules of any slot beside the slots", () => {
  const yaml = `memory: { slots: { ${FOUR_SLOTS} }, modules: [{ count: 4, part: M393A2K43 }] }`;
  expect(lines(yaml, [A1, module("A2", { part: "OTHER" }), B1, B2])).toEqual([
    "critical dimms-fewer: memory modules",
    "warning dimm-unexpected: slot A2",
  ]);
});

test("diffSpec hides no critical sum behind a slot that the spec calls unimportant", () => {
  const yaml = `memory: { total: 64 GiB, slots: { ${FOUR_SLOTS.replace("A2: { size", "A2: { severity: info, size")} } }`;
  expect(lines(yaml, [A1, A2_EMPTY, B1, B2])).toEqual(["critical memory-less: slot A2", "info dimm-missing: slot A2"]);
});

test("the severity of the memory is that of its slots, modules and sums unless they have their own", () => {
  expect(lines("memory: { severity: info, modules: [{ count: 4, size: 16 GiB }] }", [A1, A2_EMPTY, B1, B2])).toEqual([
    "info dimms-fewer: slot A2",
  ]);
  expect(lines(`memory: { severity: info, slots: { ${FOUR_SLOTS} } }`, [A1, A2_EMPTY, B1, B2])).toEqual([
    "info dimm-missing: slot A2",
  ]);
});
