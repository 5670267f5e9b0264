/** A box with one host, led by hand: for tests that ask one question at one state. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClaimAnswer } from "../../agent/wire/messages.ts";
import type { StageState } from "../../agent/wire/names.ts";
import type { Answer, RefusalCode } from "../../appliance/core/ports.ts";
import type { OpenPower } from "../../appliance/core/power-port.ts";
import type { Orchestrator } from "../../appliance/orchestrator.ts";
import { openStore, type Store } from "../../appliance/store/open.ts";
import * as schema from "../../appliance/store/schema.ts";
import * as hostsSchema from "../../appliance/store/schema-hosts.ts";
import { startBox } from "./box.ts";
import { type Dice, type FakeClock, openDice, openFakeClock } from "./seeded.ts";
import { findingOf, SIMULATED_SPEC } from "./stages.ts";

/** MAC of the host. */
export const MAC = "52:54:00:00:00:01";
/** Boot ids, one for each boot. */
export const bootIdOf = (boot: number): string => `${String(boot).padStart(8, "0")}-0000-4000-8000-000000000000`;

/** The value of an answer; a refusal fails the test with its words. */
export const accepted = <T>(answer: Answer<T>): T => {
  if (!answer.ok) throw new Error(`refused: ${answer.refusal.code}: ${answer.refusal.detail}`);
  return answer.value;
};

/** The code of a refusal; null for a value. */
export const refusalOf = (answer: Answer<unknown>): RefusalCode | null => (answer.ok ? null : answer.refusal.code);

/** A box with one host, and its agent's own memory. */
export class Journey implements AsyncDisposable {
  readonly store: Store;
  readonly clock: FakeClock = openFakeClock();
  readonly dice: Dice = openDice(1);
  readonly artifactDir: string;
  /** Effects that fail until told otherwise. */
  failing = false;
  woken: string[] = [];
  /** Opens the BMC that a test has given to its host. */
  openPower: OpenPower = () => {
    throw new Error("this host has no BMC");
  };
  box: Orchestrator;
  hostId = "";
  runId = "";
  enrolCode = "";
  token = "";
  boot = 1;

  constructor(store: Store, artifactDir: string) {
    this.store = store;
    this.artifactDir = artifactDir;
    this.box = this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.box[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
    await rm(this.artifactDir, { recursive: true });
  }

  /** Drops the box as a power cut does, and starts another on the same record. */
  async restartBox(): Promise<void> {
    await this.box.settled();
    this.box = this.#start();
  }

  /** Looks and effects, until nothing is under way. */
  async tick(): Promise<void> {
    await this.box.tick();
    await this.box.settled();
  }

  async start(): Promise<void> {
    const input = { profile: "quick", destructive: false } as const;
    this.runId = accepted(await this.box.operators.startRun(this.hostId, input, "operator")).id;
  }

  /** The host asks for its script, and boots what it is told. */
  async script(): Promise<void> {
    const decision = await this.box.boots.decide(MAC);
    if (decision.kind !== "boot") throw new Error(`it boots ${decision.kind}`);
    this.enrolCode = decision.enrolCode;
  }

  /** The body of a claim by the current boot. */
  claimBody(agentStart = 1) {
    return { protocol: 1, bootId: bootIdOf(this.boot), mac: MAC, claimKey: "ab".repeat(16), agentStart } as const;
  }

  async claim(agentStart = 1): Promise<ClaimAnswer> {
    const answer = accepted(await this.box.agents.claim(this.runId, this.enrolCode, this.claimBody(agentStart)));
    this.token = answer.sessionToken;
    return answer;
  }

  /** The body of a stage's result. */
  resultBody(stage: StageState, kind: Parameters<typeof findingOf>[1] = "good", attempt = 1) {
    const { outcome, facts } = findingOf(stage, kind);
    return { bootId: bootIdOf(this.boot), stage, attempt, outcome, startedMs: 1, durationMs: 2, facts };
  }

  async result(stage: StageState, kind: Parameters<typeof findingOf>[1] = "good", attempt = 1) {
    return accepted(await this.box.agents.result(this.runId, this.resultBody(stage, kind, attempt)));
  }

  async heartbeat(acks: number[] = []) {
    return accepted(await this.box.agents.heartbeat(this.runId, { bootId: bootIdOf(this.boot), acks }));
  }

  /** Where the run stands. */
  async run() {
    const run = await this.box.reads.run(this.runId);
    if (run === null) throw new Error("there is no run");
    return run;
  }

  /** From a queued run to its agent's first stage. */
  async toFirstStage(): Promise<void> {
    await this.start();
    await this.tick();
    await this.script();
    await this.claim();
  }

  async toHold(): Promise<void> {
    await this.toFirstStage();
    await this.result("InventoryCheck", "bad");
    await this.box.settled();
  }

  /** All rows of all tables but those that every call may touch: the changes, and when somebody was last seen. */
  rows(): Promise<string> {
    return this.store.turn(async ({ db }) => {
      const { runs, changes: _, ...rest } = schema;
      const tables = { ...rest, ...hostsSchema };
      const told: unknown[] = [(await db.select().from(runs)).map(({ lastSeenMs: __, ...run }) => run)];
      for (const table of Object.values(tables)) told.push(await db.select().from(table));
      return JSON.stringify(told);
    });
  }

  #start(): Orchestrator {
    const around = {
      woken: async (runId: string) => void this.woken.push(runId),
      fails: () => this.failing,
      openPower: ((access, pinned) => this.openPower(access, pinned)) satisfies OpenPower,
    };
    const { clock, dice: random, artifactDir } = this;
    return startBox(this.store, { clock, random, around, artifactDir });
  }
}

/** Opens a box with one registered host. `path` is the database; in memory unless told. */
export const openJourney = async (path = ":memory:", specYaml = SIMULATED_SPEC): Promise<Journey> => {
  const journey = new Journey(await openStore({ path }), await mkdtemp(join(tmpdir(), "vetbox-artifacts-")));
  const input = { name: "r1", mac: MAC, specYaml };
  journey.hostId = accepted(await journey.box.operators.addHost(input, "operator")).id;
  return journey;
};
