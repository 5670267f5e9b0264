/** What the agent does next: a function of the run's record. */
import type { Turn } from "../../agent/wire/messages.ts";
import type { Run } from "./run.ts";
import { isStage, TERMINAL } from "./states.ts";

/** The agent's turn. `waits` is whether the run waits for the lease of the link. */
export const turnOf = (run: Run, nowMs: number, waits: boolean): Turn => {
  if (TERMINAL.has(run.state)) return { do: "off" };
  if (run.state === "FailedHolding") return { do: "hold" };
  if (!isStage(run.state) || waits) return { do: "wait" };
  const limitMs = Math.max(0, Math.round((run.deadlineMs ?? nowMs) - nowMs));
  return { do: "run", stage: run.state, attempt: run.attempt, limitMs };
};
