/** What the panel knows of the record: kept by what has changed, so that a busy site costs the record a few reads and not all of them. */
import type { Change, ReadModel } from "../core/ports.ts";
import type { RunView } from "../core/views.ts";
import { type BoxFacts, isRecent, type PanelFacts } from "./model-of.ts";

/** What is asked. */
export interface PanelSources {
  readonly reads: Pick<ReadModel, "box" | "hosts" | "run">;
  readonly own: () => Promise<BoxFacts>;
  readonly nowMs: () => number;
}

/** The facts, learned bit by bit. */
export interface PanelLearner {
  /** Remembers what a change makes old; false where the panel shows nothing of it. */
  note(change: Change): boolean;
  /** Makes a run old, as a change of it would. */
  noteRun(runId: string): void;
  /** Reads what is old. What cannot be read stays old, and the fault is the caller's. */
  learn(): Promise<PanelFacts>;
}

/** Opens it; everything is old at first. */
export const openPanelLearner = ({ reads, own, nowMs }: PanelSources): PanelLearner => {
  const runs = new Map<string, RunView>();
  const old = new Set<string>();
  let areHostsOld = true;
  let hostCount = 0;

  const learnHosts = async (): Promise<void> => {
    const hosts = await reads.hosts();
    hostCount = hosts.length;
    for (const { activeRun, lastRun } of hosts) {
      if (activeRun !== null && !runs.has(activeRun.id)) old.add(activeRun.id);
      else if (lastRun !== null && lastRun.endedMs !== null && isRecent(lastRun.endedMs, nowMs())) old.add(lastRun.id);
    }
    areHostsOld = false;
  };

  const learnRun = async (runId: string): Promise<void> => {
    old.delete(runId); // before it is read: what changes meanwhile makes it old again
    try {
      const run = await reads.run(runId);
      if (run === null) runs.delete(runId);
      else runs.set(run.id, run);
    } catch (error) {
      old.add(runId);
      throw error;
    }
  };

  return {
    note: ({ kind, runId }) => {
      if (kind === "log" || kind === "sighting") return false;
      if (kind === "reset") for (const id of runs.keys()) old.add(id);
      if (kind === "host" || kind === "reset") areHostsOld = true;
      if (runId !== null) old.add(runId);
      return true;
    },
    noteRun: (runId) => void old.add(runId),
    learn: async () => {
      if (areHostsOld) await learnHosts();
      for (const runId of [...old]) await learnRun(runId);
      for (const { id, endedMs } of runs.values()) if (endedMs !== null && !isRecent(endedMs, nowMs())) runs.delete(id);
      const [box, facts] = await Promise.all([reads.box(), own()]);
      return { box, own: facts, hostCount, runs: [...runs.values()], learnedMs: nowMs() };
    },
  };
};
