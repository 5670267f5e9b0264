/** Every code of a difference: a server that has it, under a spec that the whole server does not break. */
import { expect, test } from "bun:test";
import { withParts } from "../../../test/setup/inventory.ts";
import { MACHINE_CASES, SLOTS } from "../../../test/setup/spec-cases-machine.ts";
import { PART_CASES } from "../../../test/setup/spec-cases-parts.ts";
import { A1, A2_EMPTY, B1, B2, type Case, memory, SERVER } from "../../../test/setup/spec-server.ts";
import { diffSpec } from "./diff.ts";
import { DIFFERENCE_CODES } from "./difference.ts";
import { parseSpec } from "./spec.ts";

const CASES: Readonly<Record<string, Case>> = { ...MACHINE_CASES, ...PART_CASES };

const specFrom = (yaml: string) => {
  const answer = parseSpec(yaml);
  if (!answer.ok) throw new Error(`${yaml}: ${answer.refusal.detail}`);
  return answer.value;
};

test.each(Object.entries(CASES))(
  "diffSpec says %s once, with its severity and place, and says nothing of the whole server",
  (code, one) => {
    const spec = specFrom(one.spec);
    expect(diffSpec(spec, SERVER)).toEqual([]);
    const { bmc: _, ...withoutBmc } = SERVER.hardware;
    const base = code === "bmc-missing" ? { ...SERVER, hardware: withoutBmc } : SERVER;
    const found = diffSpec(spec, { ...withParts(base, one.parts), probes: [...(one.probes ?? [])] });
    const [own, ...others] = found.filter((difference) => difference.code === code);
    expect(others).toEqual([]);
    expect(own).toMatchObject({ code, severity: one.severity, component: one.component });
    expect(own?.message).toMatch(one.message);
  },
);

test("the cases name every code but the one of no spec at all", () => {
  expect([...Object.keys(CASES), "spec-absent"].sort()).toEqual([...DIFFERENCE_CODES].sort());
});

test("a missing module is one critical difference, however many ways the spec has to notice it", () => {
  const found = diffSpec(specFrom(SLOTS), withParts(SERVER, { memory: memory([A1, A2_EMPTY, B1, B2]) }));
  expect(found.map(({ code }) => code)).toEqual(["dimm-missing"]);
});

test("the severity of a field goes before its entry's, and that before the table's", () => {
  const spec = specFrom(
    "disks: [{ serial: SDA, severity: info, model: X, size: { equals: 1 TB, severity: warning } }, { serial: SDB }]",
  );
  expect(diffSpec(spec, SERVER).map(({ code, severity }) => `${code} ${severity}`)).toEqual([
    "disk-size warning",
    "disk-model info",
  ]);
});
