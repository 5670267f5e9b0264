/** What the agent does next: a function of the run's record. */
import type { Turn } from "../../agent/wire/messages.ts";
import type { Grant } from "../../agent/wire/order.ts";
import type { Run } from "./run.ts";
import { isStage, TERMINAL } from "./states.ts";

/** The agent's turn. `waits` is whether the run waits for something that it needs; `grant` is what is given for this attempt alone. */
export const turnOf = (run: Run, nowMs: number, waits: boolean, grant: Grant | null = null): Turn => {
  if (TERMINAL.has(run.state)) return { do: "off" };
  if (run.state === "FailedHolding") return { do: "hold" };
  if (!isStage(run.state) || waits) return { do: "wait" };
  const limitMs = Math.max(0, Math.round((run.deadlineMs ?? nowMs) - nowMs));
  return {
    ...{ do: "run", stage: run.state, attempt: run.attempt, limitMs },
    order: run.orders[run.state]?.order ?? {},
    ...(grant === null ? {} : { grant }),
  };
};
