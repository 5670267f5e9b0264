/** What time does: due deadlines and silent agents become events; gathered measurements are written; ended sessions are closed. */
import { linkHolders, waitsForLink } from "./core/dispatch.ts";
import { dueEvent } from "./core/due.ts";
import type { RunEvent } from "./core/events.ts";
import type { RunRow } from "./core/record.ts";
import { CHUNK_MS } from "./core/sample-chunk.ts";
import { isStage } from "./core/states.ts";
import { lineUp } from "./desks/link-line.ts";
import { applyEvent, lastSeenOf, nowOf, type Office } from "./desks/office.ts";
import { flushSamples } from "./desks/telemetry.ts";
import { loadLastBootMs } from "./store/boots.ts";
import { saveClockShift } from "./store/clock-shift.ts";
import type { Db, Unit } from "./store/open.ts";
import { loadActiveRuns, loadUnacknowledgedEnds, saveTouch } from "./store/runs.ts";
import { revokeSessions } from "./store/sessions.ts";

/** How long an ended run waits for its agent's last acknowledgement: an agent that the box could not reach still posts its results. */
export const FAREWELL_MS = 24 * 3_600_000;

/** A wall clock that moves by this much more than the monotonic one was set. */
const CLOCK_SET_MS = 60_000;

/** A waiting run's deadline is written again when it has run down by this much. */
const DEFER_MS = 30_000;

/** The event that is due for a run. When its host booted last is asked only where that decides. */
const dueNow = async (office: Office, db: Db, run: RunRow): Promise<RunEvent | null> => {
  const moment = {
    nowMs: nowOf(office),
    boxStartMs: office.boxStartMs,
    graceMs: office.graceMs,
    bootMs: office.deadlines.bootMs,
    wakeMs: office.deadlines.wakeMs,
    lastSeenMs: lastSeenOf(office, run),
    lastBootMs: null,
  };
  const event = dueEvent(run, moment);
  if (event?.name !== "agentLost") return event;
  return dueEvent(run, { ...moment, lastBootMs: await loadLastBootMs(db, run.id) });
};

/** A run that waits for the link is not blamed for it: its deadline begins when it may go. */
const deferDeadline = (office: Office, unit: Unit, run: RunRow): RunRow => {
  const limitMs = isStage(run.state) ? office.deadlines.stageMs(run.state, run.orders) : office.deadlines.wakeMs;
  const deadlineMs = nowOf(office) + limitMs;
  if ((run.deadlineMs ?? 0) >= deadlineMs - DEFER_MS) return run;
  saveTouch(unit, run, { deadlineMs });
  return { ...run, deadlineMs };
};

/** Looks at every run that is not over; answers which they are. */
const look = (office: Office): Promise<readonly RunRow[]> =>
  office.store.turn(async (unit) => {
    const active = await loadActiveRuns(unit.db);
    const holders = linkHolders(active, lineUp(office, active));
    const measuring = active.filter(({ state }) => state === "Network");
    office.link?.keepOnly(measuring.map(({ id, attempt }) => ({ runId: id, attempt })));
    for (const loaded of active) {
      const run = waitsForLink(loaded, holders) ? deferDeadline(office, unit, loaded) : loaded;
      const event = await dueNow(office, unit.db, run);
      if (event === null) continue;
      const { advance } = applyEvent(office, unit, run, event, "box");
      if (advance.kind === "moved")
        office.log.warn({ runId: run.id, state: run.state, event: event.name }, "a run's time is over");
    }
    return active;
  });

/** Sessions of runs that ended long ago close without their agent's word. */
const closeFarewells = (office: Office): Promise<void> =>
  office.store.turn(async (unit) => {
    const nowMs = nowOf(office);
    for (const run of await loadUnacknowledgedEnds(unit.db)) {
      if (nowMs - (run.endedMs ?? nowMs) < FAREWELL_MS) continue;
      saveTouch(unit, run, { command: null });
      revokeSessions(unit, run.id, nowMs);
    }
  });

/** The box has no battery clock, so its wall clock may be set by years while runs are under way: the record moves with it, in one transaction. */
const followClock = async (office: Office): Promise<void> => {
  const offsetMs = office.clock.wallMs() - office.clock.monoMs();
  const setByMs = Math.round(offsetMs - office.clockOffsetMs);
  if (Math.abs(setByMs) < CLOCK_SET_MS) {
    office.clockOffsetMs = offsetMs; // a time server's small steps
    return;
  }
  await office.store.turn(async (unit) => {
    saveClockShift(unit, setByMs);
    unit.afterCommit(() => {
      office.clockOffsetMs = offsetMs;
      office.boxStartMs += setByMs;
      for (const [runId, seen] of office.presence)
        office.presence.set(runId, {
          ...seen,
          lastSeenMs: seen.lastSeenMs + setByMs,
          writtenMs: seen.writtenMs + setByMs,
        });
    });
  });
  office.log.warn({ setByMs }, "the clock was set; what is under way moved with it");
};

/** A box that starts with a clock behind its own record, as one without a battery does, moves back what is under way: nothing is in the future. */
export const catchUpWithClock = (office: Office): Promise<void> => {
  const nowMs = nowOf(office); // the box's start: its turn may come later, and nobody was heard of meanwhile
  return office.store.turn(async (unit) => {
    const active = await loadActiveRuns(unit.db);
    const boots: number[] = [];
    for (const { id } of active) boots.push((await loadLastBootMs(unit.db, id)) ?? 0);
    const newestMs = Math.max(...active.flatMap((r) => [r.enteredMs, r.lastSeenMs ?? 0]), ...boots, 0);
    if (newestMs > nowMs) saveClockShift(unit, nowMs - newestMs);
  });
};

/** Looks once at everything that time can change. */
export const lookAtTime = async (office: Office): Promise<void> => {
  await followClock(office);
  const active = await look(office);
  await closeFarewells(office);
  const activeIds = new Set(active.map((r) => r.id));
  for (const runId of office.presence.keys()) if (!activeIds.has(runId)) office.presence.delete(runId);
  const nowMonoMs = office.clock.monoMs();
  await flushSamples(office, (chunk) => nowMonoMs - chunk.openedMonoMs >= CHUNK_MS);
};
