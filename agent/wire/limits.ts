/**
 * Sizes, counts and periods that both ends of the wire agree on.
 *
 * A figure is here when the agent must stay under it and the box refuses what is over it.
 */

/** Version of the wire contract. Box and agent with different numbers refuse each other at hello. */
export const PROTOCOL_VERSION = 1;

/** Limits of every message. Bytes are of the encoded body. */
export const WIRE_LIMITS = {
  /** Any JSON body but a result. */
  jsonBytes: 1024 * 1024,
  /** A result's body: raw facts of a server with many disks and PCIe devices. */
  resultBytes: 8 * 1024 * 1024,
  /** One artifact file. */
  artifactBytes: 64 * 1024 * 1024,
  /** All artifacts of one run. */
  runArtifactBytes: 512 * 1024 * 1024,
  /** Entries in one batch of log lines or samples. */
  batchEntries: 500,
  /** One log line; longer ones are cut by the agent with a mark. */
  logTextChars: 4096,
  /** Sensor series in one sample. */
  seriesPerSample: 512,
} as const;

/** Periods of the agent, in ms. The box may send another heartbeat period with each answer. */
export const WIRE_PERIODS = {
  heartbeatMs: 10_000,
  /** Random share of each period, so that many agents do not beat together. */
  jitter: 0.3,
  logMs: 2_000,
  sensorMs: 5_000,
  /** First wait after a failed delivery; it doubles up to `retryMaxMs` and goes on for ever. */
  retryMinMs: 500,
  retryMaxMs: 15_000,
} as const;
