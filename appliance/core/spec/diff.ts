/** What was expected against what was found: the judgement of SpecValidate. Pure; the same inventory can be judged again under another spec. */
import type { Inventory } from "../../../agent/wire/inventory.ts";
import type { Difference } from "../views.ts";
import { diffGroup } from "./diff-group.ts";
import { diffList } from "./diff-list.ts";
import { diffMemory } from "./diff-memory.ts";
import { bySeverity, differ } from "./difference.ts";
import { LISTS } from "./lists.ts";
import { BMC, BOARD, CPU, FANS } from "./sections.ts";
import type { Group, Spec } from "./spec.ts";

const SPEC_ABSENT = differ("spec-absent", {
  component: "spec",
  expected: "a spec",
  found: "none",
  said: "This host has no expected spec, so nothing was compared.",
});

const diffBmc = (group: Group, inventory: Inventory): readonly Difference[] => {
  const { bmc } = inventory.hardware;
  if (bmc !== undefined) return diffGroup(BMC, group, { part: bmc, component: "BMC", inventory });
  const said = "No management controller answers, though one is expected.";
  return [differ("bmc-missing", { component: "BMC", expected: "present", found: "no answer", said }, group.severity)];
};

const diffFans = (group: Group, inventory: Inventory): readonly Difference[] =>
  diffGroup(FANS, group, { part: inventory.hardware.fans, component: "fans", inventory });

/** Makes a section that is not named say nothing. */
const of = <Wanted>(
  wanted: Wanted | undefined,
  diff: (wanted: Wanted) => readonly Difference[],
): readonly Difference[] => (wanted === undefined ? [] : diff(wanted));

/** More than a person reads; a server may say that it has a million disks. */
const MAX_DIFFERENCES = 2000;

/** The gravest of many, with a last one for all that are not listed, as grave as the gravest of them. */
const bounded = (sorted: readonly Difference[]): readonly Difference[] => {
  const [first, ...others] = sorted.slice(MAX_DIFFERENCES - 1);
  if (first === undefined || others.length === 0) return sorted;
  const count = others.length + 1;
  const said = `${count} more differences are not listed.`;
  const finding = { component: "inventory", expected: "none", found: `${count} more`, said };
  return [...sorted.slice(0, MAX_DIFFERENCES - 1), differ("not-listed", finding, first.severity)];
};

/** All differences, gravest first. Without a spec there is one: that nothing was compared. */
export const diffSpec = (spec: Spec | null, inventory: Inventory): readonly Difference[] => {
  if (spec === null) return [SPEC_ABSENT];
  const { board, cpu } = inventory.hardware;
  const all = [
    ...of(spec.board, (wanted) => diffGroup(BOARD, wanted, { part: board, component: "board", inventory })),
    ...of(spec.cpu, (wanted) => diffGroup(CPU, wanted, { part: cpu, component: "cpu", inventory })),
    ...of(spec.memory, (wanted) => diffMemory(wanted, inventory)),
    ...of(spec.disks, (wanted) => diffList(LISTS.disks, wanted, inventory)),
    ...of(spec.nics, (wanted) => diffList(LISTS.nics, wanted, inventory)),
    ...of(spec.pci, (wanted) => diffList(LISTS.pci, wanted, inventory)),
    ...of(spec.gpus, (wanted) => diffList(LISTS.gpus, wanted, inventory)),
    ...of(spec.psus, (wanted) => diffList(LISTS.psus, wanted, inventory)),
    ...of(spec.fans, (wanted) => diffFans(wanted, inventory)),
    ...of(spec.bmc, (wanted) => diffBmc(wanted, inventory)),
  ];
  return bounded(all.toSorted(bySeverity));
};
