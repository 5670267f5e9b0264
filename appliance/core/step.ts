/** The one place that decides: a run and an event in, the run after it and its effects out. Pure and total. */
import type { Command } from "../../agent/wire/messages.ts";
import type { RunState, StageState } from "../../agent/wire/names.ts";
import { HELD_SILENT_MS } from "./due.ts";
import type { RunEvent } from "./events.ts";
import type { Orders } from "./orders.ts";
import type { Failure, FailureCode, Run } from "./run.ts";
import { isStage, TERMINAL } from "./states.ts";
import { TRANSITIONS } from "./transitions.ts";

/** Work that follows a transition. Written to the outbox with it, carried out afterwards, retried, idempotent. */
export const EFFECT_KINDS = [
  "wake",
  "escalateWake",
  "diagnoseLoss",
  "issueHoldKey",
  "revokeHoldKey",
  "identifyHost",
  "renderReport",
] as const;
/** A kind of effect. */
export type EffectKind = (typeof EFFECT_KINDS)[number];

/** How long each waiting state may last, in ms. Stage limits come from the stage's own expectation. */
export interface Deadlines {
  readonly queuedMs: number;
  readonly wakeMs: number;
  readonly bootMs: number;
  readonly holdMs: number;
  /** 2 × expected + 120 s of the stage (`hardware-tests`: a limit equal to the workload fails good servers). */
  stageMs(stage: StageState, orders: Orders): number;
}

/** What a step yields. */
export type Step =
  | { readonly kind: "moved"; readonly run: Run; readonly effects: readonly EffectKind[] }
  | { readonly kind: "ignored" }
  | { readonly kind: "refused"; readonly reason: string };

/** A host is wanted: by magic packets, and through its BMC where those do nothing. */
const WAKE: readonly EffectKind[] = ["wake", "escalateWake"];

/** Effects of entering a state. Staying in it, as after a reboot, has none. */
const ON_ENTRY: Record<RunState, readonly EffectKind[]> = {
  Registered: [],
  Queued: [],
  WaitingWoL: WAKE,
  Booting: [],
  InventoryCheck: [],
  SpecValidate: [],
  SMART: [],
  CPUStress: [],
  Memory: [],
  Storage: [],
  Network: [],
  GPU: [],
  PSU: [],
  Reporting: [],
  Completed: ["renderReport"],
  Failed: [],
  FailedHolding: ["issueHoldKey", "identifyHost", "renderReport"],
  Released: ["renderReport"],
  Cancelled: ["renderReport"],
};

/** A stage is wanted from a held server that is not there to hear of it: it is woken, and given the time of a boot besides. */
const isAbsent = (run: Run, to: RunState, nowMs: number): boolean =>
  run.state === "FailedHolding" && isStage(to) && nowMs - (run.lastSeenMs ?? 0) > HELD_SILENT_MS;

/** The host itself is gone, whatever its run waited for. */
const isLoss = (run: Run, event: RunEvent): boolean =>
  event.name === "agentLost" ||
  (event.name === "deadlinePassed" && (run.state === "WaitingWoL" || run.state === "Booting"));

const effectsOf = (run: Run, to: RunState, event: RunEvent, nowMs: number): readonly EffectKind[] => {
  if (run.state === to) return [];
  if (to === "Failed" && isLoss(run, event)) return ["diagnoseLoss"];
  const entry: readonly EffectKind[] = isAbsent(run, to, nowMs) ? WAKE : ON_ENTRY[to];
  // Whichever way a hold ends, its key and the blinking end with it.
  return run.state === "FailedHolding" ? ["revokeHoldKey", "identifyHost", ...entry] : entry;
};

const deadlineOf = (state: RunState, run: Run, nowMs: number, deadlines: Deadlines): number | null => {
  if (isStage(state)) {
    const bootMs = isAbsent(run, state, nowMs) ? deadlines.wakeMs + deadlines.bootMs : 0;
    return bootMs + deadlines.stageMs(state, run.orders);
  }
  if (state === "Queued") return deadlines.queuedMs;
  if (state === "WaitingWoL") return deadlines.wakeMs;
  if (state === "Booting") return deadlines.bootMs;
  return state === "FailedHolding" ? deadlines.holdMs : null;
};

/** The command that entering a state gives the agent; null takes back one that no longer holds, or says that no agent is there to hear it. */
const commandOn = (next: Run, from: RunState, event: RunEvent): Command | null => {
  if (next.bootId === null) return null;
  if (next.state === "Completed") return { id: next.rev, cmd: "shutdown" };
  if (next.state === "Released") return { id: next.rev, cmd: "abort" };
  if (next.state === "Cancelled") return { id: next.rev, cmd: isStage(from) ? "cancel_stage" : "abort" };
  if (isStage(next.state) && from === "FailedHolding")
    return {
      id: next.rev,
      cmd: "retry_stage",
      stage: next.state,
      attempt: next.attempt,
      ...(event.name === "wipeOverridden" ? { overrideId: event.overrideId } : {}),
    };
  return null;
};

const failureOf = (run: Run, event: RunEvent): Failure => {
  const because = (code: FailureCode, message: string): Failure => ({ state: run.state, code, message });
  if (event.name === "resultPosted" && event.failure !== null)
    return because(event.failure.code, event.failure.message);
  if (event.name === "specFailed") return because("spec-mismatch", event.message);
  if (event.name === "agentLost")
    return because("agent-lost", `The agent was silent for ${Math.round(event.silentMs / 1000)} s in ${run.state}.`);
  if (event.name === "claimed")
    return because("restart-limit", `The server or its agent restarted ${run.restarts + 1} times in ${run.state}.`);
  if (run.state === "WaitingWoL")
    return because(
      "host-not-seen",
      "The server did not ask to boot. Press its power button; is it cabled, and set to boot from the network?",
    );
  if (run.state === "Booting")
    return because(
      "boot-timeout",
      "The server began to boot but its agent never claimed the run. The boot timeline shows how far it came.",
    );
  return because("stage-timeout", `${run.state} gave no result within its limit.`);
};

/** When the state was entered and when it is over. A hold ends when it ends, however often the held server reboots. */
const timesOf = (
  run: Run,
  to: RunState,
  nowMs: number,
  deadlines: Deadlines,
): Pick<Run, "enteredMs" | "deadlineMs"> => {
  if (to === run.state && !isStage(to)) return { enteredMs: run.enteredMs, deadlineMs: run.deadlineMs };
  const limitMs = deadlineOf(to, run, nowMs, deadlines);
  return { enteredMs: nowMs, deadlineMs: limitMs === null ? null : nowMs + limitMs };
};

const attemptOf = (run: Run, next: RunState, event: RunEvent): Pick<Run, "attempt" | "attemptReason" | "restarts"> => {
  const { attempt, attemptReason, restarts } = run;
  if (!isStage(next))
    return { attempt: next === "Booting" || next === "WaitingWoL" ? 0 : attempt, attemptReason, restarts };
  const again = attempt + 1;
  if (run.state === next && event.name === "claimed") {
    const reason = event.bootId === run.bootId ? "agent-restart" : "reboot";
    return { attempt: again, attemptReason: reason, restarts: restarts + 1 };
  }
  // Attempts of a retried stage go on counting, so that the key (run, stage, attempt) of a result is never used twice.
  if (run.state === "FailedHolding")
    return { attempt: again, attemptReason: event.name === "wipeOverridden" ? "override" : "retry", restarts: 0 };
  return { attempt: 1, attemptReason: "first", restarts: 0 };
};

/** Applies one event to a run. Never throws; the caller stores what comes back in one transaction. */
export const step = (run: Run, event: RunEvent, nowMs: number, deadlines: Deadlines): Step => {
  const cell = TRANSITIONS[run.state][event.name];
  const to = typeof cell === "string" ? cell : cell.pick(run, event);
  if (to === "ignore") return { kind: "ignored" };
  if (to === "refuse") return { kind: "refused", reason: `${event.name} is not possible in ${run.state}` };
  const moved: Run = {
    ...run,
    ...attemptOf(run, to, event),
    state: to,
    rev: run.rev + 1,
    ...timesOf(run, to, nowMs, deadlines),
    failure: to === "Failed" ? failureOf(run, event) : isStage(to) || to === "WaitingWoL" ? null : run.failure,
    ...(event.name === "claimed" ? { bootId: event.bootId, agentStart: event.agentStart, lastSeenMs: nowMs } : {}),
    endedMs: TERMINAL.has(to) ? nowMs : null,
  };
  const command = commandOn(moved, run.state, event);
  return { kind: "moved", run: { ...moved, command }, effects: effectsOf(run, to, event, nowMs) };
};
