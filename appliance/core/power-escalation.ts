/**
 * What the box does through a host's BMC when magic packets do nothing (N8): a decision from what was done so far, so that a restart of the box goes on
 * where the record stands. Pure.
 *
 * Off: one boot from the network, then on. On, and it has not asked to boot: the same with a power cycle, but with patience, for a large server takes
 * minutes before it asks, and one that is cut off in its self-test never comes to it. Both again with growing waits, until it is seen or the run's
 * deadline ends it.
 */
import type { PowerAct, PowerState } from "./power-port.ts";

/** What the BMC may be asked next. */
export type EscalationDeed = "status" | "pxe" | "on" | "cycle";

/** The next deed, or until when there is none. */
export type EscalationStep = { readonly do: EscalationDeed } | { readonly do: "wait"; readonly untilMs: number };

/** What is decided upon. */
export interface EscalationFacts {
  readonly nowMs: number;
  /** Since when the host is waited for. */
  readonly sinceMs: number;
  /** What was done through the BMC since then, oldest first; magic packets are not among it. */
  readonly acts: readonly PowerAct[];
}

/** Time of one round of magic packets. A server that obeys one is powered within seconds. */
export const WAKE_ROUND_MS = 20_000;
/** After so many rounds nobody hopes for the packets alone. */
const ROUNDS_ALONE = 2;
/** How long a host that was just powered on may take to ask to boot: a self-test of a server with much memory takes 3 to 5 minutes. */
const PATIENCE_MS = 300_000;
/** A host that is off again after it was powered on is powered on again after this. */
const OFF_AGAIN_MS = 30_000;
/** What a BMC said is believed for this long. */
const FRESH_MS = 15_000;
/** How often a BMC is asked while its host has time. */
const LOOK_MS = 60_000;
/** How soon it is asked again when the host was between on and off. */
const BETWEEN_MS = 10_000;
/** First wait after a failure; it doubles. */
const RETRY_MS = 20_000;
const RETRY_MAX_MS = 300_000;

const isPush = (act: PowerAct): boolean => act.ok && (act.deed === "on" || act.deed === "cycle");

const pushesOf = (acts: readonly PowerAct[]): number => acts.filter(isPush).reduce((sum, { count }) => sum + count, 0);

const isState = (text: string): text is PowerState => text === "on" || text === "off" || text === "unknown";

const saidState = (act: PowerAct | undefined): PowerState | null =>
  act?.deed === "status" && act.ok && isState(act.detail) ? act.detail : null;

const doubled = (firstMs: number, times: number): number => firstMs * 2 ** Math.min(Math.max(0, times), 10);

/** When a host that is as its BMC says is to be pushed. */
const pushAtMs = (state: PowerState, { sinceMs, acts }: EscalationFacts): number => {
  const lastPush = acts.findLast(isPush);
  const pushes = pushesOf(acts);
  if (state === "off")
    return lastPush === undefined ? sinceMs + WAKE_ROUND_MS : lastPush.lastMs + doubled(OFF_AGAIN_MS, pushes - 1);
  if (lastPush !== undefined) return lastPush.lastMs + doubled(PATIENCE_MS, pushes - 1);
  const wasOff = acts.some((act) => saidState(act) === "off");
  const firstOn = acts.find((act) => saidState(act) === "on");
  // A magic packet did it; else it was on all along, and a packet to it does nothing.
  return wasOff ? (firstOn?.firstMs ?? sinceMs) + PATIENCE_MS : sinceMs + ROUNDS_ALONE * WAKE_ROUND_MS;
};

const waitOrDo = (untilMs: number, nowMs: number, deed: EscalationDeed): EscalationStep =>
  nowMs >= untilMs ? { do: deed } : { do: "wait", untilMs };

/** After a look: a boot from the network when the time has come, else another look. */
const afterStatus = (state: PowerState, last: PowerAct, facts: EscalationFacts): EscalationStep => {
  const { nowMs } = facts;
  if (state === "unknown") return waitOrDo(last.lastMs + BETWEEN_MS, nowMs, "status");
  const dueMs = pushAtMs(state, facts);
  if (nowMs >= dueMs) return { do: nowMs - last.lastMs <= FRESH_MS ? "pxe" : "status" };
  return waitOrDo(Math.min(dueMs, last.lastMs + LOOK_MS), nowMs, "status");
};

/** After the next boot was chosen, or could not be: the push goes with it at once, for a BMC forgets the choice after a minute (IPMI 2.0, 28.12). */
const afterPxe = (last: PowerAct, { nowMs, acts }: EscalationFacts): EscalationStep => {
  if (nowMs - last.lastMs > FRESH_MS) return { do: "status" };
  const state = acts.map(saidState).findLast((said) => said !== null);
  return { do: state === "on" ? "cycle" : "on" };
};

/** Decides what is asked of the BMC now. */
export const nextEscalation = (facts: EscalationFacts): EscalationStep => {
  const last = facts.acts.at(-1);
  if (last === undefined) return { do: "status" };
  // Many servers ask the network by themselves, so one whose next boot cannot be chosen is powered all the same.
  if (last.deed === "pxe") return afterPxe(last, facts);
  if (!last.ok)
    return waitOrDo(last.lastMs + Math.min(RETRY_MAX_MS, doubled(RETRY_MS, last.count - 1)), facts.nowMs, "status");
  const state = saidState(last);
  if (state !== null) return afterStatus(state, last, facts);
  return waitOrDo(last.lastMs + BETWEEN_MS, facts.nowMs, "status");
};
