/**
 * What the site is told of a run: one announcement for each transition, made from the transition alone. Pure and total.
 *
 * Announcements are written in the transaction that makes the transition (`store/announcements.ts`), so none is lost and none is told of what did not happen.
 */
import type { RunState, Severity, StageState } from "../../agent/wire/names.ts";
import { plainText } from "../../agent/wire/plain.ts";
import type { Move } from "./advance.ts";
import type { EventName } from "./events.ts";
import type { Run } from "./run.ts";
import { isStage } from "./states.ts";
import { ATTEMPT_WORDS, STATE_WORDS } from "./words.ts";

/** What can be announced. */
export const ANNOUNCEMENT_TYPES = [
  "run.queued",
  "run.waking",
  "run.booting",
  "run.retried",
  "run.held",
  "run.failed",
  "run.completed",
  "run.released",
  "run.cancelled",
  "stage.started",
  "stage.restarted",
  "stage.done",
  "stage.failed",
  "agent.back",
  "wipe.allowed",
] as const;
/** What is announced. */
export type AnnouncementType = (typeof ANNOUNCEMENT_TYPES)[number];

/** One transition, as the site is told of it. */
export interface Announcement {
  readonly runId: string;
  readonly hostId: string;
  /** The run's revision after it. */
  readonly rev: number;
  readonly type: AnnouncementType;
  readonly from: RunState;
  readonly to: RunState;
  /** The stage that it is about, if it is about one. */
  readonly stage: StageState | "SpecValidate" | null;
  readonly severity: Severity;
  /** One sentence or a few words, safe to show. */
  readonly summary: string;
  readonly atMs: number;
}

/** An announcement with the number that it has in the box's sequence, and the host as people know it. */
export interface NumberedAnnouncement extends Announcement {
  /** Grows by one with each announcement of the box, whichever run it is about. */
  readonly seq: number;
  readonly hostName: string;
  readonly mac: string;
}

const SUMMARY_CHARS = 256;

type Stage = StageState | "SpecValidate";
const stageOf = (state: RunState): Stage | null => (isStage(state) || state === "SpecValidate" ? state : null);

const claimedType = (from: Run, to: Run): AnnouncementType => {
  if (from.state === to.state) return isStage(to.state) ? "stage.restarted" : "agent.back";
  return isStage(to.state) ? "stage.started" : "agent.back";
};

const endType = (to: RunState): AnnouncementType => (to === "Cancelled" ? "run.cancelled" : "run.released");

/** The type of each event's announcement where the run does not fail by it. */
const TYPE_OF: Record<EventName, AnnouncementType | ((from: Run, to: Run) => AnnouncementType)> = {
  queued: "run.queued",
  dispatched: "run.waking",
  hostSeen: "run.booting",
  claimed: claimedType,
  resultPosted: "stage.done",
  specPassed: "stage.done",
  specFailed: "stage.failed",
  reportClosed: "run.completed",
  holdOpened: "run.held",
  wipeOverridden: "wipe.allowed",
  retryRequested: "run.retried",
  releaseRequested: "run.released",
  cancelRequested: "run.cancelled",
  agentLost: "run.failed",
  deadlinePassed: (_from, to) => endType(to.state),
};

const SEVERITY_OF: Partial<Record<AnnouncementType, Severity>> = {
  "run.held": "critical",
  "run.failed": "critical",
  "stage.failed": "critical",
  "stage.restarted": "warning",
  "run.released": "warning",
  "run.cancelled": "warning",
  "wipe.allowed": "warning",
};

const typeOf = ({ from, event, to }: Move): AnnouncementType => {
  if (to.state === "Failed") return stageOf(from.state) === null ? "run.failed" : "stage.failed";
  const type = TYPE_OF[event.name];
  return typeof type === "string" ? type : type(from, to);
};

const summaryOf = (type: AnnouncementType, from: Run, to: Run): string => {
  if (to.state === "Failed" && to.failure !== null) return to.failure.message;
  if (type === "stage.done") return `${STATE_WORDS[from.state].text}: done`; // whether it passed, the verdict says
  return type === "stage.restarted" ? ATTEMPT_WORDS[to.attemptReason].text : STATE_WORDS[to.state].text;
};

/** The announcement of one transition. */
export const announceMove = (move: Move): Announcement => {
  const { from, to } = move;
  const type = typeOf(move);
  const about = type === "stage.done" || type === "stage.failed" ? from : to;
  return {
    ...{ runId: to.id, hostId: to.hostId, rev: to.rev, type, from: from.state, to: to.state },
    stage: stageOf(about.state),
    severity: SEVERITY_OF[type] ?? "info",
    summary: plainText(summaryOf(type, from, to), SUMMARY_CHARS),
    atMs: to.enteredMs,
  };
};
