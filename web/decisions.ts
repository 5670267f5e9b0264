/** What an operator may decide about a run: when, in which words, and what it does. One table for the bar, the confirm page and the routes. */
import type { RunState } from "../agent/wire/names.ts";
import type { Answer, OperatorDesk } from "../appliance/core/ports.ts";
import { OPERATOR_MAY_CANCEL, OPERATOR_MAY_RELEASE, OPERATOR_MAY_RETRY } from "../appliance/core/states.ts";
import type { RunSummary } from "../appliance/core/views.ts";

/** Names of the decisions, in the order of the bar. */
export const DECISIONS = ["retry", "release", "cancel"] as const;
/** A decision's name. */
export type DecisionName = (typeof DECISIONS)[number];

/** A decision. */
export interface Decision {
  readonly label: string;
  readonly question: string;
  /** What happens then, in full. */
  readonly effect: string;
  readonly look: "primary" | "plain" | "danger";
  readonly allowed: ReadonlySet<RunState>;
  readonly act: (desk: OperatorDesk, runId: string, by: string) => Promise<Answer<RunSummary>>;
}

/** The decisions. */
export const DECISION_TABLE: Record<DecisionName, Decision> = {
  retry: {
    label: "Retry",
    question: "Run the failed stage again?",
    effect:
      "The login key is removed and the failed stage begins again. A server that never came up is woken and boots again.",
    look: "primary",
    allowed: OPERATOR_MAY_RETRY,
    act: (desk, runId, by) => desk.retryRun(runId, by),
  },
  release: {
    label: "Release",
    question: "Let the held server go?",
    effect: "The login key is removed and the server powers off. The run stays in the record as failed.",
    look: "plain",
    allowed: OPERATOR_MAY_RELEASE,
    act: (desk, runId, by) => desk.releaseRun(runId, by),
  },
  cancel: {
    label: "Cancel run",
    question: "End this run now?",
    effect:
      "What runs on the server is stopped and it powers off. The run ends without a verdict; this cannot be undone.",
    look: "danger",
    allowed: OPERATOR_MAY_CANCEL,
    act: (desk, runId, by) => desk.cancelRun(runId, by),
  },
};

/** The decisions that a run in this state allows. A held server is released, not cancelled: one way out is enough. */
export const decisionsIn = (state: RunState): readonly DecisionName[] => {
  const allowed = DECISIONS.filter((name) => DECISION_TABLE[name].allowed.has(state));
  return allowed.includes("release") ? allowed.filter((name) => name !== "cancel") : allowed;
};

/** Whether a path's word names a decision. */
export const isDecision = (name: string): name is DecisionName => (DECISIONS as readonly string[]).includes(name);
