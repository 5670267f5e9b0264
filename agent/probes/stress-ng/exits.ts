/** The exit codes of stress-ng (its manual, EXIT STATUS). A table. Pure. */

/** What an exit code says. */
export interface StressNgExit {
  readonly word:
    | "ok"
    | "usage"
    | "failed"
    | "no-resource"
    | "not-implemented"
    | "by-signal"
    | "by-exit"
    | "untrustworthy";
  readonly meaning: string;
}

/**
 * By code. 0 is no proof of a load: 0.19.02 ends with 0 also when a worker was killed with SIGKILL, when it got none of the memory it asked for,
 * when every stressor was skipped, and when somebody ended it early with SIGTERM (each of them is among the fixtures).
 */
export const STRESS_NG_EXITS: Readonly<Record<number, StressNgExit>> = {
  0: { word: "ok", meaning: "It ended without an error that it noticed." },
  1: { word: "usage", meaning: "It did not accept how it was called, or could not begin." },
  2: { word: "failed", meaning: "A stressor found a wrong result, or crashed." },
  3: { word: "no-resource", meaning: "It lacked memory, processes, files or rights." },
  4: { word: "not-implemented", meaning: "The stressor does not exist on this kind of machine." },
  5: { word: "by-signal", meaning: "A worker was ended by a signal." },
  6: { word: "by-exit", meaning: "A worker ended by exit() where it should have returned." },
  7: { word: "untrustworthy", meaning: "The load was carried out; its figures cannot be trusted." },
};
