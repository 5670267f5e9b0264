/** Plans before power-on, and old runs under today's limits. */
import type { StageState } from "../../agent/wire/names.ts";
import { orderStages, planOf, targetsOf } from "../core/orders.ts";
import type { PlanInput } from "../core/ports.ts";
import type { HostRow, PastInventory } from "../core/record.ts";
import { rejudge } from "../core/rejudge.ts";
import type { PlanView, RejudgedStage } from "../core/views.ts";
import type { Db } from "../store/open.ts";
import { loadStoredFacts } from "../store/results.ts";
import { loadRun } from "../store/runs.ts";
import type { Office } from "./office.ts";
import { loadSpec } from "./run-orders.ts";

/** The stages of a new run: all that are built, or those asked for. Inventory is always the first: the others need to know what they touch. */
export const plannedStages = (
  { stages }: Pick<Office, "stages">,
  wanted: readonly StageState[] | undefined,
): readonly StageState[] =>
  wanted === undefined
    ? stages.order
    : stages.order.filter((stage) => stage === "InventoryCheck" || wanted.includes(stage));

/** What a run of the host would do. `past` is its newest good inventory, if it has one. */
export const planRun = async (
  office: Office,
  db: Db,
  host: HostRow,
  { profile, destructive, stages }: PlanInput,
  past: PastInventory | null,
): Promise<PlanView> => {
  const plan = plannedStages(office, stages);
  const hardware = past?.inventory.hardware ?? null;
  const input = { plan, profile, destructive, spec: await loadSpec(db, host.id), hardware };
  const { specOf } = office.stages;
  const planned = planOf(orderStages(input, specOf), plan, specOf);
  return {
    ...{ hostName: host.name, profile, destructive, stages: planned },
    expectedMs: planned.reduce((sum, { expectedMs }) => sum + expectedMs, 0),
    disks: targetsOf(input),
    from: past === null ? null : { runId: past.runId, atMs: past.createdMs },
  };
};

/** The newest result of each stage, judged by today's rules and the host's limits of today. */
export const rejudgeRun = async (office: Office, db: Db, runId: string): Promise<readonly RejudgedStage[]> => {
  const run = await loadRun(db, runId);
  if (run === null) return [];
  const spec = await loadSpec(db, run.hostId);
  const judged: RejudgedStage[] = [];
  for (const state of run.plan) {
    const stage = office.stages.specOf(state);
    const stored = await loadStoredFacts(db, runId, state);
    if (stage !== undefined && stored !== null) judged.push(rejudge(stage, stored, spec, run.profile));
  }
  return judged;
};
