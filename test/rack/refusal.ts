/**
 * A refusal of the rack: the caller asked for what cannot be.
 *
 * The product's refusals are values (`Answer` in the core's desks). Here they are thrown: a refusal ends a test anyway, and the command
 * line catches it in one place. What the world does wrong is a `Fault`, as everywhere.
 */

/** Why the rack refused. */
export type RackRefusalCode =
  /** The declaration or an argument is not valid; `place` says where. */
  | "invalid"
  /** The name or id exists. */
  | "taken"
  /** There is no such server. */
  | "unknown"
  /** Another caller is creating, starting or deleting the same thing now. */
  | "busy"
  /** The server runs, and what was asked needs it off. */
  | "running"
  /** The server is off, and what was asked needs it running. */
  | "off"
  /** What was waited for did not come. */
  | "timeout";

/** Thrown when the rack refuses. */
export class RackRefusal extends Error {
  override readonly name = "RackRefusal";
  readonly code: RackRefusalCode;
  /** Where in the input: `file:line:column path`, or a path in dots. */
  readonly place: string | undefined;

  constructor(code: RackRefusalCode, detail: string, place?: string) {
    super(place === undefined ? detail : `${place}: ${detail}`);
    this.code = code;
    this.place = place;
  }
}
