/** The effects of power: a host is woken, powered through its BMC where waking does nothing, and looked at when it is gone. */
import { HELD_SILENT_MS } from "./core/due.ts";
import { type EscalationDeed, nextEscalation } from "./core/power-escalation.ts";
import { diagnoseLoss, type LossEvidence } from "./core/power-loss.ts";
import type { PowerAct, PowerDeed } from "./core/power-port.ts";
import type { RunRow } from "./core/record.ts";
import { AGENT_EXPECTED } from "./core/states.ts";
import type { RunSummary } from "./core/views.ts";
import { askPower, detailOf, type PowerRoom } from "./desks/host-power.ts";
import type { DeskLog } from "./desks/office.ts";
import type { Executors } from "./outbox.ts";
import type { Look } from "./power/look.ts";
import { loadRunBoot } from "./store/boots.ts";
import { loadHost } from "./store/hosts.ts";
import { loadPowerActs, saveDiagnosis, savePowerAct } from "./store/power.ts";
import { loadRun } from "./store/runs.ts";

/** What the effects need. */
export interface PowerParts extends PowerRoom {
  readonly log: DeskLog;
  /** Sends one round of magic packets. */
  readonly wake: (mac: string) => Promise<void>;
  /** Looks at a silent host from the box. */
  readonly look: (address: string | null, mac: string, signal: AbortSignal) => Promise<Look>;
  /** Runs as lists show them, with when their agents were heard of last. */
  readonly runs: () => Promise<readonly RunSummary[]>;
}

/** Deeds that one look at the record leads to at most: status, next boot, power. */
const DEEDS_AT_ONCE = 4;

/** Deeds from which is decided what to do next. */
const ESCALATES: ReadonlySet<PowerDeed> = new Set<EscalationDeed>(["status", "pxe", "on", "cycle"]);

const inPhase = (run: RunRow, acts: readonly PowerAct[]): readonly PowerAct[] =>
  acts.filter(({ lastMs }) => lastMs >= run.enteredMs);

const loadSituation = (parts: PowerParts, runId: string) =>
  parts.store.turn(async ({ db }) => {
    const run = await loadRun(db, runId);
    const host = run === null ? null : await loadHost(db, run.hostId);
    return run === null || host === null ? null : { run, host, acts: await loadPowerActs(db, runId) };
  });

const saveDone = (parts: PowerParts, run: RunRow, act: Pick<PowerAct, "deed" | "ok" | "detail">): Promise<void> =>
  parts.store.turn((unit) =>
    savePowerAct(unit, { ...act, hostId: run.hostId, runId: run.id, by: "box", atMs: parts.nowMs() }, run.enteredMs),
  );

const wakeHost = async (parts: PowerParts, runId: string): Promise<void> => {
  const seen = await loadSituation(parts, runId);
  if (seen === null) return;
  await parts.wake(seen.host.mac);
  await saveDone(parts, seen.run, { deed: "wake", ok: true, detail: "" });
};

/** Asks the BMC for one thing and writes down what came of it; false without a BMC. */
const doThroughBmc = async (
  parts: PowerParts,
  run: RunRow,
  deed: EscalationDeed,
  signal: AbortSignal,
): Promise<boolean> => {
  const answer = await askPower(parts, run.hostId, deed, signal);
  if (answer === null) return false;
  await saveDone(parts, run, { deed, ok: answer.ok, detail: detailOf(answer) });
  const fields = { runId: run.id, hostId: run.hostId, deed, ...(answer.ok ? {} : { trouble: answer.trouble.code }) };
  if (!answer.ok) parts.log.warn(fields, "a BMC did not do what it was asked");
  else if (deed !== "status") parts.log.info(fields, "a host is powered through its BMC");
  return true;
};

/** Goes on from where the record stands until there is something to wait for. A BMC that fails is part of the record, not of the outbox's retries. */
const escalate = async (parts: PowerParts, runId: string, signal: AbortSignal): Promise<void> => {
  for (let deeds = 0; deeds < DEEDS_AT_ONCE && !signal.aborted; deeds += 1) {
    const seen = await loadSituation(parts, runId);
    // Seen meanwhile: what is not begun yet is left alone.
    if (seen === null || seen.run.endedMs !== null || seen.run.state === "Booting") return;
    const { run } = seen;
    const acts = inPhase(run, seen.acts).filter(({ deed }) => ESCALATES.has(deed));
    const next = nextEscalation({ nowMs: parts.nowMs(), sinceMs: run.enteredMs, acts });
    if (next.do === "wait" || !(await doThroughBmc(parts, run, next.do, signal))) return;
  }
};

/** Longest that a BMC is asked for a diagnosis: the failure is in the record already, its report waits. */
const BMC_MS = 30_000;

const bmcWord = async (parts: PowerParts, run: RunRow, signal: AbortSignal): Promise<LossEvidence["bmc"]> => {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(BMC_MS)]);
  const answer = await askPower(parts, run.hostId, "status", limited);
  if (answer === null) return null;
  if (!answer.ok) return { trouble: answer.trouble.message };
  return answer.value === true ? null : { state: answer.value };
};

const othersHeard = async (parts: PowerParts, run: RunRow): Promise<LossEvidence["others"]> => {
  const others = (await parts.runs()).filter((one) => one.id !== run.id && AGENT_EXPECTED.has(one.state));
  const heard = others.filter(({ lastSeenMs }) => parts.nowMs() - (lastSeenMs ?? 0) <= HELD_SILENT_MS);
  return { expected: others.length, heard: heard.length };
};

const countOf = (acts: readonly PowerAct[], ...deeds: readonly PowerAct["deed"][]): number =>
  acts.filter(({ ok, deed }) => ok && deeds.includes(deed)).reduce((sum, { count }) => sum + count, 0);

/** Gathers what can be known, all of it at once, each part within its own limit. */
const gather = async (
  parts: PowerParts,
  { run, host, acts }: NonNullable<Awaited<ReturnType<typeof loadSituation>>>,
  signal: AbortSignal,
): Promise<LossEvidence> => {
  const [bmc, look, others, boots] = await Promise.all([
    bmcWord(parts, run, signal),
    parts.look(run.address, host.mac, signal),
    othersHeard(parts, run),
    parts.store.turn(({ db }) => loadRunBoot(db, run.id)),
  ]);
  const waited = run.failure?.state === "WaitingWoL" || run.failure?.state === "Booting";
  const since = boots.filter(({ atMs, step }) => atMs > (run.lastSeenMs ?? 0) && step !== "hello" && step !== "claim");
  return {
    hostName: host.name,
    wasThere: run.bootId !== null,
    bmc,
    bmcAnsweredBefore: acts.some(({ deed, ok }) => deed !== "wake" && ok),
    address: run.address,
    ...look,
    bootStep: since.at(-1)?.step ?? null,
    others,
    wakes: waited ? countOf(acts, "wake") : 0,
    pushes: waited ? countOf(acts, "on", "cycle") : 0,
  };
};

/** Adds to a failure what became of its host. A run that went on meanwhile, by a retry or a release, keeps what it has. */
const diagnose = async (parts: PowerParts, runId: string, signal: AbortSignal): Promise<void> => {
  const before = await loadSituation(parts, runId);
  if (before === null || before.run.failure === null || before.run.failure.diagnosis !== undefined) return;
  const diagnosis = diagnoseLoss(await gather(parts, before, signal));
  await parts.store.turn(async (unit) => {
    const run = await loadRun(unit.db, runId);
    const same =
      run?.failure?.code === before.run.failure?.code && run?.failure?.message === before.run.failure?.message;
    if (run !== null && same) saveDiagnosis(unit, run, diagnosis);
  });
  parts.log.warn({ runId, kind: diagnosis.kind, evidence: diagnosis.evidence }, "a host is gone");
};

/** The executors of power. */
export const openPowerEffects = (parts: PowerParts): Pick<Executors, "wake" | "escalateWake" | "diagnoseLoss"> => ({
  wake: (runId) => wakeHost(parts, runId),
  escalateWake: (runId, signal) => escalate(parts, runId, signal),
  diagnoseLoss: (runId, signal) => diagnose(parts, runId, signal),
});
