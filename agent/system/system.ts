/** Everything of a machine that the agent's logic touches, as one bundle that a test or a replay can stand in for. */
import { type Clock, systemClock } from "./clock.ts";
import { type Exec, systemExec } from "./exec.ts";
import { type Files, openFiles } from "./files.ts";
import { type Random, systemRandom } from "./random.ts";

/** A machine as the agent sees it. */
export interface System {
  readonly exec: Exec;
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
}

/** This machine. */
export const thisSystem: System = {
  exec: systemExec,
  files: openFiles("/"),
  clock: systemClock,
  random: systemRandom,
};
