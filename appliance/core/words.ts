/**
 * What people read for the names that programs use: states, stages' standing, failures, boot steps, durations, sizes.
 *
 * Pages, reports and small screens take their words from here, so that a technician meets one name for one thing.
 */
import type { RunState, Severity, Verdict } from "../../agent/wire/names.ts";
import type { BootStep } from "./boot.ts";
import type { AttemptReason, FailureCode } from "./run.ts";
import type { ChangeKind, MqttView, OtherDhcp, PartKind, RunSummary, RunVerdict, StageStatus } from "./views.ts";

/** How something stands, for colour and icon. The word stands beside them always. */
export type Tone = "idle" | "wait" | "work" | "good" | "warn" | "bad";

/** A word with its tone. */
export interface Word {
  readonly text: string;
  readonly tone: Tone;
}

/** DHCP servers that are not the box's own, by address and MAC. */
export const renderOtherDhcp = (servers: readonly OtherDhcp[]): string =>
  servers.map(({ address, mac }) => (mac === null ? address : `${address} (${mac})`)).join(", ");

/** What is the matter with the broker, and what it has not got; nothing when all is well. */
export const renderMqttFacts = ({ trouble, waiting, dropped }: MqttView): readonly string[] => [
  ...(trouble === null ? [] : [trouble]),
  ...(waiting === 0 ? [] : [`${waiting} events wait for the broker`]),
  ...(dropped === 0 ? [] : [`${dropped} events dropped`]),
];

/** What a run does in each state. */
export const STATE_WORDS: Record<RunState, Word> = {
  Registered: { text: "Registered", tone: "idle" },
  Queued: { text: "Waiting for its turn", tone: "wait" },
  WaitingWoL: { text: "Waiting for the server to wake", tone: "wait" },
  Booting: { text: "Booting over the network", tone: "work" },
  InventoryCheck: { text: "Taking inventory", tone: "work" },
  SpecValidate: { text: "Comparing with the spec", tone: "work" },
  SMART: { text: "Checking disk health", tone: "work" },
  CPUStress: { text: "Stressing the CPU", tone: "work" },
  Memory: { text: "Testing memory", tone: "work" },
  Storage: { text: "Testing disks", tone: "work" },
  Network: { text: "Testing the network", tone: "work" },
  GPU: { text: "Testing the GPU", tone: "work" },
  PSU: { text: "Testing power", tone: "work" },
  Reporting: { text: "Writing the report", tone: "work" },
  Completed: { text: "Done", tone: "good" },
  Failed: { text: "Failed", tone: "bad" },
  FailedHolding: { text: "Held: you decide", tone: "bad" },
  Released: { text: "Released after a failure", tone: "bad" },
  Cancelled: { text: "Cancelled", tone: "idle" },
};

/** A run's result. */
export const RUN_VERDICT_WORDS: Record<RunVerdict, Word> = {
  running: { text: "Running", tone: "work" },
  pass: { text: "Passed", tone: "good" },
  warn: { text: "Warnings", tone: "warn" },
  held: { text: "Held", tone: "bad" },
  fail: { text: "Failed", tone: "bad" },
  cancelled: { text: "Cancelled", tone: "idle" },
};

/** How a stage stands. */
export const STAGE_STATUS_WORDS: Record<StageStatus, Word> = {
  waiting: { text: "Waiting", tone: "idle" },
  running: { text: "Running", tone: "work" },
  passed: { text: "Passed", tone: "good" },
  warned: { text: "Warnings", tone: "warn" },
  failed: { text: "Failed", tone: "bad" },
  skipped: { text: "Skipped", tone: "idle" },
  error: { text: "Not measured", tone: "warn" },
  cancelled: { text: "Cancelled", tone: "idle" },
};

/** One check's answer. */
export const VERDICT_WORDS: Record<Verdict, Word> = {
  PASS: { text: "Pass", tone: "good" },
  WARN: { text: "Warning", tone: "warn" },
  FAIL: { text: "Fail", tone: "bad" },
  SKIPPED: { text: "Skipped", tone: "idle" },
  ERROR: { text: "Not measured", tone: "warn" },
};

/** How bad a difference is. */
export const SEVERITY_WORDS: Record<Severity, Word> = {
  critical: { text: "Critical", tone: "bad" },
  warning: { text: "Warning", tone: "warn" },
  info: { text: "Note", tone: "idle" },
};

/** Kinds of parts. */
export const PART_WORDS: Record<PartKind, string> = {
  board: "Board",
  system: "System",
  cpu: "Processor",
  dimm: "Memory module",
  disk: "Disk",
  nic: "Network interface",
  pci: "Card",
  gpu: "GPU",
  psu: "Power supply",
  fan: "Fan",
  bmc: "BMC",
  firmware: "Firmware",
};

/** How a part changed since the previous run. */
export const CHANGE_WORDS: Record<ChangeKind, Word> = {
  added: { text: "Added", tone: "work" },
  removed: { text: "Removed", tone: "warn" },
  replaced: { text: "Replaced", tone: "work" },
  changed: { text: "Changed", tone: "idle" },
};

/** What to do first after each failure. */
export const FAILURE_ADVICE: Record<FailureCode, string> = {
  "host-not-seen":
    "Check power and the cable to the box. Switch the server on by hand and choose network boot; then retry.",
  "boot-timeout": "See the boot timeline: it says how far the boot came and what to change. Then retry.",
  "spec-mismatch": "Reseat or replace what differs, or correct the spec if the server is right. Then retry.",
  "stage-failed": "See the failed checks: each says what to do. Replace the part, then retry.",
  "unexpected-data":
    "Look at what was found on each disk. If it may go, allow the wipe by the disks' serials; if not, release the server or pull the disk.",
  "stage-error": "The stage could not measure. See its log, then retry; if it repeats, suspect the device it reads.",
  "stage-timeout": "The stage took far too long. See its log: a device that hangs is the usual cause.",
  "agent-lost": "The server fell silent. Check power, cable and console for a crash; then retry.",
  "restart-limit": "The server rebooted or crashed again and again. Suspect power, memory or heat; see its event log.",
};

/** Why an attempt was begun. */
export const ATTEMPT_WORDS: Record<AttemptReason, Word> = {
  first: { text: "First attempt", tone: "idle" },
  "agent-restart": { text: "The agent restarted", tone: "warn" },
  reboot: { text: "The server rebooted", tone: "bad" },
  retry: { text: "Retried by an operator", tone: "idle" },
  override: { text: "Allowed by an operator", tone: "warn" },
};

/** The steps of a boot. */
export const BOOT_STEP_WORDS: Record<BootStep, string> = {
  "dhcp-discover": "Asked for an address",
  "dhcp-lease": "Got an address",
  loader: "Boot loader loaded",
  script: "Boot script served",
  kernel: "Kernel loaded",
  initrd: "Initial RAM disk loaded",
  root: "System image loaded",
  hello: "Agent said hello",
  claim: "Run claimed",
};

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A length of time in at most two units: `4 s`, `3 m 20 s`, `2 h 5 m`, `3 d 4 h`. */
export const renderDuration = (ms: number): string => {
  const whole = Math.max(0, Math.floor(ms / SECOND_MS)) * SECOND_MS;
  if (whole < MINUTE_MS) return `${whole / SECOND_MS} s`;
  if (whole < HOUR_MS) return twoUnits(whole, MINUTE_MS, "m", SECOND_MS, "s");
  return whole < DAY_MS ? twoUnits(whole, HOUR_MS, "h", MINUTE_MS, "m") : twoUnits(whole, DAY_MS, "d", HOUR_MS, "h");
};

const twoUnits = (ms: number, bigMs: number, big: string, smallMs: number, small: string): string => {
  const rest = Math.floor((ms % bigMs) / smallMs);
  return `${Math.floor(ms / bigMs)} ${big}${rest === 0 ? "" : ` ${rest} ${small}`}`;
};

/** `waited 3 m of 15 m`: how long a run has been in its state and how long it may be; null where nothing is waited for. */
export const renderWait = (
  run: Pick<RunSummary, "enteredMs" | "deadlineMs" | "endedMs">,
  nowMs: number,
): string | null => {
  if (run.endedMs !== null || run.deadlineMs === null) return null;
  return `waited ${renderAbout(nowMs - run.enteredMs)} of ${renderAbout(run.deadlineMs - run.enteredMs)}`;
};

/** A length of time for a glance: minutes without seconds from one minute on. */
export const renderAbout = (ms: number): string =>
  ms < MINUTE_MS ? renderDuration(ms) : renderDuration(ms - (ms % MINUTE_MS));

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const DECIMAL_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

const scaled = (bytes: number, step: number, units: readonly string[]): string => {
  const power = bytes < step ? 0 : Math.min(units.length - 1, Math.floor(Math.log(bytes) / Math.log(step)));
  const figure = bytes / step ** power;
  return `${Number(figure.toFixed(figure < 10 ? 1 : 0))} ${units[power] ?? "B"}`;
};

/** Memory and files, in units of 1024: `16 GiB`. */
export const renderMemory = (bytes: number): string => scaled(bytes, 1024, BINARY_UNITS);
/** Disks, in units of 1000 as on their labels: `480 GB`. */
export const renderDisk = (bytes: number): string => scaled(bytes, 1000, DECIMAL_UNITS);
/** `2026-11-21 03:04:05 UTC`. */
export const renderUtc = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
