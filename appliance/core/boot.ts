/** The boot of a server as the box sees it from outside: one event per step, told by dnsmasq's log, the boot file server and the agent API. */

/** Steps of a network boot in the order in which a healthy server passes them. */
export const BOOT_STEPS = [
  "dhcp-discover",
  "dhcp-lease",
  "loader",
  "script",
  "kernel",
  "initrd",
  "root",
  "hello",
  "claim",
] as const;
/** A step of a network boot. */
export type BootStep = (typeof BOOT_STEPS)[number];

/** One thing seen of a server's boot. */
export interface BootEvent {
  readonly mac: string;
  readonly step: BootStep;
  readonly atMs: number;
  /** `undionly.kpxe`, an address, bytes sent: whatever helps the boot doctor. */
  readonly detail: string;
  /** Whether the step was done whole: a file that was sent to its last byte, a lease that was acknowledged. */
  readonly complete: boolean;
}

/** A server that asked to boot and is not registered (N6). */
export interface Sighting {
  readonly mac: string;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly count: number;
  /** DHCP vendor class or client architecture, if it said one. */
  readonly detail: string;
}

/** The boot timeline with the boot doctor's word on it (N7). */
export interface BootTimeline {
  readonly events: readonly BootEvent[];
  /** The last step that was done whole. */
  readonly reached: BootStep | null;
  /** Why it stopped there, and what to do; null while all is well. */
  readonly diagnosis: { readonly cause: string; readonly remedy: string } | null;
}
