/** Every stage that is built, in the order of the states. This line and the one in `runners.ts` are all that a new stage adds outside its folder. */
import { WATCH_LIMITS } from "../watch/limits.ts";
import { WATCH_KEY } from "../watch/spec.ts";
import type { StageState } from "../wire/names.ts";
import { STAGE_STATES } from "../wire/names.ts";
import { cpu } from "./cpu/spec.ts";
import { gpu } from "./gpu/spec.ts";
import { inventory } from "./inventory/spec.ts";
import type { LimitTable } from "./limits.ts";
import { memory } from "./memory/spec.ts";
import { network } from "./network/spec.ts";
import { psu } from "./psu/spec.ts";
import { smart } from "./smart/spec.ts";
import type { StageSpec } from "./stage.ts";
import { storage } from "./storage/spec.ts";

/** The stages by the state in which they have the turn. */
export const CATALOG = {
  InventoryCheck: inventory,
  SMART: smart,
  CPUStress: cpu,
  Memory: memory,
  Storage: storage,
  Network: network,
  GPU: gpu,
  PSU: psu,
} as const satisfies { readonly [S in StageState]?: StageSpec<S> };

/** A stage that is built. */
export type BuiltStage = keyof typeof CATALOG;

/** The built stages in order. */
export const BUILT_STAGES: readonly BuiltStage[] = STAGE_STATES.filter((s): s is BuiltStage => s in CATALOG);

/** The spec of a stage; undefined for a state whose stage is not built. */
export const specOf = (state: StageState): StageSpec | undefined =>
  (CATALOG as Partial<Record<StageState, StageSpec>>)[state];

/** The limits by the keys of stages, and of the watch around them; a stage without limits is left out. */
export const LIMIT_TABLES: Readonly<Record<string, LimitTable>> = {
  ...Object.fromEntries(
    Object.values<StageSpec>(CATALOG).flatMap(({ key, limits }) =>
      Object.keys(limits).length === 0 ? [] : [[key, limits]],
    ),
  ),
  [WATCH_KEY]: WATCH_LIMITS,
};
