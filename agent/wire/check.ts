/** A check: one finding about one component, as a judge gives it and every surface shows it. */
import * as v from "valibot";
import { text } from "./fields.ts";
import { VERDICTS } from "./names.ts";

/** One finding about one component. */
export const Check = v.object({
  /** Stable code for tickets: `inventory.probe-failed`. */
  code: text(100),
  verdict: v.picklist(VERDICTS),
  /** What it is about: `disk S6PW1234`, `DIMM A1`. */
  component: text(200),
  /** One sentence for the technician. */
  message: text(1000),
  measured: v.optional(text(200)),
  limit: v.optional(text(200)),
  /** Where the limit comes from. */
  source: v.optional(text(300)),
  /** What to do about it. */
  action: v.optional(text(500)),
});
/** One finding about one component. */
export type Check = v.InferOutput<typeof Check>;
