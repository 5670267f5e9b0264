/** What a canary prints when its time is over, and how it is read back. Pure. */
import * as v from "valibot";
import { count, text } from "../../wire/fields.ts";

/** One sum that came out wrong. */
export const MiscomputeFacts = v.object({
  sum: text(40),
  expected: text(100),
  /** The first wrong answer. */
  got: text(100),
  count,
});

/** One canary's own report. */
export const CanaryReport = v.object({
  cpu: count,
  /** Processors on which it found itself: exactly its own, or its figures are another's. */
  ranOn: v.pipe(v.array(count), v.maxLength(64)),
  /** Times that all sums were done. */
  rounds: count,
  durationMs: count,
  miscomputes: v.pipe(v.array(MiscomputeFacts), v.maxLength(32)),
});
/** One canary's own report. */
export type CanaryReport = v.InferOutput<typeof CanaryReport>;

/** Reads a report; null for what is none. */
export const parseCanaryReport = (text: string): CanaryReport | null => {
  try {
    const parsed = v.safeParse(CanaryReport, JSON.parse(text.slice(0, 100_000)));
    return parsed.success ? parsed.output : null;
  } catch {
    return null; // it died while it wrote, or wrote something else
  }
};
