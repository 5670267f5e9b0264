/** A recorded or made case of a stage's facts, for the test that every rule was seen both ways. */
import type { Profile, Verdict } from "../wire/names.ts";
import type { GivenLimits } from "./limits.ts";

/** Facts with the checks that they must lead to. */
export interface RuleCase {
  /** What it is: `HGST HUH721212AL, recorded: 8 pending sectors`. */
  readonly name: string;
  /** In the shape of the stage's facts. */
  readonly facts: unknown;
  /** Quick when not given. */
  readonly profile?: Profile;
  /** In place of defaults. */
  readonly limits?: GivenLimits;
  /** Some of its checks: code, verdict and component. Written by hand from what the facts say, never copied from what the judge answered. */
  readonly checks: readonly (readonly [code: string, verdict: Verdict, component: string])[];
}
