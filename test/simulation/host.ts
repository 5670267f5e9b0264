/**
 * A simulated server with its agent: what it knows, what it would send next, what it makes of an answer.
 *
 * It is the protocol's contract in small, not the real agent: a state machine that may be killed, rebooted and switched off at any moment.
 */
import type { ClaimAnswer, HeartbeatAnswer, ResultAnswer, Turn } from "../../agent/wire/messages.ts";
import type { StageState } from "../../agent/wire/names.ts";
import type { Answer } from "../../appliance/core/ports.ts";
import type { Orchestrator } from "../../appliance/orchestrator.ts";
import type { Dice } from "./seeded.ts";
import { type Finding, findingOf } from "./stages.ts";

/** The calls that a simulated agent makes. */
export type CallName = "script" | "hello" | "claim" | "heartbeat" | "result" | "hold" | "log";

/** A message under way to the box. */
export interface Message {
  readonly host: SimulatedHost;
  /** The run that it is about; empty for a boot script. */
  readonly runId: string;
  /** The agent process that sent it; its answer reaches no other. */
  readonly life: number;
  readonly call: CallName;
  /** Carries it out at whatever box is running, and yields what is to be told to the sender. */
  readonly deliver: (box: Orchestrator) => Promise<unknown>;
  readonly receive: (answer: unknown) => void;
}

/** What the world is told of a result. */
export interface PostedResult {
  readonly runId: string;
  readonly stage: StageState;
  readonly attempt: number;
  readonly finding: Finding;
}

/** Who remembers what was really found, whatever the record says. */
export interface Witness {
  posting(result: PostedResult): void;
  posted(result: PostedResult, answer: Answer<ResultAnswer>): Promise<void>;
  /** Data was destroyed, by this leave. */
  wiped(runId: string, attempt: number, overrideId: string): void;
}

interface Work {
  readonly stage: StageState;
  readonly attempt: number;
  readonly finding: Finding;
}

/** A server in the rack. */
export class SimulatedHost {
  readonly mac: string;
  hostId = "";
  power: "off" | "script" | "live" | "disk" = "off";
  /** Whether its parts are all good from now on; the adversary changes it. */
  mood: "healthy" | "fickle" = "fickle";
  /** Whether somebody's data is on its disk. */
  hasData = false;
  /** Counts agent processes and boots: what an earlier life sent is answered into the void. */
  life = 0;
  readonly #witness: Witness;
  readonly #dice: Dice;
  #runId = "";
  #enrolCode = "";
  #bootId = "";
  #claimKey = "";
  #agentStart = 0;
  #token = "";
  #greeted = false;
  #turn: Turn = { do: "wait" };
  #work: Work | null = null;
  #acks: number[] = [];
  #seq = 0;

  constructor(mac: string, dice: Dice, witness: Witness) {
    this.mac = mac;
    this.#witness = witness;
    this.#dice = dice;
  }

  /** Switches it on, or off and on: a new boot with nothing in its RAM. */
  boot(): void {
    this.power = "script";
    this.life += 1;
    this.#bootId = `${this.#dice.hex(4)}-${this.#dice.hex(2)}-4${this.#dice.hex(2).slice(1)}-8${this.#dice.hex(2).slice(1)}-${this.#dice.hex(6)}`;
    this.#claimKey = this.#dice.hex(16);
    this.#agentStart = 0;
    this.#token = "";
    this.#forget();
  }

  /** The agent's process ends and is started again; its RAM-backed files stay. */
  restartAgent(): void {
    if (this.power !== "live") return;
    this.life += 1;
    this.#forget();
    this.#agentStart += 1;
  }

  off(): void {
    this.power = "off";
    this.life += 1;
  }

  #forget(): void {
    this.#greeted = false;
    this.#turn = { do: "wait" };
    this.#work = null;
    this.#acks = [];
  }

  /** What it sends next; null when it has nothing to say. */
  next(): Message | null {
    if (this.power === "script") return this.#script();
    if (this.power !== "live") return null;
    if (!this.#greeted) return this.#dice.chance(0.5) && this.#token === "" ? this.#hello() : this.#claim();
    const turn = this.#turn;
    if (turn.do === "off" && this.#acks.length === 0 && this.#dice.chance(0.3)) {
      this.off();
      return null;
    }
    if (turn.do === "hold" && this.#dice.chance(0.5)) return this.#hold();
    if (turn.do === "run" && this.#dice.chance(0.6)) return this.#result(turn);
    return this.#dice.chance(0.2) ? this.#log() : this.#heartbeat();
  }

  #message<T>(call: CallName, send: (box: Orchestrator) => Promise<T>, receive: (answer: T) => void): Message {
    return {
      host: this,
      runId: this.#runId,
      life: this.life,
      call,
      deliver: send,
      receive: (answer) => receive(answer as T),
    };
  }

  #script(): Message {
    return this.#message(
      "script",
      (box) => box.boots.decide(this.mac),
      (decision) => {
        if (decision.kind !== "boot") {
          this.power = "disk";
          return;
        }
        this.power = "live";
        this.#runId = decision.runId;
        this.#enrolCode = decision.enrolCode;
        this.#agentStart = 1;
        this.#seq = 0;
      },
    );
  }

  #bearer(): string {
    return this.#token === "" ? this.#enrolCode : this.#token;
  }

  #hello(): Message {
    const body = {
      protocol: 1,
      bootId: this.#bootId,
      agentVersion: "1",
      mac: this.mac,
      uptimeMs: 9,
      clockMs: 9,
    } as const;
    const [runId, bearer] = [this.#runId, this.#bearer()];
    return this.#message(
      "hello",
      (box) => box.agents.hello(runId, bearer, { ...body, address: "10.0.0.9" }),
      () => {},
    );
  }

  #claim(): Message {
    const { mac } = this;
    const body = {
      protocol: 1,
      bootId: this.#bootId,
      mac,
      claimKey: this.#claimKey,
      agentStart: this.#agentStart,
    } as const;
    const [runId, bearer] = [this.#runId, this.#bearer()];
    return this.#message(
      "claim",
      (box) => box.agents.claim(runId, bearer, body),
      (answer: Answer<ClaimAnswer>) => {
        if (!answer.ok) return this.off(); // refused: the run is over or another boot has it
        this.#token = answer.value.sessionToken;
        this.#greeted = true;
        this.#turn = answer.value.turn;
      },
    );
  }

  /** A call after the token was checked, as the HTTP edge makes it. */
  #authorised<T>(
    call: CallName,
    send: (box: Orchestrator) => Promise<Answer<T>>,
    receive: (value: T) => void,
  ): Message {
    const [runId, token] = [this.#runId, this.#token];
    return this.#message(
      call,
      async (box): Promise<Answer<T>> => {
        const known = await box.agents.authorise(runId, token);
        return known.ok ? send(box) : known;
      },
      (answer) => {
        if (answer.ok) receive(answer.value);
        else if (answer.refusal.code === "token-invalid") this.off();
      },
    );
  }

  #heartbeat(): Message {
    const [runId, acks] = [this.#runId, [...this.#acks]];
    const at = this.#turn.do === "run" ? { stage: this.#turn.stage, attempt: this.#turn.attempt } : {};
    return this.#authorised(
      "heartbeat",
      (box) => box.agents.heartbeat(runId, { bootId: this.#bootId, acks, progress: 0.5, ...at }),
      ({ command, turn }: HeartbeatAnswer) => {
        this.#acks = this.#acks.filter((id) => !acks.includes(id));
        if (command.id !== 0 && !this.#acks.includes(command.id)) this.#acks.push(command.id);
        this.#follow(turn);
      },
    );
  }

  #result(turn: Extract<Turn, { do: "run" }>): Message {
    const { stage, attempt } = turn;
    if (this.#work?.stage !== stage || this.#work.attempt !== attempt) {
      const dice = this.#dice;
      const kind =
        this.mood === "healthy" || dice.chance(0.8)
          ? "good"
          : (dice.pick(["bad", "nonsense", "error"] as const) ?? "bad");
      const found = stage === "Storage" && this.hasData && !this.#wipe(turn) ? "data" : kind;
      this.#work = { stage, attempt, finding: findingOf(stage, found) };
    }
    const { finding } = this.#work;
    const runId = this.#runId;
    const body = {
      bootId: this.#bootId,
      stage,
      attempt,
      outcome: finding.outcome,
      startedMs: 1,
      durationMs: 1,
      facts: finding.facts,
    };
    return this.#authorised(
      "result",
      async (box) => {
        const told = { runId, stage, attempt, finding };
        this.#witness.posting(told); // before: a power cut after the commit takes the answer, not the result
        const answer = await box.agents.result(runId, body);
        await this.#witness.posted(told, answer);
        return answer;
      },
      (value) => {
        this.#follow(value.turn);
      },
    );
  }

  /** Destroys the data if there is leave to; answers whether there was. */
  #wipe({ attempt, grant }: Extract<Turn, { do: "run" }>): boolean {
    if (grant?.kind !== "wipe" || !grant.serials.includes("DISK1")) return false;
    this.#witness.wiped(this.#runId, attempt, grant.overrideId);
    this.hasData = false;
    return true;
  }

  /** A turn that is older than the one it works on is old news, as the agent's own `turns.ts` has it. */
  #follow(turn: Turn): void {
    const now = this.#turn;
    const isOld = now.do === "run" && turn.do === "run" && now.stage === turn.stage && turn.attempt < now.attempt;
    if (!isOld) this.#turn = turn;
  }

  #hold(): Message {
    const runId = this.#runId;
    return this.#authorised(
      "hold",
      (box) => box.agents.hold(runId, this.#bootId),
      () => {},
    );
  }

  #log(): Message {
    this.#seq += 1;
    const entries = [{ seq: this.#seq, atMs: this.#seq, level: "info", text: `line ${this.#seq}` } as const];
    const runId = this.#runId;
    return this.#authorised(
      "log",
      (box) => box.agents.log(runId, { bootId: this.#bootId, entries: [...entries] }),
      () => {},
    );
  }
}
