/**
 * The boot doctor: from what was seen of a host's boot to how far it came, why it stopped there, and what to do. Pure.
 *
 * A server that does not boot can tell nobody why. What it did last, and what it did not do next, leaves few causes; they stand in the table below.
 */
import type { BootEvent, BootStep, BootTimeline } from "./boot.ts";
import { askerOf, furthest, splitAttempts } from "./boot-attempt.ts";

/** What the doctor knows besides the events. */
export interface BootCircumstances {
  readonly nowMs: number;
  /** The host has a run that boots it; otherwise its own disk is where it belongs, and nothing is wrong. */
  readonly bootable: boolean;
  /** The run's own deadline for this boot has passed: that it stopped is certain, however patient one would otherwise be. */
  readonly gaveUp?: boolean;
  /** Since when it should boot. What was seen earlier belongs to another run. */
  readonly bootableSinceMs?: number;
}

/** One boot that has stopped, or may have. */
interface Case {
  readonly reached: BootStep | null;
  readonly events: readonly BootEvent[];
  readonly last: BootEvent | undefined;
  has(step: BootStep, detail?: string): boolean;
}

interface Row {
  readonly reached: readonly (BootStep | null)[];
  /** What else must be so; absent for the row that takes the rest. */
  readonly when?: (boot: Case) => boolean;
  readonly cause: (boot: Case) => string;
  readonly remedy: string;
}

/** How long a healthy server may be silent after a step, in ms. The slowest seen were servers with much RAM and many controllers. */
const PATIENCE_MS: Readonly<Record<BootStep | "nothing", number>> = {
  nothing: 240_000, // power-on self-test of a large server
  "dhcp-discover": 20_000,
  "dhcp-lease": 30_000,
  loader: 60_000, // iPXE waits up to 15 s for a router advertisement
  script: 30_000,
  kernel: 60_000,
  initrd: 300_000, // the root is being fetched: 200 MB at 1 MB/s
  root: 180_000, // checking, unpacking, udev
  hello: 30_000,
  claim: Number.POSITIVE_INFINITY,
};
/** After a transfer that broke off: the script tries again after 10 s. */
const BROKEN_PATIENCE_MS = 30_000;

const linkRemedy =
  "Check the cable, the switch port and its error counters; try another port. The box tries the other boot loader at the next boot.";

/** Where boots stop, and why. The first row that fits speaks; rows of one step go from the particular to the general. */
const ROWS: readonly Row[] = [
  {
    reached: [null],
    when: (boot) => boot.events.length === 0,
    cause: () => "The server has not asked for an address.",
    remedy:
      "Is it powered, and cabled to this network? Enable network boot and Wake-on-LAN in its firmware, put network boot first, or switch it on by hand.",
  },
  {
    reached: [null],
    when: (boot) => boot.has("dhcp-discover"),
    cause: () => "The server asked for an address while its MAC was not registered, and got no answer.",
    remedy: "It is registered now: boot it again. Check that the registered MAC is that of the port which boots.",
  },
  {
    reached: [null, "dhcp-discover"],
    when: (boot) => boot.has("dhcp-lease", "no address left"),
    cause: () => "The box has no address left to give.",
    remedy: "Make the address range larger, or remove hosts that are gone and wait for their leases to end.",
  },
  {
    reached: ["dhcp-discover", "dhcp-lease"],
    when: (boot) => boot.has("dhcp-discover", "no loader for it"),
    cause: (boot) => `The box has no boot loader for this firmware (${askedAs(boot)}).`,
    remedy: "Switch the firmware to 64-bit UEFI or to BIOS mode.",
  },
  {
    reached: ["dhcp-discover", "dhcp-lease"],
    when: (boot) => boot.events.every((e) => e.step !== "dhcp-discover" || askerOf(e) === "system"),
    cause: () => "An installed operating system asked for an address: the server booted from its disk.",
    remedy: "Put network boot before the disk in the firmware's boot order, then restart the server.",
  },
  {
    reached: ["dhcp-discover"],
    when: (boot) => boot.has("dhcp-lease", "offered"),
    cause: () => "The box offered an address, and the server took none.",
    remedy:
      "Another DHCP server may have been faster: remove it from this network or use the box's ProxyDHCP mode. Else the offer was lost: check the switch.",
  },
  {
    reached: ["dhcp-discover"],
    cause: () => "The server asked for an address and got none.",
    remedy:
      "With ProxyDHCP the site's own DHCP server must give it one: is it there, and does it know this network? Else look into the box's log.",
  },
  {
    reached: ["dhcp-lease"],
    when: (boot) => boot.has("loader"),
    cause: (boot) => `The boot loader did not arrive whole (${lastOf(boot, "loader")}).`,
    remedy: linkRemedy,
  },
  {
    reached: ["dhcp-lease"],
    cause: () => "The server has an address but did not fetch a boot loader.",
    remedy:
      "Let its firmware boot by IPv4 PXE or by UEFI HTTP. Does something between server and box block TFTP (UDP 69)? Some firmware ignores ProxyDHCP: then use the box alone on a segment.",
  },
  {
    reached: ["loader"],
    when: (boot) => !boot.events.some((e) => e.step === "dhcp-discover" && askerOf(e) === "iPXE"),
    cause: () => "The boot loader was fetched but did not come up.",
    remedy:
      "Turn Secure Boot off. If it is off, this loader does not get along with the network card: the box offers the other one at the next boot.",
  },
  {
    reached: ["loader"],
    cause: () => "The boot loader runs but did not fetch its script.",
    remedy:
      "The loader may be unable to drive this network card: boot again, the box offers the other one. Does something block HTTP to the box?",
  },
  {
    reached: ["script"],
    when: (boot) => boot.has("kernel"),
    cause: (boot) => `The kernel did not arrive whole (${lastOf(boot, "kernel")}).`,
    remedy: linkRemedy,
  },
  {
    reached: ["script"],
    cause: () => "The server has its boot script but fetched no kernel.",
    remedy:
      "Its console says what the loader made of the script. Does something block HTTP to the box's boot file port? Is there a live image on the box?",
  },
  {
    reached: ["kernel", "initrd"],
    when: (boot) => boot.last?.detail.endsWith("begun") === true,
    cause: (boot) => `The transfer of the ${boot.last?.step} stands still.`,
    remedy: linkRemedy,
  },
  {
    reached: ["kernel", "initrd"],
    when: (boot) => boot.last?.complete === false,
    cause: (boot) => `The ${boot.last?.step} did not arrive whole (${boot.last?.detail}).`,
    remedy: `A server with less than 1 GiB of RAM cannot hold the image. ${linkRemedy}`,
  },
  {
    reached: ["kernel", "initrd"],
    cause: (boot) => `The server stopped after the ${boot.reached}.`,
    remedy:
      "Its console says what the loader made of the next file. A server with less than 1 GiB of RAM cannot hold the image.",
  },
  {
    reached: ["root"],
    when: (boot) => boot.events.some((e) => e.step === "dhcp-discover" && askerOf(e) === "system"),
    cause: () => "The live image came up and asked for an address, but its agent did not report.",
    remedy:
      "A processor without SSE4.2 (before 2009) cannot run the agent. Else something blocks HTTPS to the box. The server's console shows the agent's words.",
  },
  {
    reached: ["root"],
    cause: () =>
      "The live image was fetched whole, and nothing was heard since: its initrd refused it because its SHA-256 is wrong, or the kernel stopped.",
    remedy:
      "The server's console says which. If the image was refused, build it anew: a file changed on the box or on the way. If the kernel stopped, check RAM (at least 1 GiB) and the network card's driver.",
  },
  {
    reached: ["hello"],
    cause: () => "The agent reported but did not take over the run.",
    remedy:
      "Its enrol code was used or has expired (10 minutes), or it booted from another port than the registered one. Boot the server again.",
  },
];

/** The timeline of a host's newest boot, with the doctor's word on it. */
export const diagnoseBoot = (events: readonly BootEvent[], now: BootCircumstances): BootTimeline => {
  const since = now.bootableSinceMs ?? Number.NEGATIVE_INFINITY;
  const attempts = splitAttempts(events.filter((event) => event.atMs >= since).toSorted((a, b) => a.atMs - b.atMs));
  const newest = attempts.at(-1) ?? [];
  const timeline = { events: newest, reached: furthest(newest) };
  if (now.gaveUp === true) return { ...timeline, diagnosis: judge(newest) };
  if (!now.bootable) return { ...timeline, diagnosis: null };
  if (hasStopped(newest, now)) return { ...timeline, diagnosis: judge(newest) };
  const before = attempts.at(-2);
  if (before === undefined || furthest(before) === "claim" || timeline.reached === "claim")
    return { ...timeline, diagnosis: null };
  // It started over by itself: what stopped it last time is worth saying while this boot goes on.
  const said = judge(before);
  return {
    ...timeline,
    diagnosis: said === null ? null : { ...said, cause: `The server started over. Before that: ${said.cause}` },
  };
};

const hasStopped = (events: readonly BootEvent[], now: BootCircumstances): boolean => {
  const last = events.at(-1);
  const reached = furthest(events);
  const broke = last !== undefined && !last.complete && last.detail.includes("at most");
  const patienceMs = broke
    ? BROKEN_PATIENCE_MS
    : PATIENCE_MS[reached ?? (last === undefined ? "nothing" : "dhcp-discover")];
  const fromMs = last?.atMs ?? now.bootableSinceMs ?? Number.NEGATIVE_INFINITY;
  return now.nowMs - fromMs > patienceMs;
};

const judge = (events: readonly BootEvent[]): BootTimeline["diagnosis"] => {
  const boot: Case = {
    events,
    reached: furthest(events),
    last: events.at(-1),
    has: (step, detail = "") => events.some((e) => e.step === step && e.detail.includes(detail)),
  };
  const row = ROWS.find((r) => r.reached.includes(boot.reached) && (r.when?.(boot) ?? true));
  return row === undefined ? null : { cause: row.cause(boot), remedy: row.remedy };
};

const lastOf = (boot: Case, step: BootStep): string => boot.events.findLast((e) => e.step === step)?.detail ?? "";
const askedAs = (boot: Case): string => lastOf(boot, "dhcp-discover").replace(/^\w+, /, "");
