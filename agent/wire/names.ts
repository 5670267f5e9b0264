/**
 * Names that cross the wire: run states, stages, profiles, commands. Each word stands here once; types follow from the lists.
 */

/** Every state of a run, in the order in which a healthy run passes them; then the ends. */
export const RUN_STATES = [
  "Registered",
  "Queued",
  "WaitingWoL",
  "Booting",
  "InventoryCheck",
  "SpecValidate",
  "SMART",
  "CPUStress",
  "Memory",
  "Storage",
  "Network",
  "GPU",
  "PSU",
  "Reporting",
  "Completed",
  "Failed",
  "FailedHolding",
  "Released",
  "Cancelled",
] as const;
/** A state of a run. */
export type RunState = (typeof RUN_STATES)[number];

/** States in which the agent has the turn, in their order. A state of this list is also the name of its stage. */
export const STAGE_STATES = [
  "InventoryCheck",
  "SMART",
  "CPUStress",
  "Memory",
  "Storage",
  "Network",
  "GPU",
  "PSU",
] as const satisfies readonly RunState[];
/** A state in which the agent has the turn. */
export type StageState = (typeof STAGE_STATES)[number];

/** How much is done to a server; durations follow from it. */
export const PROFILES = ["quick", "standard", "soak"] as const;
/** A profile. */
export type Profile = (typeof PROFILES)[number];

/**
 * What the box tells the agent to do, apart from the next stage.
 *
 * - `continue`: nothing new.
 * - `shutdown`: the run is Completed; power off.
 * - `abort`: the run was released or cancelled; remove the hold key, power off.
 * - `retry_stage`: run the named stage again, with the flags given.
 * - `cancel_stage`: kill the stage's processes, post what there is, power off.
 */
export const COMMANDS = ["continue", "shutdown", "abort", "retry_stage", "cancel_stage"] as const;
/** A command's name. */
export type CommandName = (typeof COMMANDS)[number];

/** Answers of one check about one component. */
export const VERDICTS = ["PASS", "WARN", "FAIL", "SKIPPED", "ERROR"] as const;
/** The answer of one check. What could not be measured is `SKIPPED` or `ERROR` with a reason, never `PASS`. */
export type Verdict = (typeof VERDICTS)[number];

/** How bad a difference from the expected spec is. */
export const SEVERITIES = ["critical", "warning", "info"] as const;
/** A severity. */
export type Severity = (typeof SEVERITIES)[number];

/** Levels of a log line. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
/** A log level. */
export type LogLevel = (typeof LOG_LEVELS)[number];
