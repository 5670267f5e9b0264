/**
 * Carries out the effects that transitions asked for: at least once, in their order, for ever until they succeed.
 *
 * Effects of one run that touch the same thing wait for each other; all others run beside each other. A row goes when its effect is done, so a
 * power cut in between repeats it.
 */
import { Fault } from "../agent/system/fault.ts";
import { linkHolders } from "./core/dispatch.ts";
import { awaitsHost } from "./core/due.ts";
import { WAKE_ROUND_MS } from "./core/power-escalation.ts";
import type { EffectKind } from "./core/step.ts";
import { lineUp } from "./desks/link-line.ts";
import { lastSeenOf, type Office } from "./desks/office.ts";
import { loadLastBootMs } from "./store/boots.ts";
import { loadOutbox, type OutboxRow, removeOutbox } from "./store/outbox.ts";
import { loadActiveRuns } from "./store/runs.ts";

/** Carries out an effect of a run, which failed so many times in a row. It may answer in how many ms it is to be repeated; without, it is done. */
export type Executor = (
  runId: string,
  signal: AbortSignal,
  fails: number,
) => Promise<void> | Promise<number | undefined>;

/** What carries out each kind of effect. Repeating one must do no harm. */
export type Executors = Readonly<Record<EffectKind, Executor>>;

/** Effects of one run in the same lane keep their order. */
const LANE: Record<EffectKind, string> = {
  wake: "wake",
  escalateWake: "power",
  diagnoseLoss: "report", // the report tells of it
  issueHoldKey: "key",
  revokeHoldKey: "key",
  identifyHost: "identify", // a BMC that is away may hold it up for hours: nothing waits for an LED
  renderReport: "report",
};

/** What a later one of the same kind makes needless: each does what is right by then. */
const LAST_ALONE: ReadonlySet<EffectKind> = new Set(["identifyHost", "renderReport"]);

/** What is repeated until the host is seen: a magic packet may be lost, firmware may not listen yet, a BMC decides anew at each look. */
const UNTIL_SEEN_MS: Partial<Record<EffectKind, number>> = { wake: WAKE_ROUND_MS, escalateWake: 5_000 };
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 300_000;
/** No effect of the box takes this long; one that does is hung. */
const LIMIT_MS = 60_000;

/** An effect that is being carried out. */
interface Flight {
  readonly controller: AbortController;
  readonly startedMonoMs: number;
  readonly done: Promise<void>;
}

/** Rejects when the signal aborts, so that an executor that ignores its signal holds nothing up. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** The runner of effects. */
export class Outbox {
  readonly #office: Office;
  readonly #executors: Executors;
  readonly #flights = new Map<string, Flight>();
  readonly #waits = new Map<number, { readonly tries: number; readonly untilMonoMs: number }>();
  #pumping: Promise<void> | null = null;
  #again = false;
  #closed = false;

  constructor(office: Office, executors: Executors) {
    this.#office = office;
    this.#executors = executors;
  }

  /** Begins every effect that is due, and gives up on those that hang. It does not wait for them. */
  drain(): void {
    const nowMonoMs = this.#office.clock.monoMs();
    for (const { controller, startedMonoMs } of this.#flights.values())
      if (nowMonoMs - startedMonoMs >= LIMIT_MS) controller.abort(new Fault("tool-timeout", { limitMs: LIMIT_MS }));
    this.#again = true;
    this.#pumping ??= this.#pump();
  }

  /** Waits until nothing is under way. */
  async settled(): Promise<void> {
    while (this.#pumping !== null || this.#flights.size > 0)
      await Promise.all([this.#pumping, ...[...this.#flights.values()].map((f) => f.done)]);
  }

  /** Aborts what is under way; its rows stay for the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const { controller } of this.#flights.values()) controller.abort(new Fault("bad-state", { closing: true }));
    await this.settled();
  }

  async #pump(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        await this.#startDue();
      }
    } catch (error) {
      this.#office.log.error({ err: error }, "the outbox could not be read; the next tick tries again");
    } finally {
      this.#pumping = null;
    }
  }

  async #startDue(): Promise<void> {
    const lanes = new Map<string, OutboxRow[]>();
    for (const row of await this.#office.store.turn(({ db }) => loadOutbox(db))) {
      const key = `${row.runId} ${LANE[row.kind]}`;
      lanes.set(key, [...(lanes.get(key) ?? []), row]);
    }
    for (const [key, [head, ...later]] of lanes) {
      if (head === undefined || this.#flights.has(key)) continue;
      const stale = LAST_ALONE.has(head.kind) && later.some(({ kind }) => kind === head.kind);
      if (!stale && (this.#waits.get(head.id)?.untilMonoMs ?? 0) > this.#office.clock.monoMs()) continue;
      this.#start(key, head, stale);
    }
  }

  #start(key: string, row: OutboxRow, stale: boolean): void {
    const controller = new AbortController();
    const run = async () => {
      if (stale || (await this.#perform(row, controller.signal))) await this.#finish(row);
    };
    const done = run()
      .catch((error) => this.#failed(row, error))
      .finally(() => {
        this.#flights.delete(key);
        if (!this.#closed) this.drain();
      });
    this.#flights.set(key, { controller, startedMonoMs: this.#office.clock.monoMs(), done });
  }

  /** Carries one effect out; answers whether it is done for good. */
  async #perform(row: OutboxRow, signal: AbortSignal): Promise<boolean> {
    const fails = this.#waits.get(row.id)?.tries ?? 0;
    const execute = () => Promise.race([this.#executors[row.kind](row.runId, signal, fails), aborted(signal)]);
    const everyMs = UNTIL_SEEN_MS[row.kind];
    if (everyMs === undefined) {
      const againMs = await execute();
      if (typeof againMs !== "number") return true;
      this.#wait(row, 0, againMs);
      return false;
    }
    const [active, lastBootMs] = await this.#office.store.turn(async ({ db }) => [
      await loadActiveRuns(db),
      await loadLastBootMs(db, row.runId),
    ]);
    const run = active.find(({ id }) => id === row.runId);
    // Seen, or over.
    if (run === undefined || !awaitsHost(run, { lastSeenMs: lastSeenOf(this.#office, run), lastBootMs })) return true;
    this.#wait(row, 0, everyMs);
    // A retried server that has to boot first uses the link like any other that boots.
    const users = active.map((one) => (one.id === run.id ? { ...one, state: "WaitingWoL" as const } : one));
    if (linkHolders(users, lineUp(this.#office, active)).has(run.id)) await execute();
    return false;
  }

  #finish(row: OutboxRow): Promise<void> {
    this.#waits.delete(row.id);
    return this.#office.store.turn(async (unit) => removeOutbox(unit, row.id));
  }

  #failed(row: OutboxRow, error: unknown): void {
    const tries = (this.#waits.get(row.id)?.tries ?? 0) + 1;
    this.#wait(row, tries, Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(tries - 1, 20)));
    if (!this.#closed)
      this.#office.log.warn(
        { runId: row.runId, effect: row.kind, tries, err: error },
        "an effect failed; it is tried again",
      );
  }

  #wait(row: OutboxRow, tries: number, ms: number): void {
    this.#waits.set(row.id, { tries, untilMonoMs: this.#office.clock.monoMs() + ms });
  }
}
