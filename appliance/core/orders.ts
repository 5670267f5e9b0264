/** What each stage of a run is ordered to do, and what that means in commands and time: made once, stored with the run, and the same before power-on. Pure. */
import { type Limits, resolveLimits } from "../../agent/stages/limits.ts";
import type { Brief, StageSpec } from "../../agent/stages/stage.ts";
import { WATCH_LIMITS } from "../../agent/watch/limits.ts";
import { WATCH_KEY } from "../../agent/watch/spec.ts";
import { type Hardware, UNKNOWN_HARDWARE } from "../../agent/wire/inventory.ts";
import type { Profile, StageState } from "../../agent/wire/names.ts";
import type { DiskTarget } from "../../agent/wire/order.ts";
import { disksOfSpec, expectedDisks } from "./expected-disks.ts";
import type { Spec } from "./spec/spec.ts";
import type { Figures } from "./verdict.ts";
import type { PlannedStage } from "./views.ts";

/** One stage's order, with the time that a healthy server needs for it. */
export interface StageOrder {
  /** In the shape of the stage's own `spec.ts`. */
  readonly order: unknown;
  readonly expectedMs: number;
}

/** Orders by stage. A run has Inventory's from its beginning and the others from its inventory on. */
export type Orders = { readonly [S in StageState]?: StageOrder };

/** Where specs are found. */
export type SpecOf = (stage: StageState) => StageSpec | undefined;

/** What orders are made from. */
export interface OrderInput {
  readonly plan: readonly StageState[];
  readonly profile: Profile;
  readonly destructive: boolean;
  /** What is expected of the host; null without a spec. */
  readonly spec: Spec | null;
  /** Null before the host was ever looked at: then only what the spec names is known. */
  readonly hardware: Hardware | null;
}

/** The figures in force for a stage of a host. */
export const limitsOf = (stage: StageSpec, spec: Spec | null, profile: Profile): Limits =>
  resolveLimits(stage.limits, profile, spec?.limits?.[stage.key]);

/** The figures by which a stage's result is judged: its own, and those of the watch around it. */
export const figuresOf = (stage: StageSpec, spec: Spec | null, profile: Profile): Figures => ({
  stage: limitsOf(stage, spec, profile),
  watch: resolveLimits(WATCH_LIMITS, profile, spec?.limits?.[WATCH_KEY]),
});

/** The disks that a run's stages will touch. */
export const targetsOf = ({ hardware, spec, destructive }: OrderInput): readonly DiskTarget[] =>
  hardware === null ? disksOfSpec(spec, destructive) : expectedDisks(spec, hardware, destructive);

const briefOf = (stage: StageSpec, input: OrderInput): Brief<Limits> => ({
  profile: input.profile,
  destructive: input.destructive,
  hardware: input.hardware ?? UNKNOWN_HARDWARE,
  disks: targetsOf(input),
  limits: limitsOf(stage, input.spec, input.profile),
});

/** Orders the planned stages. */
export const orderStages = (input: OrderInput, specOf: SpecOf): Orders =>
  Object.fromEntries(
    input.plan.flatMap((state) => {
      const stage = specOf(state);
      if (stage === undefined) return [];
      const order: unknown = stage.orderOf(briefOf(stage, input));
      return [[state, { order, expectedMs: Math.round(stage.plan(order).expectedMs) }]];
    }),
  );

/** A stage may take twice what a healthy server needs, and two minutes more (`hardware-tests`: a limit equal to the workload fails good servers). */
export const stageLimitMs = (expectedMs: number): number => 2 * expectedMs + 120_000;

/** What orders mean, stage by stage. */
export const planOf = (orders: Orders, plan: readonly StageState[], specOf: SpecOf): readonly PlannedStage[] =>
  plan.flatMap((state) => {
    const [stage, given] = [specOf(state), orders[state]];
    if (stage === undefined || given === undefined) return [];
    const made = stage.plan(given.order);
    return [{ state, title: stage.title, ...made, limitMs: stageLimitMs(given.expectedMs) }];
  });
