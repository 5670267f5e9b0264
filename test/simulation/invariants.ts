/** What is true of the record whatever happens to the world around it. Each finding is a sentence; none is the only good answer. */
import { and, asc, count, eq, isNull } from "drizzle-orm";
import type { StageState } from "../../agent/wire/names.ts";
import type { RunRow } from "../../appliance/core/record.ts";
import { isStage, OCCUPIES_PLACE, TERMINAL } from "../../appliance/core/states.ts";
import { TRANSITIONS, targetsOf } from "../../appliance/core/transitions.ts";
import type { Db } from "../../appliance/store/open.ts";
import { loadActiveRuns } from "../../appliance/store/runs.ts";
import {
  attempts,
  audit,
  holds,
  outbox,
  overrides,
  reports,
  results,
  runs,
  sessions,
  transitions,
} from "../../appliance/store/schema.ts";
import type { Finding } from "./stages.ts";

/** Data that a simulated server destroyed, and by which leave. */
export interface Wipe {
  readonly runId: string;
  readonly attempt: number;
  readonly overrideId: string;
}

/** What the world knows to be so, apart from the record. */
export interface Truth {
  /** What the agent of each attempt found, by `run stage attempt`. */
  readonly findings: ReadonlyMap<string, Finding>;
  /** Results that the box has acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  readonly wipes: readonly Wipe[];
}

type TransitionRow = typeof transitions.$inferSelect;

/** The key of an attempt. */
export const keyOf = (runId: string, stage: StageState, attempt: number): string => `${runId} ${stage} ${attempt}`;

const oneRunPerHost = (all: readonly RunRow[]): string[] => {
  const active = all.filter((r) => !TERMINAL.has(r.state)).map((r) => r.hostId);
  return active.length === new Set(active).size ? [] : ["a host has two runs that are not over"];
};

/** Each transition is one of the table's, and begins where the one before ended. */
const wellLinked = (run: RunRow, history: readonly TransitionRow[]): string[] =>
  history.flatMap((t, i) => {
    const before = history[i - 1];
    const event = t.event as keyof (typeof TRANSITIONS)["Registered"];
    const linked = before === undefined ? t.from === "Registered" : before.to === t.from && before.rev + 1 === t.rev;
    const listed = targetsOf(TRANSITIONS[t.from][event]).includes(t.to);
    return linked && listed ? [] : [`${run.id}: ${t.from} –${t.event}→ ${t.to} (rev ${t.rev}) is no step of the table`];
  });

/** A held run leaves its hold by a person or its deadline alone. */
const holdsFirmly = (run: RunRow, history: readonly TransitionRow[]): string[] => {
  const may = new Set(["retryRequested", "releaseRequested", "cancelRequested", "wipeOverridden", "deadlinePassed"]);
  return history
    .filter((t) => t.from === "FailedHolding" && t.to !== "FailedHolding" && !may.has(t.event))
    .map((t) => `${run.id}: ${t.event} took it out of its hold`);
};

/** A Completed run has every stage of its plan passed by what its agent really found, and its spec compared after the last inventory. */
const earnsItsPass = async (
  db: Db,
  run: RunRow,
  history: readonly TransitionRow[],
  truth: Truth,
): Promise<string[]> => {
  if (run.state !== "Completed") return [];
  const rows = await db.select().from(results).where(eq(results.runId, run.id)).orderBy(asc(results.attempt));
  const faults = run.plan.flatMap((stage) => {
    const last = rows.filter((r) => r.stage === stage && r.counted).at(-1);
    if (last === undefined) return [`${run.id}: Completed without a result of ${stage}`];
    const found = truth.findings.get(keyOf(run.id, stage, last.attempt));
    return last.outcome === "measured" && found?.good === true ? [] : [`${run.id}: Completed with a bad ${stage}`];
  });
  const compared = history.findLastIndex((t) => t.event === "specPassed");
  const measured = history.findLastIndex((t) => t.from === "InventoryCheck" && t.event === "resultPosted");
  return compared === measured + 1
    ? faults
    : [...faults, `${run.id}: Completed without a comparison of its last inventory`];
};

/** A stage is entered after the one that goes before it in the plan, also by a retry. */
const skipsNothing = (run: RunRow, history: readonly TransitionRow[]): string[] => {
  const entered = history.flatMap(({ to }) => (isStage(to) ? [to] : []));
  return entered
    .filter((stage, i) => {
      const before = run.plan[run.plan.indexOf(stage) - 1];
      return before !== undefined && !entered.slice(0, i).includes(before);
    })
    .map((stage) => `${run.id}: ${stage} was entered before the stage that goes before it`);
};

/** At most one session lives for each run, and none of a run whose end was acknowledged. */
const sessionsDie = async (db: Db, all: readonly RunRow[]): Promise<string[]> => {
  const live = await db.select().from(sessions).where(isNull(sessions.revokedMs));
  return all.flatMap((run) => {
    const own = live.filter((s) => s.runId === run.id).length;
    const most = TERMINAL.has(run.state) && run.command === null ? 0 : 1;
    return own > most ? [`${run.id}: ${own} sessions live in ${run.state}`] : [];
  });
};

/** The attempt that is under way is open and no other is; a result counts for the attempt that it ended. */
const attemptsFit = async (db: Db, run: RunRow): Promise<string[]> => {
  const begun = await db.select().from(attempts).where(eq(attempts.runId, run.id));
  const open = begun.filter((a) => a.endedMs === null).map((a) => `${a.stage} ${a.attempt}`);
  const expected = isStage(run.state) ? [`${run.state} ${run.attempt}`] : [];
  const counted = await db
    .select()
    .from(results)
    .where(and(eq(results.runId, run.id), eq(results.counted, true)));
  const stray = counted.filter(
    (r) => !begun.some((a) => a.stage === r.stage && a.attempt === r.attempt && a.endedMs === r.receivedMs),
  );
  return [
    ...(open.join() === expected.join() ? [] : [`${run.id}: open attempts are ${open.join() || "none"}`]),
    ...stray.map((r) => `${run.id}: a result of the old attempt ${r.attempt} of ${r.stage} counted`),
  ];
};

/** Looks at the record: at all runs, and in depth at those that something has touched. */
export const findViolations = async (
  db: Db,
  truth: Truth,
  touched: ReadonlySet<string>,
): Promise<readonly string[]> => {
  const all = await db.select().from(runs);
  const found = [...oneRunPerHost(all), ...(await sessionsDie(db, all))];
  for (const run of all.filter((r) => touched.has(r.id))) {
    const history = await db
      .select()
      .from(transitions)
      .where(eq(transitions.runId, run.id))
      .orderBy(asc(transitions.rev));
    found.push(...wellLinked(run, history), ...holdsFirmly(run, history), ...skipsNothing(run, history));
    found.push(...(await earnsItsPass(db, run, history, truth)), ...(await attemptsFit(db, run)));
    if (history.at(-1)?.to !== run.state) found.push(`${run.id}: its row and its history disagree`);
  }
  return found;
};

/** Every acknowledged result is in the record, as it was measured. */
export const findLostResults = async (db: Db, truth: Truth): Promise<readonly string[]> => {
  const rows = await db.select().from(results);
  const kept = new Map(rows.map((r) => [keyOf(r.runId, r.stage, r.attempt), r]));
  return [...truth.acknowledged].flatMap((key) => {
    const row = kept.get(key);
    if (row === undefined) return [`the acknowledged result ${key} is lost`];
    const facts = JSON.stringify(truth.findings.get(key)?.facts ?? null);
    return JSON.stringify(row.facts ?? null) === facts ? [] : [`the acknowledged result ${key} has other facts`];
  });
};

/** Every wipe has its own leave: of an operator, written down, for that run and that attempt, and no leave was used twice. */
export const findUnallowedWipes = async (db: Db, { wipes }: Truth): Promise<readonly string[]> => {
  const given = await db.select().from(overrides);
  const acts = (await db.select().from(audit)).filter(({ what }) => what === "wipe-overridden");
  const unallowed = wipes.filter(
    ({ runId, attempt, overrideId }) =>
      !given.some((leave) => leave.id === overrideId && leave.runId === runId && leave.attempt === attempt) ||
      !acts.some((act) => act.runId === runId),
  );
  const used = wipes.map(({ overrideId }) => overrideId);
  return [
    ...unallowed.map(({ runId, attempt }) => `${runId}: data was destroyed in attempt ${attempt} without leave`),
    ...(new Set(used).size === used.length ? [] : ["a leave to wipe was used twice"]),
  ];
};

/** When the world last saw a run's agent reach the box, and when the host was last seen booting, in the world's own monotonic time. */
export interface Sightings {
  readonly nowMs: number;
  readonly nowMonoMs: number;
  /** The box's last start; before it nobody could be heard. */
  readonly boxStartMs: number;
  readonly boxStartMonoMs: number;
  readonly graceMs: number;
  readonly bootMs: number;
  readonly wakeMs: number;
  /** When the agent said something that was taken, or the run moved. */
  readonly heardMonoMs: ReadonlyMap<string, number>;
  /** When the agent said something that was taken. */
  readonly saidMonoMs: ReadonlyMap<string, number>;
  readonly bootedMonoMs: ReadonlyMap<string, number>;
}

const silentFor = (run: RunRow, seen: Sightings): number => {
  const heard = Math.max(seen.heardMonoMs.get(run.id) ?? 0, seen.boxStartMonoMs);
  const booted = seen.bootedMonoMs.get(run.hostId);
  return seen.nowMonoMs - (booted !== undefined && booted >= heard ? booted + seen.bootMs - seen.graceMs : heard);
};

/** A retried stage of a server of which nothing was heard since is given the time of a wake-up call. */
const silenceLimit = (run: RunRow, seen: Sightings): number => {
  const retried = run.attemptReason === "retry" || run.attemptReason === "override";
  // A box that was cut off does not remember what it heard last.
  const since = Math.max(seen.heardMonoMs.get(run.id) ?? 0, seen.boxStartMonoMs);
  const unheard = (seen.saidMonoMs.get(run.id) ?? 0) < since;
  return retried && unheard ? Math.max(seen.wakeMs, seen.graceMs) : seen.graceMs;
};

/** Right after a tick nothing is past its deadline, and no stage has an agent that fell silent. */
export const findOverdue = async (db: Db, seen: Sightings): Promise<readonly string[]> => {
  const active = await loadActiveRuns(db);
  const late = active.filter(
    (r) => r.deadlineMs !== null && Math.max(r.deadlineMs, seen.boxStartMs + seen.graceMs) <= seen.nowMs,
  );
  const silent = active.filter((r) => isStage(r.state) && silentFor(r, seen) >= silenceLimit(r, seen));
  return [
    ...late.map((r) => `${r.id}: ${r.state} is past its deadline`),
    ...silent.map((r) => `${r.id}: ${r.state} goes on although its agent is silent`),
  ];
};

/** After places were given out, no more are taken than there are (a person's retry alone may go over), and nobody measures the network. */
export const findOvercrowded = async (db: Db, dispatchedBefore: number, places: number): Promise<readonly string[]> => {
  if ((await countDispatched(db)) === dispatchedBefore) return [];
  const active = await loadActiveRuns(db);
  const taken = active.filter((r) => OCCUPIES_PLACE.has(r.state)).length;
  return [
    ...(taken > places ? [`${taken} runs have ${places} places`] : []),
    ...(active.some((r) => r.state === "Network") ? ["a run was dispatched while the network is measured"] : []),
  ];
};

/** How many places were ever given out. */
export const countDispatched = async (db: Db): Promise<number> =>
  (await db.select({ n: count() }).from(transitions).where(eq(transitions.event, "dispatched")))[0]?.n ?? 0;

/** Nobody measures the network beside an older user of the link, and nobody is woken beside a measurement. */
export const findLinkShared = async (db: Db, runId: string, use: "measure" | "wake"): Promise<readonly string[]> => {
  const active = await loadActiveRuns(db);
  const run = active.find((r) => r.id === runId);
  if (run === undefined) return [];
  const rivals = use === "wake" ? ["Network"] : ["Network", "WaitingWoL", "Booting"];
  return active
    .filter((r) => r.id !== runId && rivals.includes(r.state) && r.enteredSeq < run.enteredSeq)
    .map((r) => `${runId} uses the link (${use}) beside ${r.id} in ${r.state}`);
};

/** At rest every effect was carried out: reports are rendered, hold keys are gone, the outbox is empty. */
export const findUndone = async (db: Db): Promise<readonly string[]> => {
  const waiting = await db.select().from(outbox);
  const live = await db.select().from(holds).where(isNull(holds.revokedMs));
  const rendered = new Set((await db.select().from(reports)).map((r) => r.runId));
  return [
    ...waiting.map((e) => `${e.runId}: ${e.kind} was never done`),
    ...live.map((h) => `${h.runId}: its hold key outlived its hold`),
    ...(await db.select().from(runs)).filter((r) => !rendered.has(r.id)).map((r) => `${r.id}: it has no report`),
  ];
};
