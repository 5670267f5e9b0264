/** A run as the database holds it: what it is, never what is currently true of processes and sockets. */
import type { Command } from "../../agent/wire/messages.ts";
import type { Profile, RunState, StageState } from "../../agent/wire/names.ts";
import type { Orders } from "./orders.ts";
import type { LossDiagnosis } from "./power-loss.ts";

/** Why a run failed. */
export interface Failure {
  /** State in which it failed. */
  readonly state: RunState;
  /** Stable code for tickets: `boot-timeout`, `spec-mismatch`, `stage-failed` … */
  readonly code: FailureCode;
  /** One sentence for the technician. */
  readonly message: string;
  /** What became of a host that is gone, a moment after the failure; absent where it is not asked. */
  readonly diagnosis?: LossDiagnosis;
}

/** Why runs fail. */
export const FAILURE_CODES = [
  "host-not-seen",
  "boot-timeout",
  "spec-mismatch",
  "stage-failed",
  "unexpected-data",
  "stage-error",
  "stage-timeout",
  "agent-lost",
  "restart-limit",
] as const;
/** Why a run failed. */
export type FailureCode = (typeof FAILURE_CODES)[number];

/** Why the current attempt of a stage was begun. */
export type AttemptReason = "first" | "agent-restart" | "reboot" | "retry" | "override";

/** One run of one host. */
export interface Run {
  readonly id: string;
  readonly hostId: string;
  readonly state: RunState;
  /** Counts transitions, from 0. Also the id of the command that a transition gave. */
  readonly rev: number;
  readonly profile: Profile;
  /** Stages of this run, in order: InventoryCheck, then a subset of the other `STAGE_STATES`. */
  readonly plan: readonly StageState[];
  /** Whether stages may write to disks (D5). */
  readonly destructive: boolean;
  /** Attempt of the stage that has the turn or had it last, from 1; 0 before the first. */
  readonly attempt: number;
  /** How often the stage was begun again by itself (agent restarts and reboots) since it began or a person had it begun again. */
  readonly restarts: number;
  /** What its stages are ordered to do. */
  readonly orders: Orders;
  readonly attemptReason: AttemptReason;
  /** The boot session that claimed the run last, and which of its agent processes. */
  readonly bootId: string | null;
  readonly agentStart: number;
  readonly failure: Failure | null;
  /** The command that waits for an acknowledgement. */
  readonly command: Command | null;
  readonly createdMs: number;
  /** When the current state was entered. */
  readonly enteredMs: number;
  /** When waiting here becomes a failure; null where nothing is waited for. */
  readonly deadlineMs: number | null;
  /** When the agent was last heard of. */
  readonly lastSeenMs: number | null;
  /** When the run came to its end. */
  readonly endedMs: number | null;
}
