/**
 * A fault: the world failed (a file, a process, the network), not the caller and not our logic.
 *
 * Refusals are values and bugs are asserts; only faults are thrown, and only named boundaries catch them.
 */

/** Every reason for which the world fails, agent and appliance together. Add a code rather than reuse one that nearly fits. */
export const FAULT_CODES = [
  "tool-failed",
  "tool-timeout",
  "driver-failed",
  "spawn-failed",
  "file-unreadable",
  "file-unwritable",
  "disk-full",
  "network",
  "certificate",
  "bad-answer",
  "bad-state",
  "bad-input",
  "store-failed",
] as const;
/** Why the world failed. */
export type FaultCode = (typeof FAULT_CODES)[number];

/** Thrown when the world failed. `context` is for the log: plain values, no secrets. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: FaultCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: FaultCode, context: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(`${code}${Object.keys(context).length > 0 ? ` ${JSON.stringify(context)}` : ""}`, options);
    this.code = code;
    this.context = context;
  }
}
