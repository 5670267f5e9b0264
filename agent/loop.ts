/**
 * The agent: hello, claim, then whatever the box's turn says, until it says off.
 *
 * One task follows the turns; beside it run the heartbeat, the command stream, the sidecar and the spool's delivery, from claim to exit. None of
 * them can end another, and the box being away ends none of them.
 */
import { createBell } from "./bell.ts";
import { type Client, openClient } from "./client.ts";
import { claimRun, type EnrolParts, type Identity, sayHello } from "./enrol.ts";
import { beat, type LinkParts, runCommandStream, runHeartbeat } from "./heartbeat.ts";
import { holdOpen, removeHoldKey } from "./hold.ts";
import { createOrders } from "./orders.ts";
import { type Fetch, openPinnedFetch } from "./pinned-fetch.ts";
import { openSession, type Session, saveSession } from "./session.ts";
import { runSidecar } from "./sidecar.ts";
import { openSpool, type Spool } from "./spool.ts";
import { type Activity, type RunnersByState, runAttempt } from "./stage-attempt.ts";
import { specOf } from "./stages/catalog.ts";
import { RUNNERS } from "./stages/runners.ts";
import type { StageSpec } from "./stages/stage.ts";
import type { System } from "./system/system.ts";
import { createTurns, type Turns } from "./turns.ts";
import { VERSION } from "./version.ts";
import { createWatcher, type Watcher } from "./watch/watch.ts";
import { WIRE_PERIODS } from "./wire/limits.ts";
import type { LogLevel, StageState } from "./wire/names.ts";

/** Everything that an agent is made of; nothing else is read from its surroundings. */
export interface AgentOptions {
  readonly identity: Identity;
  readonly system: System;
  /** On a tmpfs: session and spool. `/run/vetbox` in the live image. */
  readonly stateDir: string;
  /** Where the hold's key is installed: `/` in the live image. */
  readonly rootDir: string;
  /** Switches the machine off. */
  readonly powerOff: () => Promise<void>;
  /** Ends the agent without switching anything off, as SIGTERM does. */
  readonly signal: AbortSignal;
  /** Address of the interface that booted, when it has one by now. */
  readonly address?: () => string | undefined;
  /** Told every line of the log as well. */
  readonly print?: (level: LogLevel, text: string) => void;
  /** Instead of the pinned one. */
  readonly fetch?: Fetch;
  /** Instead of the built stages' own. */
  readonly runners?: RunnersByState;
  /** Instead of the catalog's: the shapes that orders and facts are checked against. */
  readonly specOf?: (stage: StageState) => StageSpec | undefined;
  /** Instead of the one that watches the whole server around every stage; null for none. */
  readonly watcher?: Watcher | null;
}

/** How it ended: the machine was told to switch off, or the signal came. */
export type AgentEnd = "off" | "stopped";

/** Before power off: how long what still waits may take, and the last heartbeat. */
const DRAIN_MS = 30_000;
const LAST_BEAT_MS = 3_000;
/** Before a second claim of the same boot: how long the first agent's results may take. Delivered late they would be old news. */
const EARLIER_RESULTS_MS = 60_000;

interface Agent {
  readonly options: AgentOptions;
  readonly client: Client;
  readonly spool: Spool;
  readonly session: Session;
  readonly activity: Activity;
  readonly log: (level: LogLevel, text: string) => void;
}

const openAgent = (options: AgentOptions): Agent => {
  const { identity, system, stateDir, print } = options;
  const activity: Activity = {};
  const trouble = (what: string): void => {
    print?.("warn", what);
  };
  const spool = openSpool({ directory: `${stateDir}/spool`, bootId: identity.bootId, system, onTrouble: trouble });
  const log = (level: LogLevel, text: string): void => {
    print?.(level, text);
    spool.log(level, text, activity.stage);
  };
  const fetch = options.fetch ?? openPinnedFetch(identity.url, identity.pin);
  const client = openClient(identity.url, identity.runId, system, fetch);
  const session = openSession(stateDir, identity.runId, identity.bootId, system.random);
  return { options, client, spool, session, activity, log };
};

/** Carries out turns until one says off, or the agent is stopped. */
const followTurns = async (agent: Agent, bearer: string, turns: Turns, stopping: AbortSignal): Promise<AgentEnd> => {
  const { options, client, spool, activity, log } = agent;
  const { identity, system, rootDir } = options;
  const stages = { runners: options.runners ?? RUNNERS, specOf: options.specOf ?? specOf };
  // One for all stages: it remembers which sensors hang.
  const watcher = options.watcher === undefined ? createWatcher(system) : options.watcher;
  const finished = new Set<string>();
  const releaseKey = (): void => {
    if (removeHoldKey(rootDir)) log("info", "the hold key was removed");
  };
  while (!stopping.aborted) {
    const { current: turn, over } = turns;
    if (turn.do !== "hold") releaseKey();
    if (turn.do === "off") return "off";
    if (turn.do === "hold") {
      const signal = AbortSignal.any([over, stopping]);
      await holdOpen({ system, client, bearer, bootId: identity.bootId, runId: identity.runId, rootDir, log, signal });
    }
    const key = turn.do === "run" ? `${turn.stage} ${turn.attempt}` : "";
    if (turn.do === "run" && !finished.has(key)) {
      finished.add(key);
      const parts = {
        system,
        spool,
        bootId: identity.bootId,
        bootMac: identity.mac,
        ...stages,
        watcher,
        activity,
        log,
      };
      await runAttempt(parts, turn, over, stopping);
    }
    if (turns.current === turn) await turns.changed(stopping);
  }
  return "stopped";
};

const hasEnded = async (task: Promise<void>, name: string, agent: Agent): Promise<void> => {
  try {
    await task;
  } catch (error) {
    // Only a bug comes here: the tasks handle faults themselves. The others go on; the box notices what is missing.
    agent.log("error", `${name} ended: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
};

/** Delivers everything, says the last word, and switches the machine off. */
const leave = async (agent: Agent, link: LinkParts, signal: AbortSignal): Promise<void> => {
  const { options, spool, log } = agent;
  log("info", "power off");
  const isEmpty = await spool.drain("all", DRAIN_MS, signal);
  link.orders.leave();
  const late = new AbortController();
  await Promise.race([
    link.orders.acks().length > 0 ? beat(link, AbortSignal.any([signal, late.signal])) : undefined,
    options.system.clock.sleep(LAST_BEAT_MS, late.signal),
  ]);
  late.abort();
  if (!isEmpty) options.print?.("warn", `power off with undelivered messages: ${JSON.stringify(spool.waiting)}`);
};

/** Runs an agent to its end. It throws only when it cannot begin: no room for its session. */
export const runAgent = async (options: AgentOptions): Promise<AgentEnd> => {
  const { identity, system, signal, stateDir } = options;
  const agent = openAgent(options);
  const { client, spool, activity, log, session } = agent;
  log("info", `agent ${VERSION} begins, process ${session.agentStart} of this boot`);
  const enrol: EnrolParts = {
    system,
    client,
    identity,
    version: VERSION,
    address: options.address ?? (() => undefined),
    log,
    signal,
  };
  const hello = await sayHello(enrol, session);
  if (hello === null) return "stopped";

  const ending = new AbortController();
  const tasks: Promise<void>[] = [];
  const until = AbortSignal.any([signal, ending.signal]);
  const begin = (name: string, task: Promise<void>) => tasks.push(hasEnded(task, name, agent));
  // Until the claim is answered there is no turn, and a result's answer has nothing to say that the claim will not.
  let turns: Turns | undefined;
  const results = {
    stamp: () => turns?.epoch ?? -1,
    answered: ({ turn }: { turn: Turns["current"] }, epoch: number) => turns?.offer(turn, epoch),
  };
  let token = session.sessionToken ?? "";
  const deliver = () =>
    begin(
      "delivery",
      spool.deliver(client, () => token, results, until),
    );
  try {
    if (session.sessionToken !== undefined) {
      deliver();
      await spool.drain("results", EARLIER_RESULTS_MS, signal);
    }
    const claim = await claimRun(enrol, session);
    if (claim === null) return "stopped";
    const bearer = claim.sessionToken;
    token = bearer;
    saveSession(stateDir, { ...session, sessionToken: bearer });
    log("info", `claimed in ${claim.state}, turn ${claim.turn.do}`);
    turns = createTurns(claim.turn, system.clock);
    const bell = createBell(system.clock);
    const orders = createOrders(turns, log, bell.ring);
    const link: LinkParts = { system, client, bearer, bootId: identity.bootId, activity, turns, orders, log };
    if (session.sessionToken === undefined) deliver();
    begin("heartbeat", runHeartbeat(link, bell, Math.min(hello.heartbeatMs, WIRE_PERIODS.heartbeatMs), until));
    begin("command stream", runCommandStream(link, until));
    begin(
      "sidecar",
      runSidecar(system, (readings) => spool.sample(readings, activity.stage), until),
    );
    const end = await followTurns(agent, bearer, turns, signal);
    if (end === "off" && !signal.aborted) {
      await leave(agent, link, signal);
      await options.powerOff();
    }
    return end;
  } finally {
    ending.abort();
    await Promise.all(tasks);
  }
};
