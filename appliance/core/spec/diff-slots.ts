/** Expected memory slots against found. Pure. */
import type { DimmFacts } from "../../../agent/wire/hardware/board.ts";
import type { Inventory } from "../../../agent/wire/inventory.ts";
import type { Severity } from "../../../agent/wire/names.ts";
import type { Difference } from "../views.ts";
import { renderMemory } from "../words.ts";
import { describeGroup, diffGroup } from "./diff-group.ts";
import { differ, notMeasured } from "./difference.ts";
import { MODULE } from "./sections.ts";
import type { Group } from "./spec.ts";

const isSilent = (dimm: DimmFacts): boolean => dimm.populated && dimm.sizeBytes === undefined;

/** Slots with a module that tells no size, while others do. Where none does, the firmware is at fault and not a module. */
export const unreadableSlots = ({ hardware: { memory } }: Inventory): readonly string[] => {
  const populated = memory.dimms.filter((dimm) => dimm.populated);
  return populated.every(isSilent) ? [] : populated.filter(isSilent).map((dimm) => dimm.slot);
};

/** A module that is there and tells no size. */
export const unreadable = (slot: string, severity: Severity | undefined): Difference =>
  differ(
    "dimm-unreadable",
    {
      component: `slot ${slot}`,
      expected: "a module that can be read",
      found: "a module without a size",
      said: `Slot ${slot} holds a module that tells no size.`,
    },
    severity,
  );

const plain = (slot: string): string => slot.trim().replace(/\s+/g, " ").toLowerCase();

const describe = (dimm: DimmFacts): string =>
  [dimm.sizeBytes === undefined ? "a module" : renderMemory(dimm.sizeBytes), dimm.part].filter(Boolean).join(", ");

const diffUnexpected = (dimm: DimmFacts, severity: Severity | undefined): Difference =>
  differ(
    "dimm-unexpected",
    {
      component: `slot ${dimm.slot}`,
      expected: "empty",
      found: describe(dimm),
      said: `Slot ${dimm.slot} holds ${describe(dimm)}, though it should be empty.`,
    },
    severity,
  );

const diffSlot = (
  slot: string,
  wanted: Group | "empty",
  dimm: DimmFacts | undefined,
  inventory: Inventory,
  severity: Severity | undefined,
): readonly Difference[] => {
  if (wanted === "empty") return dimm?.populated === true ? [diffUnexpected(dimm, severity)] : [];
  const grave = wanted.severity ?? severity;
  if (dimm === undefined || !dimm.populated) {
    const expected = describeGroup(MODULE, wanted) || "a module";
    const state = dimm === undefined ? "is not on this board" : "is empty";
    const said = `Slot ${slot} should hold a module (${expected}), but ${state}.`;
    return [differ("dimm-missing", { component: `slot ${slot}`, expected, found: state, said }, grave)];
  }
  if (isSilent(dimm) && (wanted.wants["size"] ?? wanted.wants["sizeBytes"]) !== undefined)
    return [unreadable(slot, grave)];
  const group = grave === undefined ? wanted : { ...wanted, severity: grave };
  return diffGroup(MODULE, group, { part: dimm, component: `slot ${slot}`, inventory });
};

/** Differences of slots. A populated slot that the spec does not name is one. */
export const diffSlots = (
  wanted: Readonly<Record<string, Group | "empty">>,
  inventory: Inventory,
  severity: Severity | undefined,
): readonly Difference[] => {
  const { dimms } = inventory.hardware.memory;
  if (dimms.length === 0)
    return [notMeasured(inventory, "dmidecode", "memory", `${Object.keys(wanted).length} slots`, severity)];
  const bySlot = new Map(dimms.map((dimm) => [plain(dimm.slot), dimm]));
  const names = new Set(Object.keys(wanted).map(plain));
  return [
    ...Object.entries(wanted).flatMap(([slot, group]) =>
      diffSlot(slot, group, bySlot.get(plain(slot)), inventory, severity),
    ),
    ...dimms
      .filter((dimm) => dimm.populated && !names.has(plain(dimm.slot)))
      .map((dimm) => diffUnexpected(dimm, severity)),
  ];
};
