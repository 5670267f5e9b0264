/** What all desks share: the record, the clock, what is in memory of the agents, and the one way to apply an event. */
import type { StageSpec } from "../../agent/stages/stage.ts";
import type { Clock } from "../../agent/system/clock.ts";
import type { Random } from "../../agent/system/random.ts";
import type { StageState } from "../../agent/wire/names.ts";
import { type Advance, advance } from "../core/advance.ts";
import { announceMove } from "../core/announcement.ts";
import type { RunEvent } from "../core/events.ts";
import type { LinkBook } from "../core/link-port.ts";
import type { Orders } from "../core/orders.ts";
import type { Places } from "../core/pairing.ts";
import type { OpenPower } from "../core/power-port.ts";
import type { Presence, Readings, RunRow, StageMarks } from "../core/record.ts";
import { TERMINAL } from "../core/states.ts";
import type { Deadlines } from "../core/step.ts";
import type { Difference } from "../core/views.ts";
import { saveAnnouncements } from "../store/announcements.ts";
import type { Store, Unit } from "../store/open.ts";
import { saveMoves, saveTouch } from "../store/runs.ts";
import type { SampleBuffer } from "../store/samples.ts";
import { revokeSessions } from "../store/sessions.ts";

/** The stages that runs are made of. */
export interface StageBook {
  /** In the order of the states; the plan of a new run. */
  readonly order: readonly StageState[];
  specOf(stage: StageState): StageSpec | undefined;
}

/** The box's log, as far as the desks use it. */
export interface DeskLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Presence is written to the row this often at most: the agents' heartbeats must not wear the card. */
const PRESENCE_WRITE_MS = 30_000;

/** What the desks share. */
export interface Office {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly boxKey: Uint8Array;
  readonly deadlines: Deadlines;
  readonly places: number;
  readonly graceMs: number;
  readonly stages: StageBook;
  readonly log: DeskLog;
  readonly imageId: string | null;
  readonly artifactDir: string;
  readonly samples: SampleBuffer;
  readonly openPower: OpenPower;
  /** When this process of the box began; moved when its clock is set. */
  boxStartMs: number;
  /** What the monotonic clock lacks to be the time of day. It changes with the record only, so that no stamp is of another clock. */
  clockOffsetMs: number;
  /** The box's servers for network measurements; null where there are none, and stages measure without. */
  readonly link: LinkBook | null;
  /** Who measures with whom, as it was settled last (`link-line.ts`). */
  measuring: Places;
  /** Whether transitions are announced to the site: then each is written to the broker's outbox, too. */
  readonly announces: boolean;
  /** The newest measurements of each run that is under way. */
  readonly readings: Map<string, Readings>;
  /** The agents' last words, by run. */
  readonly presence: Map<string, Presence & { readonly writtenMs: number }>;
  /** Tells the outbox that there is work. */
  effectsWait(): void;
}

/** Now, in whole milliseconds, by the clock that the record is written in. */
export const nowOf = (office: Office): number => Math.round(office.clock.monoMs() + office.clockOffsetMs);

/** What a result brings along with its event. */
export interface Findings {
  readonly differences?: readonly Difference[];
  readonly marks?: StageMarks;
  readonly orders?: Orders;
}

/** When the agent was last heard of, by memory or row. */
export const lastSeenOf = (office: Office, run: RunRow): number | null => {
  const known = office.presence.get(run.id)?.lastSeenMs;
  return known === undefined ? run.lastSeenMs : Math.max(known, run.lastSeenMs ?? 0);
};

/** A run that ended before any agent claimed it has nobody to acknowledge its last command. */
const withoutListener = (run: RunRow): boolean => TERMINAL.has(run.state) && run.bootId === null;

/** Applies an event to a run within a turn, and puts all that follows from it. */
export const applyEvent = (
  office: Office,
  unit: Unit,
  row: RunRow,
  event: RunEvent,
  by: string,
  findings: Findings = {},
): { readonly advance: Advance; readonly row: RunRow } => {
  const nowMs = nowOf(office);
  const known: RunRow = {
    ...row,
    lastSeenMs: lastSeenOf(office, row),
    marks: findings.marks ?? row.marks,
    orders: findings.orders ?? row.orders,
  };
  const made = advance(known, event, nowMs, office.deadlines, findings.differences);
  if (made.kind !== "moved") return { advance: made, row };
  // Changes are numbered across restarts, and this transition will be one of them: a number that only grows.
  const moved: RunRow = { ...known, ...made.run, enteredSeq: office.store.feed.seq + 1 };
  const next = withoutListener(moved) ? { ...moved, command: null } : moved;
  saveMoves(unit, next, made.moves, made.effects, by);
  if (office.announces) saveAnnouncements(unit, made.moves.map(announceMove), nowMs);
  if (withoutListener(moved)) revokeSessions(unit, row.id, nowMs);
  unit.afterCommit(() => {
    const seen = office.presence.get(row.id);
    if (seen !== undefined) office.presence.set(row.id, { ...seen, progress: null, note: null });
    if (TERMINAL.has(next.state)) office.readings.delete(row.id);
    if (made.effects.length > 0) office.effectsWait();
  });
  return { advance: made, row: next };
};

/** Remembers that an agent was heard of; writes it down now and then. */
export const noteHeard = (
  office: Office,
  unit: Unit,
  run: RunRow,
  words: { readonly progress?: number | undefined; readonly note?: string | undefined } | null,
): void => {
  const nowMs = nowOf(office);
  const before = office.presence.get(run.id);
  const due = nowMs - (before?.writtenMs ?? run.lastSeenMs ?? 0) >= PRESENCE_WRITE_MS;
  if (due) saveTouch(unit, run, { lastSeenMs: nowMs });
  unit.afterCommit(() => {
    office.presence.set(run.id, {
      lastSeenMs: nowMs,
      progress: words === null ? (before?.progress ?? null) : (words.progress ?? null),
      note: words === null ? (before?.note ?? null) : (words.note ?? null),
      writtenMs: due ? nowMs : (before?.writtenMs ?? run.lastSeenMs ?? 0),
    });
    if (words !== null && !due) office.store.feed.publishUnstored({ kind: "run", hostId: run.hostId, runId: run.id });
  });
};
