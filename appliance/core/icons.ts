/** One icon for each tone: an SVG path in a box of 24 × 24, drawn as a stroke. Shape alone tells tones apart, for eyes that do not see the colours. */
import type { Tone } from "./words.ts";

/** Paths by tone. */
export const TONE_PATHS: Record<Tone, string> = {
  idle: "M4 12a8 8 0 1 0 16 0a8 8 0 1 0-16 0M8.5 12h7",
  wait: "M4 12a8 8 0 1 0 16 0a8 8 0 1 0-16 0M12 7.5V12l3 2",
  work: "M20 12a8 8 0 1 1-2.6-5.9M20 3.5V8h-4.5",
  good: "M4 12a8 8 0 1 0 16 0a8 8 0 1 0-16 0M8.3 12.3l2.6 2.6l4.9-5.3",
  warn: "M12 4L21 19.5H3ZM12 10v4.2M12 16.9v.2",
  bad: "M8.5 3.5h7l5 5v7l-5 5h-7l-5-5v-7ZM9.3 9.3l5.4 5.4M14.7 9.3l-5.4 5.4",
};
