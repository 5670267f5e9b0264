/** What was expected against what was found: the judgement of SpecValidate. Pure; the same inventory can be judged again under another spec. */
import type { Hardware, Inventory } from "../../agent/wire/inventory.ts";
import type { Spec } from "./spec.ts";
import { diffDisks } from "./spec-diff-disks.ts";
import { diffMemory } from "./spec-diff-memory.ts";
import { diffNics } from "./spec-diff-nics.ts";
import { bySeverity, type DifferenceCode, differ, isSameText, notMeasured } from "./spec-difference.ts";
import type { Difference } from "./views.ts";

type Wanted<Section extends keyof Spec> = NonNullable<Spec[Section]>;

const isSameSerial = (a: string, b: string): boolean => a.trim() === b.trim();

const BOARD_FIELDS = [
  ["serial", "board-serial", isSameSerial],
  ["product", "board-product", isSameText],
  ["manufacturer", "board-manufacturer", isSameText],
] as const satisfies readonly (readonly [keyof Wanted<"board">, DifferenceCode, (a: string, b: string) => boolean])[];

const diffBoard = (wanted: Wanted<"board">, inventory: Inventory): readonly Difference[] =>
  BOARD_FIELDS.flatMap(([field, code, isSame]) => {
    const expected = wanted[field];
    const found = inventory.hardware.board[field];
    if (expected === undefined) return [];
    if (found === undefined) return notMeasured(inventory, "dmidecode", "board", `${field} ${expected}`);
    if (isSame(expected, found)) return [];
    return differ(code, {
      component: "board",
      expected,
      found,
      said: `The board's ${field} is ${found}, not ${expected}.`,
    });
  });

const CPU_COUNTS = [
  ["sockets", "socketCount", "cpu-sockets-fewer", "cpu-sockets-more"],
  ["cores", "coreCount", "cpu-cores-fewer", "cpu-cores-more"],
  ["threads", "threadCount", "cpu-threads-fewer", "cpu-threads-more"],
] as const satisfies readonly (readonly [keyof Wanted<"cpu">, keyof Hardware["cpu"], DifferenceCode, DifferenceCode])[];

const diffCpu = (wanted: Wanted<"cpu">, inventory: Inventory): readonly Difference[] => [
  ...CPU_COUNTS.flatMap(([field, fact, fewer, more]) => {
    const expected = wanted[field];
    const found = inventory.hardware.cpu[fact];
    if (expected === undefined || found === expected) return [];
    if (found === 0) return notMeasured(inventory, "lscpu", "cpu", `${expected} ${field}`); // nothing to count from
    const said = `The number of CPU ${field} is ${found}, not ${expected}.`;
    return differ(found < expected ? fewer : more, {
      component: "cpu",
      expected: `${expected}`,
      found: `${found}`,
      said,
    });
  }),
  ...diffCpuModel(wanted.model, inventory),
];

const diffCpuModel = (expected: string | undefined, inventory: Inventory): readonly Difference[] => {
  const found = inventory.hardware.cpu.model;
  if (expected === undefined) return [];
  if (found === undefined) return [notMeasured(inventory, "lscpu", "cpu", `model ${expected}`)];
  if (isSameText(expected, found)) return [];
  return [
    differ("cpu-model", { component: "cpu", expected, found, said: `The CPU is “${found}”, not “${expected}”.` }),
  ];
};

const SPEC_ABSENT = differ("spec-absent", {
  component: "spec",
  expected: "a spec",
  found: "none",
  said: "This host has no expected spec, so nothing was compared.",
});

/** All differences, gravest first. Without a spec there is one: that nothing was compared. */
export const diffSpec = (spec: Spec | null, inventory: Inventory): readonly Difference[] => {
  if (spec === null) return [SPEC_ABSENT];
  return [
    ...(spec.board === undefined ? [] : diffBoard(spec.board, inventory)),
    ...(spec.cpu === undefined ? [] : diffCpu(spec.cpu, inventory)),
    ...(spec.memory === undefined ? [] : diffMemory(spec.memory, inventory)),
    ...(spec.disks === undefined ? [] : diffDisks(spec.disks, inventory)),
    ...(spec.nics === undefined ? [] : diffNics(spec.nics, inventory)),
  ].sort(bySeverity);
};
