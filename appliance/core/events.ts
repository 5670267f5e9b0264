/** Everything that can happen to a run. Events are past tense; what they carry is what a decision needs and no more. */
import type { StageState } from "../../agent/wire/names.ts";
import type { FailureCode } from "./run.ts";

/** Names of the events, in the order in which a run usually meets them. */
export const EVENT_NAMES = [
  "queued",
  "dispatched",
  "hostSeen",
  "claimed",
  "resultPosted",
  "specPassed",
  "specFailed",
  "reportClosed",
  "holdOpened",
  "wipeOverridden",
  "retryRequested",
  "releaseRequested",
  "cancelRequested",
  "agentLost",
  "deadlinePassed",
] as const;
/** An event's name. */
export type EventName = (typeof EVENT_NAMES)[number];

/** An event with what it carries. */
export type RunEvent =
  /** An operator started the run. */
  | { readonly name: "queued" }
  /** The dispatcher gave it a place. */
  | { readonly name: "dispatched" }
  /** The host asked for an address, a boot file or its script. */
  | { readonly name: "hostSeen" }
  /** An agent proved the enrol code or the session token. */
  | { readonly name: "claimed"; readonly bootId: string; readonly agentStart: number }
  /** A stage's result was judged. `failure` is null when no check failed. */
  | {
      readonly name: "resultPosted";
      readonly stage: StageState;
      readonly attempt: number;
      readonly failure: { readonly code: FailureCode; readonly message: string } | null;
    }
  /** No critical difference from the expected spec. */
  | { readonly name: "specPassed" }
  /** At least one critical difference; `message` names the worst. */
  | { readonly name: "specFailed"; readonly message: string }
  /** Every fact of the report is in the record; the file is rendered from it by an effect. */
  | { readonly name: "reportClosed" }
  /** The failure is recorded; a person decides from here. */
  | { readonly name: "holdOpened" }
  /** An operator allowed the wipe that the probe refused. */
  | { readonly name: "wipeOverridden"; readonly overrideId: string }
  /** An operator wants the failed stage run again. */
  | { readonly name: "retryRequested" }
  /** An operator lets the held server go. */
  | { readonly name: "releaseRequested" }
  /** An operator ends the run. */
  | { readonly name: "cancelRequested" }
  /** The agent was not heard of for longer than its grace. */
  | { readonly name: "agentLost"; readonly silentMs: number }
  /** The state's deadline is due. */
  | { readonly name: "deadlinePassed" };
