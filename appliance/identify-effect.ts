/**
 * The LED by which a server is found: it blinks while the server's run is held and somebody has to walk to it.
 *
 * The effect does not say on or off. It looks what is wanted by now and asks for that, so one that is repeated after a power cut, comes late or
 * overtakes another does no harm. A hold's own effect stays in the outbox for as long as the hold lasts, because BMCs forget.
 */
import { Fault } from "../agent/system/fault.ts";
import type {
  BmcAnswer,
  BmcKind,
  BmcTroubleCode,
  BmcView,
  PowerAct,
  PowerState,
  PowerVerb,
} from "./core/power-port.ts";
import type { RunRow } from "./core/record.ts";
import { AWAITS_PERSON } from "./core/states.ts";
import { askPower, detailOf, type PowerRoom } from "./desks/host-power.ts";
import type { DeskLog } from "./desks/office.ts";
import type { Executor } from "./outbox.ts";
import type { Db } from "./store/open.ts";
import { loadBmcView, loadPowerActs, savePowerAct } from "./store/power.ts";
import { loadActiveRunOf, loadRun } from "./store/runs.ts";

/** What the effect needs. */
export interface IdentifyParts extends PowerRoom {
  readonly log: DeskLog;
}

/** How often a held server's BMC is told again. By IPMI some end it after 255 s; by Redfish each call is a line in the BMC's own log. */
const AGAIN_MS: Record<BmcKind, number> = { ipmi: 240_000, redfish: 3_600_000 };

/** What no repetition mends. A wrong password that is repeated locks the user out; a BMC that is set anew is asked afresh. */
const HOPELESS: ReadonlySet<BmcTroubleCode> = new Set([
  "unsupported",
  "no-rights",
  "refused-login",
  "other-certificate",
  "not-a-bmc",
]);

/** A BMC that cannot be reached is told to end it for about a day, at the outbox's longest wait. */
const MAX_FAILS = 300;

type Wish = Extract<PowerVerb, "identify-on" | "identify-off">;

/** What is so now. */
interface Situation {
  readonly run: RunRow;
  readonly bmc: BmcView;
  /** Whether this run's hold is the reason. */
  readonly held: boolean;
  readonly wish: Wish;
  /** What was done about the LED in this run last. */
  readonly last: PowerAct | undefined;
}

const load = async (db: Db, runId: string): Promise<Situation | null> => {
  const run = await loadRun(db, runId);
  const bmc = run === null ? null : await loadBmcView(db, run.hostId);
  if (run === null || bmc === null) return null;
  // The host may be in another run by now, and held in that.
  const current = await loadActiveRunOf(db, run.hostId);
  const wish = current !== null && AWAITS_PERSON.has(current.state) ? "identify-on" : "identify-off";
  const last = (await loadPowerActs(db, runId)).findLast(({ deed }) => deed.startsWith("identify-"));
  return { run, bmc, held: AWAITS_PERSON.has(run.state), wish, last };
};

/** A person at the server has ended the blinking: they need it no more. */
const endedByPerson = ({ run, held, last }: Situation): boolean =>
  held && last?.deed === "identify-off" && last.ok && last.by !== "box" && last.lastMs >= run.enteredMs;

/** Writes down what is new: what was repeated, or fails as it did before, was told already. */
const tell = async (
  { store, log, nowMs }: IdentifyParts,
  { run, wish, last }: Situation,
  answer: BmcAnswer<PowerState | true>,
): Promise<void> => {
  const detail = detailOf(answer);
  if (last?.ok === answer.ok && last.detail === detail && (last.deed === wish || !answer.ok)) return;
  const { id: runId, hostId } = run;
  const act = { hostId, runId, deed: wish, by: "box", ok: answer.ok, detail, atMs: nowMs() };
  await store.turn((unit) => savePowerAct(unit, act, run.enteredMs));
  if (!answer.ok) log.warn({ runId, hostId, wish, trouble: answer.trouble.code }, "a server's LED does not obey");
};

/** Makes the executor. */
export const openIdentifyEffect = (parts: IdentifyParts): Executor => {
  const look = (runId: string) => parts.store.turn(({ db }) => load(db, runId));
  return async (runId: string, signal: AbortSignal, fails: number): Promise<number | undefined> => {
    const seen = await look(runId);
    if (seen === null || endedByPerson(seen)) return;
    const { hostId } = seen.run;
    const answer = await askPower(parts, hostId, seen.wish, signal);
    if (answer === null) return;
    await tell(parts, seen, answer);
    if (!answer.ok) {
      const { code } = answer.trouble;
      if (HOPELESS.has(code) || (!seen.held && fails >= MAX_FAILS)) return;
      throw new Fault("network", { hostId, wish: seen.wish, trouble: code });
    }
    const after = await look(runId);
    if (after !== null && after.wish !== seen.wish) return 0; // while the BMC was asked
    return seen.held ? AGAIN_MS[seen.bmc.kind] : undefined;
  };
};
