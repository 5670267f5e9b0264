/**
 * The read model: what every surface (web, panel, MQTT, report, command line) shows. Built from committed rows, never written to.
 */
import type { PlanStep } from "../../agent/stages/stage.ts";
import type { Check } from "../../agent/wire/check.ts";
import type { Inventory } from "../../agent/wire/inventory.ts";
import type { LogLevel, Profile, RunState, Severity, StageState } from "../../agent/wire/names.ts";
import type { DiskTarget } from "../../agent/wire/order.ts";
import type { BootTimeline } from "./boot.ts";
import type { BmcView, PowerAct } from "./power-port.ts";
import type { AttemptReason, Failure } from "./run.ts";

/** A run's result in one word. */
export type RunVerdict = "running" | "pass" | "warn" | "held" | "fail" | "cancelled";

/** A run in a list. */
export interface RunSummary {
  readonly id: string;
  readonly hostId: string;
  readonly hostName: string;
  readonly mac: string;
  readonly state: RunState;
  readonly verdict: RunVerdict;
  readonly profile: Profile;
  readonly destructive: boolean;
  /** What was repaired before it, in the operator's words; null when nobody said. */
  readonly repaired: string | null;
  readonly createdMs: number;
  readonly enteredMs: number;
  readonly deadlineMs: number | null;
  readonly endedMs: number | null;
  readonly lastSeenMs: number | null;
  /** 0 to 1 within the current stage, as its agent said last; null when unknown. */
  readonly progress: number | null;
  /** The agent's last word about what it does. */
  readonly note: string | null;
  readonly failure: Failure | null;
}

/** How a stage of a run stands. */
export type StageStatus = "waiting" | "running" | "passed" | "warned" | "failed" | "skipped" | "error" | "cancelled";

/** One attempt of a stage. */
export interface AttemptView {
  readonly attempt: number;
  readonly reason: AttemptReason;
  readonly startedMs: number;
  readonly endedMs: number | null;
  readonly outcome: "measured" | "cancelled" | "error" | null;
}

/** One stage of a run; the box's own SpecValidate among them. */
export interface StageView {
  readonly state: StageState | "SpecValidate";
  readonly title: string;
  readonly status: StageStatus;
  readonly attempts: readonly AttemptView[];
  readonly checks: readonly Check[];
  readonly summary: string | null;
}

/** A difference between what was expected and what was found. */
export interface Difference {
  readonly severity: Severity;
  /** Stable code: `disk-missing`, `memory-total` … */
  readonly code: string;
  /** Where: `disk S6PW1234`, `slot A1`. */
  readonly component: string;
  readonly expected: string;
  readonly found: string;
  /** One sentence for the technician. */
  readonly message: string;
}

/** Kinds of parts by which two inventories are compared, in the order in which they are shown. */
export const PART_KINDS = [
  "board",
  "system",
  "cpu",
  "dimm",
  "disk",
  "nic",
  "pci",
  "gpu",
  "psu",
  "fan",
  "bmc",
  "firmware",
] as const;
/** A kind of part. */
export type PartKind = (typeof PART_KINDS)[number];

/** How a part changed. `changed` is the same part with another property or in another place. */
export const CHANGE_KINDS = ["added", "removed", "replaced", "changed"] as const;
/** How a part changed. */
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** A part that is not as it was in the host's previous run. */
export interface InventoryChange {
  readonly part: PartKind;
  readonly kind: ChangeKind;
  /** `slot B2`, `bay 3`, `NIC e4:43:4b:12:9a:70`. */
  readonly where: string;
  /** What of it changed: `speed`, `version`, `place`; null when it is the part itself. */
  readonly what: string | null;
  readonly before: string | null;
  readonly after: string | null;
}

/** What changed since the host's previous good inventory. It fails no run: that is the spec's part. */
export interface ChangesView {
  readonly sinceRunId: string;
  readonly sinceMs: number;
  /** What the note of the repair explains; empty without a note. */
  readonly expected: readonly InventoryChange[];
  /** Everything else. */
  readonly unexpected: readonly InventoryChange[];
  /** What the note announced and the inventory does not show. */
  readonly warnings: readonly string[];
  /** What could not be compared, and why. */
  readonly notCompared: readonly string[];
}

/** A stored file of a run. */
export interface ArtifactView {
  readonly id: string;
  readonly stage: StageState;
  readonly attempt: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** One transition of a run. */
export interface TransitionView {
  readonly rev: number;
  readonly from: RunState;
  readonly event: string;
  readonly to: RunState;
  readonly atMs: number;
  /** Who: `box`, `agent`, or an operator's name and place. */
  readonly by: string;
}

/** The hold of a run. The private key is shown once, elsewhere. */
export interface HoldView {
  readonly fingerprint: string;
  /** `root@10.77.0.51`; null while no address is known. */
  readonly login: string | null;
  /** The private key has been shown. */
  readonly keyShown: boolean;
  /** The agent has fetched the public half. */
  readonly installed: boolean;
}

/** The mean, least and most of one series within the run. */
export interface SeriesView {
  readonly series: string;
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly last: number;
}

/** A run with everything that is shown of it. */
export interface RunView extends RunSummary {
  readonly stages: readonly StageView[];
  readonly differences: readonly Difference[];
  readonly inventory: Inventory | null;
  /** Null without this or a previous inventory of the host. */
  readonly changes: ChangesView | null;
  readonly timeline: BootTimeline;
  readonly transitions: readonly TransitionView[];
  /** What was done about the host's power, oldest first. */
  readonly power: readonly PowerAct[];
  readonly artifacts: readonly ArtifactView[];
  readonly series: readonly SeriesView[];
  readonly hold: HoldView | null;
  /** Seconds spent in each state, in order of entry. */
  readonly phases: readonly { readonly state: RunState; readonly seconds: number }[];
  /** SHA-256 of the root file system that the run boots. */
  readonly imageId: string | null;
  readonly address: string | null;
  /** What its stages were ordered to do. */
  readonly plan: readonly PlannedStage[];
  /** What is left of its stages; null while none is under way. */
  readonly restMs: number | null;
  /** The disks whose data holds the run, when a person may allow the wipe; else empty. */
  readonly refusedDisks: readonly RefusedDisk[];
}

/** A disk that was not wiped because there is data on it. */
export interface RefusedDisk {
  readonly serial: string;
  /** What was found, a sentence each. */
  readonly found: readonly string[];
}

/** One check of an old run whose verdict is another under today's limits. */
export interface RejudgedCheck {
  readonly before: Check | null;
  readonly now: Check | null;
}

/** A stage of an old run, judged again. */
export interface RejudgedStage {
  readonly state: StageState;
  readonly title: string;
  readonly attempt: number;
  /** Why it cannot be judged, when it cannot. */
  readonly reason: string | null;
  readonly status: StageStatus;
  readonly checks: readonly Check[];
  /** What is not as it was. */
  readonly changes: readonly RejudgedCheck[];
}

/** One stage of a plan: what it will do, how long that takes, and when the box stops waiting. */
export interface PlannedStage {
  readonly state: StageState;
  readonly title: string;
  readonly expectedMs: number;
  readonly limitMs: number;
  readonly steps: readonly PlanStep[];
}

/** What a run of a host would do, told before anything is switched on. */
export interface PlanView {
  readonly hostName: string;
  readonly profile: Profile;
  readonly destructive: boolean;
  readonly stages: readonly PlannedStage[];
  readonly expectedMs: number;
  /** Every disk that the stages will touch, and whether they may write to it. */
  readonly disks: readonly DiskTarget[];
  /** The run whose inventory it is made from; null when the host was never looked at, and only its spec is known. */
  readonly from: { readonly runId: string; readonly atMs: number } | null;
}

/** A registered host. */
export interface HostView {
  readonly id: string;
  readonly name: string;
  readonly mac: string;
  readonly addedMs: number;
  readonly hasSpec: boolean;
  /** Its BMC, without the password; null when none is set. */
  readonly bmc: BmcView | null;
  /** The run that is not over, if any. */
  readonly activeRun: RunSummary | null;
  readonly lastRun: RunSummary | null;
}

/** A class of specs that hosts may inherit. */
export interface SpecClassView {
  readonly name: string;
  readonly changedMs: number;
  /** Names of the classes that it inherits itself, by whatever ways. */
  readonly inherits: readonly string[];
  /** Names of the hosts that inherit it, by whatever ways. */
  readonly hosts: readonly string[];
}

/** One stored log line. `id` grows with arrival. */
export interface LogView {
  readonly id: number;
  readonly atMs: number;
  readonly stage: StageState | null;
  readonly level: LogLevel;
  readonly text: string;
  readonly lostBefore: number;
}

/** The box at a glance. */
export interface BoxView {
  readonly name: string;
  readonly version: string;
  readonly address: string;
  readonly imageId: string | null;
  readonly dnsmasq: "starting" | "running" | "restarting" | "off";
  /** Who answers on the servers' network besides; always empty beside a site's own DHCP server. */
  readonly otherDhcp: readonly OtherDhcp[];
  readonly activeRuns: number;
  readonly queuedRuns: number;
  /** The site's MQTT broker; null where none is configured. */
  readonly mqtt: MqttView | null;
}

/** A DHCP server on the servers' network that is not the box's own. */
export interface OtherDhcp {
  readonly address: string;
  /** Null while the kernel does not know it. */
  readonly mac: string | null;
}

/** How the box stands with the site's MQTT broker. */
export interface MqttView {
  readonly state: "connecting" | "connected" | "trouble";
  /** What is the matter, when something is. */
  readonly trouble: string | null;
  readonly sinceMs: number;
  /** Announcements that the broker has not acknowledged yet. */
  readonly waiting: number;
  /** Announcements that were dropped unsent, because the bound was reached. */
  readonly dropped: number;
}
