/**
 * What a stage is: a pure spec that box and agent share, and a runner that only the agent has.
 *
 * To add a stage: write `stages/<id>/spec.ts` and `run.ts`, add one line to `catalog.ts` and one to `runners.ts`. A stage that is missing in
 * either does not compile.
 */
import type { GenericSchema, InferOutput } from "valibot";
import type { Check } from "../wire/check.ts";
import type { Profile, StageState } from "../wire/names.ts";

/** The pure half: shape of the facts, judgement, summary. No effect, no clock. */
export interface StageSpec<State extends StageState = StageState, Schema extends GenericSchema = GenericSchema> {
  /** State of the run while this stage has the turn; also its name on the wire. */
  readonly state: State;
  /** What people read. */
  readonly title: string;
  /** Shape of what the runner posts. */
  readonly facts: Schema;
  /** Debian packages that the runner's tools come from; the live image is built from the union. */
  readonly packages: readonly string[];
  /** How long a healthy server takes. The box waits 2 × this + 120 s. */
  expectedMs(profile: Profile): number;
  /** Facts to findings. It never throws. */
  judge(facts: InferOutput<Schema>): readonly Check[];
  /** One line for lists and small screens. */
  summarise(facts: InferOutput<Schema>): string;
}

/** Names a spec's types once, so that `judge` sees the facts' own type. */
export const defineStage = <const State extends StageState, Schema extends GenericSchema>(
  spec: StageSpec<State, Schema>,
): StageSpec<State, Schema> => spec;
