/**
 * The orchestrator: every event of every run goes through one queue, is decided by the table, and is committed in one transaction with all that
 * follows from it. Opened on a record, it goes on where that record stands; nothing has to be armed again.
 */
import { BUILT_STAGES, specOf } from "../agent/stages/catalog.ts";
import type { Clock } from "../agent/system/clock.ts";
import type { Random } from "../agent/system/random.ts";
import type { LinkBook } from "./core/link-port.ts";
import { stageLimitMs } from "./core/orders.ts";
import type { AgentDesk, BootDesk, OperatorDesk, ReadModel } from "./core/ports.ts";
import type { OpenPower } from "./core/power-port.ts";
import type { Readings } from "./core/record.ts";
import type { Deadlines } from "./core/step.ts";
import { openAgentDesk } from "./desks/agents.ts";
import { openBootDesk } from "./desks/boots.ts";
import { type DeskLog, nowOf, type Office, type StageBook } from "./desks/office.ts";
import { openOperatorDesk } from "./desks/operators.ts";
import { type BoxFacts, openReadModel } from "./desks/reads.ts";
import { flushSamples } from "./desks/telemetry.ts";
import { dispatch } from "./dispatcher.ts";
import { type Executors, Outbox } from "./outbox.ts";
import type { Store } from "./store/open.ts";
import { SampleBuffer } from "./store/samples.ts";
import { catchUpWithClock, lookAtTime } from "./ticker.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

/** The stages that are built. */
export const BUILT_BOOK: StageBook = { order: BUILT_STAGES, specOf };

/** The deadlines of a box whose config says nothing of them. */
export const DEFAULT_DEADLINES: Deadlines = {
  queuedMs: 7 * DAY_MS,
  wakeMs: 15 * MINUTE_MS,
  bootMs: 15 * MINUTE_MS,
  holdMs: 7 * DAY_MS,
  stageMs: (stage, orders) => stageLimitMs(orders[stage]?.expectedMs ?? 0),
};

/** What the orchestrator is opened with. */
export interface OrchestratorOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** 32 random bytes that are the box's own and outlive its restarts: session tokens follow from them. */
  readonly boxKey: Uint8Array;
  readonly effects: Executors;
  /** Opens hosts' BMCs for operators. */
  readonly openPower: OpenPower;
  readonly log: DeskLog;
  /** How the box names itself. */
  readonly box: BoxFacts;
  /** SHA-256 of the root file system that runs boot; null while there is none. */
  readonly imageId: string | null;
  /** On the same file system as the uploads, which are moved here. */
  readonly artifactDir: string;
  readonly deadlines?: Deadlines;
  /** How many runs go at once. */
  readonly places?: number;
  /** How long an agent may be silent. */
  readonly graceMs?: number;
  readonly stages?: StageBook;
  /** Servers for network measurements; without them the stage is told of none. */
  readonly link?: LinkBook;
  /** Whether transitions are announced over MQTT. */
  readonly announces?: boolean;
}

/** The open orchestrator: its desks, and its pulse. */
export interface Orchestrator extends AsyncDisposable {
  readonly agents: AgentDesk;
  readonly operators: OperatorDesk;
  readonly boots: BootDesk;
  readonly reads: ReadModel;
  /** Looks at all that time can change, gives out places, and begins what the outbox holds. To be called every second or so. */
  tick(): Promise<void>;
  /** Waits until no effect is under way. */
  settled(): Promise<void>;
  /** Now, by the clock that the record is written in. */
  nowMs(): number;
  /** What the sensors of a run that is under way said last. */
  readings(runId: string): Readings | null;
}

const DEFAULT_PLACES = 3;
const DEFAULT_GRACE_MS = 3 * MINUTE_MS;

/** Opens the orchestrator on its record. */
export const openOrchestrator = (options: OrchestratorOptions): Orchestrator => {
  const { store, clock, random, boxKey, log, imageId, artifactDir } = options;
  const stages = options.stages ?? BUILT_BOOK;
  const office: Office = {
    ...{ store, clock, random, boxKey, log, imageId, artifactDir, stages, openPower: options.openPower },
    deadlines: options.deadlines ?? DEFAULT_DEADLINES,
    places: options.places ?? DEFAULT_PLACES,
    graceMs: options.graceMs ?? DEFAULT_GRACE_MS,
    samples: new SampleBuffer(),
    boxStartMs: 0,
    clockOffsetMs: clock.wallMs() - clock.monoMs(),
    link: options.link ?? null,
    measuring: new Map(),
    presence: new Map(),
    announces: options.announces ?? false,
    readings: new Map(),
    effectsWait: () => outbox.drain(),
  };
  office.boxStartMs = nowOf(office);
  const outbox = new Outbox(office, options.effects);
  // The first turn of this process: whoever asks next meets a record without future.
  catchUpWithClock(office).catch((err) => log.error({ err }, "the record could not be held against the clock"));
  return {
    agents: openAgentDesk(office),
    operators: openOperatorDesk(office),
    boots: openBootDesk(office),
    reads: openReadModel(office, options.box),
    tick: async () => {
      await lookAtTime(office);
      await dispatch(office, (options.box.otherDhcp?.() ?? []).length > 0);
      outbox.drain();
    },
    settled: () => outbox.settled(),
    nowMs: () => nowOf(office),
    readings: (runId) => office.readings.get(runId) ?? null,
    [Symbol.asyncDispose]: async () => {
      await outbox[Symbol.asyncDispose]();
      await flushSamples(office, () => true);
    },
  };
};
