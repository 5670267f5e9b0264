/** Limits for virtual servers: every stage measures the real thing, for seconds in place of minutes. */

/** Merged into the expected spec of a virtual server under `limits`. */
export const SHORT_LIMITS = {
  cpu: { loadS: 5 },
} as const;
