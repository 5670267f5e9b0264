/**
 * What a stage is: a pure spec that box and agent share, and a runner that only the agent has.
 *
 * To add a stage: write `stages/<id>/spec.ts` and `run.ts`, add one line to `catalog.ts` and one to `runners.ts`. A stage that is missing in
 * either does not compile.
 */
import type { GenericSchema, InferOutput } from "valibot";
import type { Check } from "../wire/check.ts";
import type { Hardware } from "../wire/inventory.ts";
import type { Profile, StageState } from "../wire/names.ts";
import type { DiskTarget } from "../wire/order.ts";
import type { Limits, LimitTable } from "./limits.ts";
import type { RuleInfo } from "./rule.ts";

/** All that an order is made from: what the box knows when the stages of a run are ordered. */
export interface Brief<Figures> {
  readonly profile: Profile;
  /** Whether the run may write to disks at all (D5). */
  readonly destructive: boolean;
  /** The newest inventory; before power-on that of an earlier run, or `UNKNOWN_HARDWARE`. */
  readonly hardware: Hardware;
  /** The disks that the spec expects and the inventory has; those that the run may write to say so. */
  readonly disks: readonly DiskTarget[];
  readonly limits: Figures;
}

/** One thing that a stage will do. */
export interface PlanStep {
  /** What, for a person: `Writes and reads back 1 % of disk S6PW1234`. */
  readonly what: string;
  /** The very command, when it is one. Names that are known only on the server stand in angle brackets: `<disk S6PW1234>`. */
  readonly argv?: readonly string[];
  /** It destroys what is on this disk. */
  readonly wipes?: string;
}

/** What a stage will do, and how long a healthy server takes for it. */
export interface StagePlan {
  readonly expectedMs: number;
  readonly steps: readonly PlanStep[];
}

/** The pure half: shapes, judgement, plan, summary. No effect, no clock. */
export interface StageSpec<
  State extends StageState = StageState,
  Facts extends GenericSchema = GenericSchema,
  Order extends GenericSchema = GenericSchema,
  Table extends LimitTable = LimitTable,
> {
  /** State of the run while this stage has the turn; also its name on the wire. */
  readonly state: State;
  /** Its name in specs (`limits: { cpu: … }`) and in the codes of its checks (`cpu.miscompute`); also its folder. */
  readonly key: string;
  /** What people read. */
  readonly title: string;
  /** Shape of what the runner posts. */
  readonly facts: Facts;
  /** Shape of what the box orders; stored with the run, as it was ordered. */
  readonly order: Order;
  /** Every figure that decides or that says how long; the runner gets those it needs in its order. */
  readonly limits: Table;
  /** Debian packages that the runner's tools come from; the live image is built from the union. */
  readonly packages: readonly string[];
  /** Every rule of `judge`. */
  readonly rules: readonly RuleInfo[];
  /** What this server's stage is to do. */
  orderOf(brief: Brief<Limits<Table>>): InferOutput<Order>;
  /** The order as commands and time. The box waits 2 × `expectedMs` + 120 s. */
  plan(order: InferOutput<Order>): StagePlan;
  /** Facts to findings under these limits. It never throws. */
  judge(facts: InferOutput<Facts>, limits: Limits<Table>): readonly Check[];
  /** One line for lists and small screens. */
  summarise(facts: InferOutput<Facts>): string;
}

/** Names a spec's types once, so that `judge` sees the facts' own type. */
export const defineStage = <
  const State extends StageState,
  Facts extends GenericSchema,
  Order extends GenericSchema,
  const Table extends LimitTable,
>(
  spec: StageSpec<State, Facts, Order, Table>,
): StageSpec<State, Facts, Order, Table> => spec;
