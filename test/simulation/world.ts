/**
 * A simulated rack: the real orchestrator on a real database, and around it simulated time, servers, network and people.
 *
 * Everything happens one after the other in an order that the dice choose, so a seed that fails fails again.
 */
import type { ResultAnswer } from "../../agent/wire/messages.ts";
import type { Answer } from "../../appliance/core/ports.ts";
import type { Orchestrator } from "../../appliance/orchestrator.ts";
import type { Db, Store } from "../../appliance/store/open.ts";
import { loadActiveRuns, loadRun } from "../../appliance/store/runs.ts";
import { transitions } from "../../appliance/store/schema.ts";
import { type CrashableStore, crashable, PLACES, PowerCut, startBox } from "./box.ts";
import { type Message, type PostedResult, SimulatedHost } from "./host.ts";
import {
  countDispatched,
  findLinkShared,
  findLostResults,
  findOvercrowded,
  findOverdue,
  findUnallowedWipes,
  findUndone,
  findViolations,
  keyOf,
  type Truth,
  type Wipe,
} from "./invariants.ts";
import { BMC, Lamps } from "./lamps.ts";
import { type Dice, type FakeClock, openDice, openFakeClock } from "./seeded.ts";
import { type Finding, SIMULATED_SPEC } from "./stages.ts";

const HOSTS = 3;
const GRACE_MS = 180_000;
const BOOT_MS = 900_000;
const WAKE_MS = 900_000;
/** More messages than this are not under way at once; the oldest is lost. */
const MAX_UNDER_WAY = 12;

/** An answer under way to the agent that asked. */
interface Reply {
  readonly message: Message;
  readonly answer: unknown;
}

/** One life of the box: from power-on to power cut. */
interface BoxLife {
  readonly power: CrashableStore;
  readonly box: Orchestrator;
  /** By the wall clock as it is now set. */
  startMs: number;
  readonly startMonoMs: number;
}

/** Whether an answer tells an agent to measure the network now. */
const saysMeasure = (answer: unknown): boolean => JSON.stringify(answer)?.includes('"stage":"Network"') ?? false;

/** Whether an agent's call was let in: one that was refused is no sign of its life. */
const isTaken = (answer: unknown): boolean =>
  typeof answer === "object" && answer !== null && "ok" in answer && answer.ok === true;

/** The world of one seed. */
export class World {
  readonly dice: Dice;
  readonly clock: FakeClock = openFakeClock();
  readonly story: string[] = [];
  readonly counts: Record<string, number> = {};
  readonly violations: string[] = [];
  readonly hosts: SimulatedHost[];
  readonly lamps: Lamps;
  /** Whether messages are lost and effects fail. */
  adverse = true;
  readonly #store: Store;
  readonly #findings = new Map<string, Finding>();
  readonly #acknowledged = new Set<string>();
  readonly #wipes: Wipe[] = [];
  readonly #answers = new Map<string, string>();
  readonly #heardMonoMs = new Map<string, number>();
  readonly #saidMonoMs = new Map<string, number>();
  readonly #bootedMonoMs = new Map<string, number>();
  #life: BoxLife;
  #messages: Message[] = [];
  #replies: Reply[] = [];
  #detour: Message[] = [];
  #looked = 0;

  constructor(seed: number, store: Store) {
    this.dice = openDice(seed);
    this.lamps = new Lamps(this.dice, () => this.adverse);
    this.#store = store;
    this.#life = this.#startBox();
    const witness = {
      posting: (result: PostedResult) => this.#posting(result),
      posted: (result: PostedResult, answer: Answer<ResultAnswer>) => this.#posted(result, answer),
      wiped: (runId: string, attempt: number, overrideId: string) => {
        this.tell("wiped", overrideId);
        this.#wipes.push({ runId, attempt, overrideId });
      },
    };
    this.hosts = Array.from(
      { length: HOSTS },
      (_, i) => new SimulatedHost(`52:54:00:00:00:0${i + 1}`, this.dice, witness),
    );
  }

  /** Registers the hosts. */
  async furnish(): Promise<void> {
    for (const [i, host] of this.hosts.entries()) {
      const input = { name: `r${i + 1}`, mac: host.mac, specYaml: SIMULATED_SPEC };
      const added = await this.#life.box.operators.addHost(input, "operator");
      if (added.ok) host.hostId = added.value.id;
      await this.#life.box.operators.setBmc(host.hostId, BMC, "operator");
      host.hasData = this.dice.chance(0.8);
    }
  }

  /** Remembers that something happened. */
  tell(what: string, detail = ""): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
    this.story.push(`${this.clock.monoMs() / 1000} ${what} ${detail}`.trimEnd());
  }

  /** Lets the box do something. A power cut in it is an event of this world; the next life begins on the same record. */
  async withBox(what: string, work: (box: Orchestrator) => Promise<unknown>): Promise<void> {
    try {
      await work(this.#life.box);
      await this.#life.box.settled();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
    if (this.#life.power.dead) {
      this.tell("power-cut", what);
      await this.#life.box.settled();
      this.#life = this.#startBox();
    }
  }

  /** Arms a power cut in one of the next turns of the database. */
  armPowerCut(): void {
    this.#life.power.arm(1 + this.dice.below(6), this.dice.chance(0.5) ? "before" : "after");
  }

  /** One tick, and the look at deadlines that belongs to it. */
  async tick(): Promise<void> {
    const life = this.#life;
    let whole = false;
    const dispatched = await this.#store.turn(({ db }) => countDispatched(db));
    await this.withBox("tick", async (box) => {
      await box.tick();
      whole = true;
    });
    if (!whole || this.#life !== life) return;
    const seen = {
      ...{ nowMs: this.clock.wallMs(), boxStartMs: life.startMs, graceMs: GRACE_MS, bootMs: BOOT_MS, wakeMs: WAKE_MS },
      ...{ nowMonoMs: this.clock.monoMs(), boxStartMonoMs: life.startMonoMs },
      ...{ heardMonoMs: this.#heardMonoMs, saidMonoMs: this.#saidMonoMs, bootedMonoMs: this.#bootedMonoMs },
    };
    await this.#check((db) => findOverdue(db, seen));
    await this.#check((db) => findOvercrowded(db, dispatched, PLACES));
  }

  /** Somebody sets the box's clock, by more than a minute, and the box sees it at its next tick. */
  async setClock(): Promise<void> {
    const byMs = (this.dice.chance(0.5) ? 1 : -1) * (60_000 + this.dice.below(3_600_000));
    this.tell("clock-set", `${byMs / 1000} s`);
    this.clock.setWall(byMs);
    this.#life.startMs += byMs;
    await this.tick();
  }

  /** A server says what it would say next. */
  speak(host: SimulatedHost): void {
    const message = host.next();
    if (message === null) return;
    this.#messages.push(message);
    if (this.#messages.length > MAX_UNDER_WAY) this.#messages.shift();
  }

  /** The network delivers a message: any, perhaps twice, perhaps to nobody. */
  async deliver(): Promise<void> {
    const message = this.dice.pick(this.#messages);
    if (message === undefined) return;
    if (!this.adverse || !this.dice.chance(0.15)) this.#messages = this.#messages.filter((m) => m !== message);
    else this.tell("doubled", message.call);
    if (this.adverse && this.dice.chance(0.1)) return this.tell("lost", message.call);
    if (this.adverse && this.dice.chance(0.1)) return void this.#detour.push(message);
    await this.#hand(message);
  }

  /** A message that took a long way arrives, when nobody thinks of it any more. */
  async deliverLate(): Promise<void> {
    const message = this.#detour.shift();
    if (message === undefined) return;
    this.tell("late", message.call);
    await this.#hand(message);
  }

  async #hand(message: Message): Promise<void> {
    this.tell(message.call, message.host.mac);
    await this.withBox(message.call, async (box) => {
      const answer = await message.deliver(box);
      this.#replies.push({ message, answer });
      if (isTaken(answer)) {
        this.#heardMonoMs.set(message.runId, this.clock.monoMs());
        // A hello is a boot under way, no agent at work.
        if (message.call !== "hello") this.#saidMonoMs.set(message.runId, this.clock.monoMs());
      }
      if (saysMeasure(answer)) await this.#check((db) => findLinkShared(db, message.runId, "measure"));
    });
  }

  /** The network delivers an answer, in any order; one whose asker is gone reaches nobody. */
  answer(): void {
    const reply = this.dice.pick(this.#replies);
    if (reply === undefined) return;
    this.#replies = this.#replies.filter((r) => r !== reply);
    if (this.adverse && this.dice.chance(0.1)) this.tell("lost-answer", reply.message.call);
    else if (reply.message.life === reply.message.host.life) reply.message.receive(reply.answer);
    else this.tell("late-answer", reply.message.call);
  }

  /** Loses everything under way. */
  silenceNetwork(): void {
    this.#messages = [];
    this.#replies = [];
    this.#detour = [];
  }

  /** The box sees a server boot. */
  async seeBoot(host: SimulatedHost): Promise<void> {
    const atMs = this.clock.wallMs();
    const event = { mac: host.mac, step: "dhcp-discover", atMs, detail: "", complete: true } as const;
    await this.withBox("seen", (box) => box.boots.seen(event));
    this.#bootedMonoMs.set(host.hostId, this.clock.monoMs());
  }

  /** Runs that are not over. */
  active() {
    return this.#store.turn(({ db }) => loadActiveRuns(db));
  }

  /** Looks at the record; in depth at the runs that changed since the last look. */
  async inspect(): Promise<void> {
    if (this.#store.feed.seq === this.#looked) return;
    const changes = this.#store.feed.since(this.#looked);
    this.#looked = this.#store.feed.seq;
    const touched = new Set(changes.flatMap(({ runId }) => (runId === null ? [] : [runId])));
    for (const runId of touched) this.#heardMonoMs.set(runId, this.clock.monoMs());
    await this.#check((db) => findViolations(db, this.#truth(), touched));
  }

  /** Looks for acknowledged results that are gone. */
  inspectResults(): Promise<void> {
    return this.#check((db) => findLostResults(db, this.#truth()));
  }

  /** Looks for data that was destroyed without leave. */
  inspectWipes(): Promise<void> {
    return this.#check((db) => findUnallowedWipes(db, this.#truth()));
  }

  /** Looks for LEDs that mislead whoever walks to the rack. */
  inspectLamps(): Promise<void> {
    return this.#check((db) => this.lamps.findWrong(db));
  }

  /** Looks for effects that were not carried out. */
  inspectEffects(): Promise<void> {
    return this.#check(findUndone);
  }

  /** Asks the record through the real store, also when the box has no power. */
  async #check(find: (db: Db) => Promise<readonly string[]>): Promise<void> {
    this.#note(await this.#store.turn(({ db }) => find(db)));
  }

  /** Counts how the runs ended, and which of their states a test may ask for. */
  async countEnds(): Promise<void> {
    const passed = await this.#store.turn(({ db }) => db.select({ to: transitions.to }).from(transitions));
    for (const { to } of passed) this.counts[to] = (this.counts[to] ?? 0) + 1;
  }

  #truth(): Truth {
    return { findings: this.#findings, acknowledged: this.#acknowledged, wipes: this.#wipes };
  }

  #note(found: readonly string[]): void {
    for (const violation of found) if (!this.violations.includes(violation)) this.violations.push(violation);
  }

  #posting({ runId, stage, attempt, finding }: PostedResult): void {
    const key = keyOf(runId, stage, attempt);
    if (!this.#findings.has(key)) this.#findings.set(key, finding);
  }

  async #posted({ runId, stage, attempt }: PostedResult, answer: Answer<ResultAnswer>): Promise<void> {
    if (!answer.ok) return;
    const key = keyOf(runId, stage, attempt);
    const rev = (await this.#store.turn(({ db }) => loadRun(db, runId)))?.rev;
    this.#acknowledged.add(key);
    const text = answer.value.next_state;
    const at = `${key} rev ${rev}`; // once the run has moved on, it is answered by where it stands then
    const before = this.#answers.get(at);
    if (before !== undefined && before !== text) this.#note([`the result ${at} was answered in two ways`]);
    this.#answers.set(at, text);
  }

  #startBox(): BoxLife {
    const power = crashable(this.#store);
    const around = {
      woken: (runId: string) => this.#wake(runId),
      fails: () => this.adverse && this.dice.chance(0.2),
      openPower: this.lamps.openPower,
    };
    const box = startBox(power, { clock: this.clock, random: this.dice, around });
    return { power, box, startMs: Math.round(this.clock.wallMs()), startMonoMs: this.clock.monoMs() };
  }

  async #wake(runId: string): Promise<void> {
    await this.#check((db) => findLinkShared(db, runId, "wake"));
    const run = await this.#store.turn(({ db }) => loadRun(db, runId));
    const host = this.hosts.find((h) => h.hostId === run?.hostId);
    if (host === undefined || host.power === "script" || host.power === "live") return;
    if (!this.adverse || this.dice.chance(0.7)) host.boot();
  }
}
