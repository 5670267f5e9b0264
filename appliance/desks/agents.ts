/** The desk where agents ask (`core/ports.ts`). */
import type { Command, HoldAnswer } from "../../agent/wire/messages.ts";
import { accept, refuse } from "../core/answer.ts";
import type { AgentDesk, Answer } from "../core/ports.ts";
import type { RunRow } from "../core/record.ts";
import { TERMINAL } from "../core/states.ts";
import { loadHold, saveHoldInstalled } from "../store/holds.ts";
import { loadRun } from "../store/runs.ts";
import { authorise, claim, hello } from "./claims.ts";
import { noteHeard, type Office } from "./office.ts";
import { result } from "./results.ts";
import { artifact, flushSamples, heartbeat, log, type SampleMarks, sensor } from "./telemetry.ts";
import { commandNow } from "./waiting.ts";

/** The public key that a held server installs. */
const hold = (office: Office, runId: string, bootId: string): Promise<Answer<HoldAnswer>> =>
  office.store.turn(async (unit) => {
    const run = await loadRun(unit.db, runId);
    if (run === null) return refuse("not-found", "There is no such run.");
    if (run.state !== "FailedHolding" || run.bootId !== bootId)
      return refuse("out-of-turn", "This run is not held by this boot.");
    const key = await loadHold(unit.db, runId);
    if (key === null) return refuse("not-ready", "The key is being made. Ask again in a moment.");
    noteHeard(office, unit, run, null);
    // Answered again after a restart, written once.
    if (!key.installed) saveHoldInstalled(unit, runId);
    return accept({ authorizedKey: key.publicKey });
  });

/** The command that waits, now and whenever it changes, until the run has none left to give. */
async function* commands(office: Office, runId: string, signal: AbortSignal): AsyncGenerator<Command> {
  const load = (): Promise<RunRow | null> =>
    office.store.turn(async ({ db }) => {
      const run = await loadRun(db, runId);
      return run === null ? null : { ...run, command: await commandNow(office, db, run) };
    });
  const changes = office.store.feed.read(null, signal); // before the first look: what changes in between is not missed
  let told: number | null = null;
  /** A command is told once; the heartbeat repeats it until it is acknowledged. */
  const news = (run: RunRow | null): Command | null =>
    run === null || run.command === null || run.command.id === told ? null : run.command;
  const first = await load();
  const pending = news(first);
  if (pending !== null) {
    told = pending.id;
    yield pending;
  }
  for await (const change of changes) {
    if (change.runId !== runId && change.kind !== "reset") continue;
    const run = await load();
    const command = news(run);
    if (command !== null) {
      told = command.id;
      yield command;
    }
    if (run === null || (TERMINAL.has(run.state) && run.command === null)) return;
  }
}

/** Runs jobs of one key one after the other, those of different keys beside each other. */
const oneByOne = () => {
  const last = new Map<string, Promise<unknown>>();
  return <T>(key: string, job: () => Promise<T>): Promise<T> => {
    const mine = (last.get(key) ?? Promise.resolve()).then(job, job);
    const settled = mine.catch(() => {}); // the caller has the error; the next job does not care
    last.set(key, settled);
    void settled.then(() => {
      if (last.get(key) === settled) last.delete(key);
    });
    return mine;
  };
};

/** Opens the agents' desk. */
export const openAgentDesk = (office: Office): AgentDesk => {
  const taken: SampleMarks = new Map();
  const uploads = oneByOne(); // so that the quota counts the upload that is still being moved
  return {
    hello: (runId, bearer, body) => hello(office, runId, bearer, body),
    claim: (runId, bearer, body) => claim(office, runId, bearer, body),
    authorise: (runId, bearer) => authorise(office, runId, bearer),
    heartbeat: (runId, body) => heartbeat(office, runId, body),
    log: (runId, body) => log(office, runId, body),
    sensor: (runId, body) => sensor(office, taken, runId, body),
    artifact: (runId, query, path, sizeBytes) => uploads(runId, () => artifact(office, runId, query, path, sizeBytes)),
    result: async (runId, body) => {
      const answer = await result(office, runId, body);
      // The stage is over: what was measured in it is written with it.
      if (answer.ok) await flushSamples(office, (chunk) => chunk.runId === runId);
      return answer;
    },
    hold: (runId, bootId) => hold(office, runId, bootId),
    commands: (runId, signal) => commands(office, runId, signal),
  };
};
