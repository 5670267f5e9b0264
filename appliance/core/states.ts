/** Named sets of states. Routes, pages and followers ask these; nobody compares state strings. */
import { RUN_STATES, type RunState, STAGE_STATES, type StageState } from "../../agent/wire/names.ts";

const set = (...states: readonly RunState[]): ReadonlySet<RunState> => new Set(states);

/** Nothing will change any more. */
export const TERMINAL = set("Completed", "Released", "Cancelled");

/** The run waits for somebody or something, so it has a deadline. */
export const WAITING = set("Queued", "WaitingWoL", "Booting", ...STAGE_STATES, "FailedHolding");

/** The box resolves these itself, in the transaction that enters them. */
export const BOX_OWNED = set("SpecValidate", "Reporting", "Failed");

/** The host's own boot script boots the live image; in every other state it boots from its local disk. */
export const BOOTABLE = set("WaitingWoL", "Booting", ...STAGE_STATES, "FailedHolding");

/** The run takes one of the dispatcher's places. */
export const OCCUPIES_PLACE = set("WaitingWoL", "Booting", ...STAGE_STATES);

/** An agent is expected to be heard of. */
export const AGENT_EXPECTED = set(...STAGE_STATES);

/** Somebody has to walk to the host. */
export const AWAITS_PERSON = set("FailedHolding");

/** An operator may release. */
export const OPERATOR_MAY_RELEASE = set("FailedHolding");
/** An operator may retry the stage that failed. */
export const OPERATOR_MAY_RETRY = set("FailedHolding");
/** An operator may cancel. */
export const OPERATOR_MAY_CANCEL: ReadonlySet<RunState> = new Set(
  RUN_STATES.filter((s) => !TERMINAL.has(s) && !BOX_OWNED.has(s)),
);

/** Whether the agent has the turn in this state. */
export const isStage = (state: RunState): state is StageState => (STAGE_STATES as readonly RunState[]).includes(state);

/** The state after `state` for a run with this plan: its next stage, or Reporting. Inventory is always followed by SpecValidate. */
export const stateAfter = (plan: readonly StageState[], state: StageState | "SpecValidate"): RunState => {
  if (state === "InventoryCheck") return "SpecValidate";
  const from = RUN_STATES.indexOf(state);
  return plan.find((s) => s !== "InventoryCheck" && RUN_STATES.indexOf(s) > from) ?? "Reporting";
};
