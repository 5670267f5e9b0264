/** What the panel's pages show: built from the read model and what the box sees of itself. Plain data, so that a page is a function of it. */
import type { RunState } from "../../agent/wire/names.ts";
import type { BoxView, RunVerdict } from "../core/views.ts";

/** Something about the box itself that a technician should mend, the worst first. */
export interface PanelTrouble {
  readonly kind: "link-down" | "dnsmasq-down" | "disk-full" | "clock-unset" | "rogue-dhcp";
  /** What is wrong, within 40 characters. */
  readonly what: string;
  /** What to do, within 60 characters. */
  readonly action: string;
}

/** The box as its panel shows it. */
export interface PanelBox extends BoxView {
  /** `http://10.77.0.2:8088`: where a phone finds the page; null while no network is up. */
  readonly pageUrl: string | null;
  /** `vetbox-3f2a.local`; null when nothing announces it. */
  readonly mdnsName: string | null;
  readonly link: "up" | "down";
  /** Hosts that are registered; 0 at the first start. */
  readonly hostCount: number;
  /** Local time, `14:05`; null while the clock is not set. */
  readonly timeText: string | null;
  readonly troubles: readonly PanelTrouble[];
}

/** A run that is not over, as the panel shows it. */
export interface PanelRun {
  readonly id: string;
  readonly hostName: string;
  readonly state: RunState;
  readonly verdict: RunVerdict;
  /** The state's or stage's title as people read it. */
  readonly title: string;
  /** Which stage of how many, counted from 0; null outside of stages. */
  readonly place: { readonly index: number; readonly count: number } | null;
  /** 0 to 1 within the stage; null when unknown. */
  readonly progress: number | null;
  /** What is left of all stages; null when unknown. */
  readonly restMs: number | null;
  /** Since when it is in this state, and when the box stops waiting; null where it does not. */
  readonly enteredMs: number;
  readonly deadlineMs: number | null;
  /** The highest temperature measured last; null when none is known. */
  readonly maxTempC: number | null;
  /** Why it is held, in one sentence, and what to do; null while it is not. */
  readonly held: { readonly what: string; readonly action: string; readonly login: string | null } | null;
  /** The disks whose data holds it, while a person may allow their wipe; else empty. */
  readonly refusedSerials: readonly string[];
}

/** A run that ended a short while ago. */
export interface PanelResult {
  readonly id: string;
  readonly hostName: string;
  readonly verdict: Exclude<RunVerdict, "running" | "held">;
  /** What it came to, in one sentence: `8 of 8 stages passed`, or why it failed. */
  readonly summary: string;
  readonly tookMs: number;
}

/** One thing that the box looks at while it starts. */
export interface SelfCheck {
  /** `Record`, `Network`, `DHCP`: within 14 characters. */
  readonly name: string;
  readonly state: "waiting" | "running" | "ok" | "absent" | "failed";
}

/** Everything the pages are made of, once the box runs. */
export interface PanelModel {
  readonly box: PanelBox;
  /** Those that need a person first, then the oldest first. */
  readonly runs: readonly PanelRun[];
  /** The newest first, for as long as somebody may come to look. */
  readonly ended: readonly PanelResult[];
  readonly nowMs: number;
}
