/** An agent under test: the real loop against a scripted box, in directories of its own, until the test is over. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentEnd, type AgentOptions, runAgent } from "../loop.ts";
import type { RunnersByState } from "../stage-attempt.ts";
import { inventory } from "../stages/inventory/spec.ts";
import type { StageContext } from "../stages/runner.ts";
import type { Watcher } from "../watch/watch.ts";
import type { Turn } from "../wire/messages.ts";
import { FAKE, type FakeBox } from "./box.ts";
import { fakeSystem } from "./system.ts";

/** Turns that most tests need. */
export const RUN = { do: "run", stage: "CPUStress", attempt: 1, limitMs: 60_000, order: {} } as const satisfies Turn;
/** The run is over. */
export const OFF: Turn = { do: "off" };
/** A person decides. */
export const HOLD: Turn = { do: "hold" };
/** Nothing yet. */
export const WAIT: Turn = { do: "wait" };

/** One agent process. */
export interface StartedAgent {
  readonly end: Promise<AgentEnd>;
  readonly stop: AbortController;
  readonly printed: string[];
  poweredOff: number;
}

/** Where the agents of one test live. A second start is the next process of the same boot. */
export interface AgentBench extends AsyncDisposable {
  readonly dir: string;
  /** The hold's key as sshd reads it. */
  readonly keys: string;
  /** Nobody watches what surrounds the stages, unless a watcher is given. */
  start(box: FakeBox, runners: RunnersByState, system?: AgentOptions["system"], watcher?: Watcher): StartedAgent;
}

/** Opens a bench; disposing it stops its agents and removes its directories. */
export const openBench = (): AgentBench => {
  const dir = mkdtempSync(join(tmpdir(), "vetbox-agent-"));
  const started: StartedAgent[] = [];
  return {
    dir,
    keys: join(dir, "root/root/.ssh/authorized_keys"),
    start: (box, runners, system = fakeSystem(), watcher) => {
      const stop = new AbortController();
      const printed: string[] = [];
      const end = runAgent({
        identity: FAKE,
        system,
        stateDir: join(dir, "state"),
        rootDir: join(dir, "root"),
        powerOff: async () => {
          agent.poweredOff += 1;
        },
        signal: stop.signal,
        print: (_, text) => printed.push(text),
        fetch: box.fetch,
        runners,
        // what these tests run is no real CPU load, whatever the catalog has
        specOf: (stage) => (stage === "InventoryCheck" ? inventory : undefined),
        watcher: watcher ?? null,
      });
      const agent: StartedAgent = { end, stop, printed, poweredOff: 0 };
      started.push(agent);
      return agent;
    },
    [Symbol.asyncDispose]: async () => {
      for (const agent of started) agent.stop.abort();
      await Promise.all(started.map((agent) => agent.end));
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

/** A stage that ends when the test says so, or when it is cancelled. */
export const steered = () => {
  const contexts: StageContext[] = [];
  const waiting: PromiseWithResolvers<unknown>[] = [];
  const runner = (context: StageContext): Promise<unknown> => {
    const gate = Promise.withResolvers<unknown>();
    context.signal.addEventListener("abort", () => gate.reject(new Error("cancelled")));
    contexts.push(context);
    waiting.push(gate);
    return gate.promise;
  };
  return { runner, contexts, waiting };
};
