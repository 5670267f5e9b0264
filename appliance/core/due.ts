/** What time alone does to a run: due deadlines and agents that fell silent. */
import { WIRE_PERIODS } from "../../agent/wire/limits.ts";
import type { RunEvent } from "./events.ts";
import type { Run } from "./run.ts";
import { AGENT_EXPECTED, isStage } from "./states.ts";

/** What a run is looked at with. */
export interface Moment {
  readonly nowMs: number;
  /** When this process of the box began. Before it, nobody could be heard: its outage blames no agent. */
  readonly boxStartMs: number;
  readonly graceMs: number;
  /** How long a boot may take: a host that was seen booting since its agent fell silent is given that long. */
  readonly bootMs: number;
  /** How long a host may take to answer its wake-up call. */
  readonly wakeMs: number;
  /** When the agent was last heard of, by memory or row. */
  readonly lastSeenMs: number | null;
  /** When the host was last seen booting. */
  readonly lastBootMs: number | null;
}

/** When the deadline counts as missed; null without one. */
const deadlineDueMs = (run: Run, moment: Moment): number | null =>
  run.deadlineMs === null ? null : Math.max(run.deadlineMs, moment.boxStartMs + moment.graceMs);

/** When the agent counts as lost; null where none is expected. */
const silenceDueMs = (run: Run, moment: Moment): number | null => {
  if (!AGENT_EXPECTED.has(run.state)) return null;
  const heardMs = heardAtMs(run, moment);
  if (awaitsHost(run, moment)) return heardMs + Math.max(moment.wakeMs, moment.graceMs);
  const rebooting = moment.lastBootMs !== null && moment.lastBootMs >= heardMs;
  return rebooting && moment.lastBootMs !== null ? moment.lastBootMs + moment.bootMs : heardMs + moment.graceMs;
};

/** Silence after which a held server counts as switched off: some heartbeats in a row were missed. */
export const HELD_SILENT_MS = 4 * WIRE_PERIODS.heartbeatMs;

/** A host whose stage is retried and that was silent then and was not seen since: it may have been switched off in its hold, and is woken until it is seen. */
export const awaitsHost = (run: Run, { lastSeenMs, lastBootMs }: Pick<Moment, "lastSeenMs" | "lastBootMs">): boolean =>
  run.state === "WaitingWoL" ||
  (isStage(run.state) &&
    (run.attemptReason === "retry" || run.attemptReason === "override") &&
    run.enteredMs - (lastSeenMs ?? 0) > HELD_SILENT_MS &&
    (lastBootMs ?? 0) < run.enteredMs);

const heardAtMs = (run: Run, moment: Moment): number =>
  Math.max(moment.lastSeenMs ?? 0, run.enteredMs, moment.boxStartMs);

/** The event that is due now, if any. */
export const dueEvent = (run: Run, moment: Moment): RunEvent | null => {
  const deadlineMs = deadlineDueMs(run, moment);
  if (deadlineMs !== null && moment.nowMs >= deadlineMs) return { name: "deadlinePassed" };
  const silenceMs = silenceDueMs(run, moment);
  if (silenceMs === null || moment.nowMs < silenceMs) return null;
  return { name: "agentLost", silentMs: moment.nowMs - heardAtMs(run, moment) };
};
