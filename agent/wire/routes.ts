/** The box's paths that the agent, the boot loader and the box's own routes share. */

/** Names of the calls under `/api/v1/runs/{id}/`. */
export const AGENT_CALLS = [
  "hello",
  "claim",
  "heartbeat",
  "commands",
  "log",
  "sensor",
  "artifact",
  "result",
  "hold",
] as const;
/** A call of the agent. */
export type AgentCall = (typeof AGENT_CALLS)[number];

/** Path of one of the agent's calls. */
export const agentPath = (runId: string, call: AgentCall): string =>
  `/api/v1/runs/${encodeURIComponent(runId)}/${call}`;

/**
 * Words on the kernel command line that the boot script writes and the live image reads.
 *
 * `root` is read by the initrd, which refuses a root file system with another SHA-256; the rest is the agent's.
 */
export const CMDLINE = {
  /** `https://address:port` of the box. */
  url: "vetbox.url",
  /** SHA-256 of the box's certificate (DER), 64 lower-case hex digits. */
  pin: "vetbox.pin",
  run: "vetbox.run",
  /** The single-use enrol code. */
  enrol: "vetbox.enrol",
  /** MAC of the interface that boots. */
  mac: "vetbox.mac",
  /** SHA-256 of the root file system, checked by the initrd. */
  root: "vetbox.root",
} as const;
