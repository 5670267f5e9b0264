/**
 * What happens in which state: `(state, event) → next`, total. A missing cell does not compile.
 *
 * A cell is a state, `ignore` (a harmless repeat), `refuse` (the sender is wrong and is told), or `{ targets, pick }` where the run's own facts
 * decide among listed targets.
 */
import { type RunState, STAGE_STATES, type StageState } from "../../agent/wire/names.ts";
import type { EventName, RunEvent } from "./events.ts";
import type { Run } from "./run.ts";
import { stateAfter } from "./states.ts";

/** What a pick may answer. */
export type Outcome = RunState | "ignore" | "refuse";
/** One pair's entry. */
export type Cell =
  | Outcome
  | { readonly targets: readonly RunState[]; readonly pick: (run: Run, event: RunEvent) => Outcome };

/** How often a stage is begun again by itself (agent restarts and reboots together) before the run fails. */
export const MAX_RESTARTS = 4;

/** A claim in a stage: the same agent again changes nothing; a new one begins the stage again, within limits. */
const claimInStage = (state: StageState): Cell => ({
  targets: [state, "Failed"],
  pick: (run, event) => {
    if (event.name !== "claimed") return "refuse";
    if (event.bootId === run.bootId && event.agentStart <= run.agentStart) return "ignore";
    return run.restarts >= MAX_RESTARTS ? "Failed" : state;
  },
});

/** Stages that may follow in a plan. */
const laterThan = (state: StageState): readonly StageState[] => STAGE_STATES.slice(STAGE_STATES.indexOf(state) + 1);

/** A result moves on, or fails; one of another stage or attempt is old news. */
const resultInStage = (state: StageState): Cell => ({
  targets: state === "InventoryCheck" ? ["SpecValidate", "Failed"] : [...laterThan(state), "Reporting", "Failed"],
  pick: (run, event) => {
    if (event.name !== "resultPosted" || event.stage !== state || event.attempt !== run.attempt) return "ignore";
    return event.failure === null ? stateAfter(run.plan, state) : "Failed";
  },
});

/** A stage has the turn. */
const stage = (state: StageState): Record<EventName, Cell> => ({
  queued: "refuse",
  dispatched: "ignore",
  hostSeen: "ignore", // a reboot in a stage is judged at its claim
  claimed: claimInStage(state),
  resultPosted: resultInStage(state),
  specPassed: "refuse",
  specFailed: "refuse",
  reportClosed: "refuse",
  holdOpened: "refuse",
  wipeOverridden: "refuse",
  retryRequested: "ignore", // crossed with a retry that has already begun
  releaseRequested: "refuse",
  cancelRequested: "Cancelled",
  agentLost: "Failed",
  deadlinePassed: "Failed",
});

/** The run has ended: repeats are harmless, everything that would move it is wrong. */
const ended: Record<EventName, Cell> = {
  queued: "refuse",
  dispatched: "ignore",
  hostSeen: "ignore",
  claimed: "refuse", // its token and its boot script are gone
  resultPosted: "ignore", // the result is kept; the end stands
  specPassed: "refuse",
  specFailed: "refuse",
  reportClosed: "refuse",
  holdOpened: "refuse",
  wipeOverridden: "refuse",
  retryRequested: "refuse",
  releaseRequested: "ignore", // pressed twice, or crossed with the other button
  cancelRequested: "ignore",
  agentLost: "ignore",
  deadlinePassed: "ignore",
};

/** The box has the turn, within one transaction; nothing from outside is delivered here. */
const boxOwned: Record<EventName, Cell> = {
  queued: "refuse",
  dispatched: "refuse",
  hostSeen: "refuse",
  claimed: "refuse",
  resultPosted: "refuse",
  specPassed: "refuse",
  specFailed: "refuse",
  reportClosed: "refuse",
  holdOpened: "refuse",
  wipeOverridden: "refuse",
  retryRequested: "refuse",
  releaseRequested: "refuse",
  cancelRequested: "refuse",
  agentLost: "refuse",
  deadlinePassed: "refuse",
};

/** The stage that failed, for a retry. A run that failed before its first stage boots again, unless its agent has come up since. */
const retry: Cell = {
  targets: [...STAGE_STATES, "WaitingWoL"],
  pick: (run) => {
    if (run.failure === null) return "refuse";
    const failed = run.failure.state;
    if (failed === "SpecValidate") return "InventoryCheck"; // the spec is compared with a fresh inventory
    if ((STAGE_STATES as readonly RunState[]).includes(failed)) return failed;
    return run.bootId === null ? "WaitingWoL" : "InventoryCheck";
  },
};

/** The table. */
export const TRANSITIONS: Record<RunState, Record<EventName, Cell>> = {
  Registered: {
    queued: "Queued",
    dispatched: "refuse",
    hostSeen: "ignore",
    claimed: "refuse",
    resultPosted: "refuse",
    specPassed: "refuse",
    specFailed: "refuse",
    reportClosed: "refuse",
    holdOpened: "refuse",
    wipeOverridden: "refuse",
    retryRequested: "refuse",
    releaseRequested: "refuse",
    cancelRequested: "Cancelled",
    agentLost: "ignore",
    deadlinePassed: "ignore",
  },
  Queued: {
    queued: "ignore",
    dispatched: "WaitingWoL",
    hostSeen: "ignore", // powered on by hand: it boots from its disk until its turn comes
    claimed: "refuse",
    resultPosted: "refuse",
    specPassed: "refuse",
    specFailed: "refuse",
    reportClosed: "refuse",
    holdOpened: "refuse",
    wipeOverridden: "refuse",
    retryRequested: "refuse",
    releaseRequested: "refuse",
    cancelRequested: "Cancelled",
    agentLost: "ignore",
    deadlinePassed: "Cancelled", // nobody waits a week for a place
  },
  WaitingWoL: {
    queued: "refuse",
    dispatched: "ignore",
    hostSeen: "Booting",
    claimed: "InventoryCheck", // every plan begins with it
    resultPosted: "refuse",
    specPassed: "refuse",
    specFailed: "refuse",
    reportClosed: "refuse",
    holdOpened: "refuse",
    wipeOverridden: "refuse",
    retryRequested: "ignore",
    releaseRequested: "refuse",
    cancelRequested: "Cancelled",
    agentLost: "ignore",
    deadlinePassed: "Failed",
  },
  Booting: {
    queued: "refuse",
    dispatched: "ignore",
    hostSeen: "ignore",
    claimed: "InventoryCheck", // every plan begins with it
    resultPosted: "refuse",
    specPassed: "refuse",
    specFailed: "refuse",
    reportClosed: "refuse",
    holdOpened: "refuse",
    wipeOverridden: "refuse",
    retryRequested: "ignore",
    releaseRequested: "refuse",
    cancelRequested: "Cancelled",
    agentLost: "ignore",
    deadlinePassed: "Failed",
  },
  InventoryCheck: stage("InventoryCheck"),
  SpecValidate: {
    ...boxOwned,
    specPassed: {
      targets: [...laterThan("InventoryCheck"), "Reporting"],
      pick: (run) => stateAfter(run.plan, "SpecValidate"),
    },
    specFailed: "Failed",
  },
  SMART: stage("SMART"),
  CPUStress: stage("CPUStress"),
  Memory: stage("Memory"),
  Storage: stage("Storage"),
  Network: stage("Network"),
  GPU: stage("GPU"),
  PSU: stage("PSU"),
  Reporting: { ...boxOwned, reportClosed: "Completed" },
  Completed: ended,
  Failed: { ...boxOwned, holdOpened: "FailedHolding" },
  FailedHolding: {
    queued: "refuse",
    dispatched: "ignore",
    hostSeen: "ignore",
    claimed: {
      targets: ["FailedHolding"],
      pick: (run, e) =>
        e.name === "claimed" && e.bootId === run.bootId && e.agentStart <= run.agentStart ? "ignore" : "FailedHolding",
    }, // a restart while holding stays in hold
    resultPosted: "ignore", // late, after the stage's deadline: it is kept and shown, a person decides
    specPassed: "refuse",
    specFailed: "refuse",
    reportClosed: "refuse",
    holdOpened: "ignore",
    // only what the wipe probe refused can be allowed
    wipeOverridden: {
      targets: ["Storage"],
      pick: (run) =>
        run.failure?.state === "Storage" && run.failure.code === "unexpected-data" ? "Storage" : "refuse",
    },
    retryRequested: retry,
    releaseRequested: "Released",
    cancelRequested: "Cancelled",
    agentLost: "ignore", // the hold outlives a server that was switched off
    deadlinePassed: "Released",
  },
  Released: ended,
  Cancelled: ended,
};

/** The states that a cell can lead to. */
export const targetsOf = (cell: Cell): readonly RunState[] => {
  if (typeof cell !== "string") return cell.targets;
  return cell === "ignore" || cell === "refuse" ? [] : [cell];
};
