/** What two specs expect differently. */
import { expect, test } from "bun:test";
import { compareSpecs } from "./compare.ts";
import { parseSpec } from "./spec.ts";

const spec = (yaml: string) => {
  const answer = parseSpec(yaml);
  if (!answer.ok) throw new Error(answer.refusal.detail);
  return answer.value;
};
const compare = (before: string, after: string): readonly string[] =>
  compareSpecs(spec(before), spec(after)).map((one) => `${one.where}: ${one.before} → ${one.after}`);

test("compareSpecs tells each expectation that is not the same in both, in words", () => {
  const before = `
board: { serial: A, biosVersion: { atLeast: "2.9" } }
memory: { total: 64 GiB, slots: { A1: { size: 32 GiB }, A2: { size: 32 GiB }, B1: empty } }
disks: [{ serial: S1, size: 480 GB, severity: info }, { count: 2, transport: nvme }]
fans: { count: 6 }
`;
  const after = `
board: { serial: B, biosVersion: { atLeast: "2.10", severity: critical } }
memory: { total: 64 GiB, slots: { A1: { size: 32 GiB }, A2: empty, B1: { size: 32 GiB } } }
disks: [{ serial: S1, size: 960 GB }, { count: 4, transport: nvme }, { serial: S2 }]
`;
  expect(compare(before, after)).toMatchInlineSnapshot(`
    [
      "board.serial: A → B",
      "board.biosVersion: at least 2.9 → at least 2.10 (critical)",
      "memory.slots.A2: a module → empty",
      "memory.slots.A2 size: 32 GiB → null",
      "memory.slots.B1: empty → a module",
      "disks S1 severity: info → null",
      "disks S1 size: 480 GB → 960 GB",
      "disks {transport nvme}: 2 → 4",
      "fans.count: 6 → null",
      "memory.slots.B1 size: null → 32 GiB",
      "disks S2: null → 1",
    ]
  `);
});

test("compareSpecs tells severities that differ alone", () => {
  const before =
    "memory: { total: 64 GiB, slots: { A1: { size: 64 GiB } } }\ndisks: [{ serial: S }, { count: 2 }]\nfans: { count: 2 }";
  const after =
    "memory: { total: { equals: 64 GiB, severity: info }, severity: warning, slots: { A1: { size: 64 GiB, severity: info } } }\ndisks: [{ serial: S, severity: info }, { count: 2, severity: info }]\nfans: { count: 2, severity: info }";
  expect(compare(before, after)).toEqual([
    "memory.total: 64 GiB → 64 GiB (info)",
    "memory.severity: null → warning",
    "memory.slots.A1 severity: null → info",
    "disks S severity: null → info",
    "disks {} severity: null → info",
    "fans.severity: null → info",
  ]);
});

test("compareSpecs of a spec with itself says nothing, and a list of none is not the same as no list", () => {
  const both = "nics: [{ count: 2, driver: ixgbe }, { count: 1, driver: ixgbe }]\npsus: [{ name: A }]";
  expect(compare(both, both)).toEqual([]);
  expect(compare("fans: { count: 1 }\ndisks: []", "fans: { count: 1 }")).toEqual(["disks: none → null"]);
});
