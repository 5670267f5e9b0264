/** What a run shows of the changes since the host's previous inventory. Pure. */
import { type Change, diffInventories } from "../core/inventory-changes.ts";
import type { RunRecord } from "../core/record.ts";
import { matchRepair } from "../core/repair-match.ts";
import type { ChangesView, InventoryChange } from "../core/views.ts";

const shown = ({ part, kind, where, what, before, after }: Change): InventoryChange => ({
  ...{ part, kind, where, what, before, after },
});

/** Compares the run's inventory with the previous one; null when there is nothing to compare. Without a note nothing is expected. */
export const renderChanges = ({ row, inventory, previous }: RunRecord): ChangesView | null => {
  if (inventory === null || previous === null) return null;
  const comparison = diffInventories(previous.inventory, inventory);
  const { expected, unexpected, warnings } =
    row.repaired === null
      ? { expected: [], unexpected: comparison.changes, warnings: [] }
      : matchRepair(row.repaired, comparison);
  return {
    sinceRunId: previous.runId,
    sinceMs: previous.createdMs,
    expected: expected.map(shown),
    unexpected: unexpected.map(shown),
    warnings,
    notCompared: comparison.notCompared,
  };
};
