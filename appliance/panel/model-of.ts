/** From the read model and what the box sees of itself to what the panel's pages show. Pure. */
import { plainView } from "../../agent/wire/plain.ts";
import { adviceOf } from "../core/power-words.ts";
import { isStage, OPERATOR_MAY_RELEASE } from "../core/states.ts";
import type { BoxView, RunView } from "../core/views.ts";
import { STATE_WORDS } from "../core/words.ts";
import type { PanelBox, PanelModel, PanelResult, PanelRun, PanelTrouble } from "./model.ts";

/** What the box sees of itself beside its record. */
export interface BoxFacts {
  /** Whether the servers' network has a carrier. */
  readonly hasCarrier: boolean;
  /** The file system of the record; null where it cannot be asked. */
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | null;
}

/** What does not change while the box runs. */
export interface BoxPlace {
  readonly interfaceName: string;
  /** Where a phone finds the pages; null where only this machine does. */
  readonly pageUrl: string | null;
  /** Null while nothing announces it. */
  readonly mdnsName: string | null;
}

/** Everything that is known, and when it was learned. */
export interface PanelFacts {
  readonly box: BoxView;
  readonly own: BoxFacts;
  readonly hostCount: number;
  /** Runs that are not over, and those that ended lately, in any order. */
  readonly runs: readonly RunView[];
  readonly learnedMs: number;
}

/** How long a result is kept for somebody to come and look, and how many are. */
const RESULT_KEPT_MS = 30 * 60_000;
const RESULTS_KEPT = 4;

/** A clock that says less was never set: a Pi has none of its own and begins in 1970, or at its last shutdown. */
const CLOCK_SET_FROM_MS = Date.UTC(2026, 0, 1);

/** Less is too little: a run's artifacts and samples need room until the janitor comes. */
const DISK_FREE_RATIO = 0.05;

/** Whether a run's end is recent enough to be shown. */
export const isRecent = (endedMs: number, nowMs: number): boolean => nowMs - endedMs < RESULT_KEPT_MS;

/** The first of them is found first; the others are counted. */
const otherDhcpTrouble = ([first, ...more]: BoxView["otherDhcp"]): PanelTrouble => ({
  kind: "rogue-dhcp",
  what: `${first?.address}${more.length === 0 ? " answers" : ` +${more.length} answer`} DHCP too.`,
  action: `Find ${first?.mac ?? first?.address} on the switch and unplug it.`,
});

const troublesOf = ({ box, own }: PanelFacts, place: BoxPlace, nowMs: number): readonly PanelTrouble[] => {
  const { disk } = own;
  const freeRatio = disk === null || disk.totalBytes === 0 ? 1 : disk.freeBytes / disk.totalBytes;
  const all: readonly (readonly [isThere: boolean, PanelTrouble])[] = [
    [
      !own.hasCarrier,
      {
        kind: "link-down",
        what: `No link on ${place.interfaceName}`,
        action: "Check the cable and the switch's port.",
      },
    ],
    [
      box.dnsmasq === "restarting",
      {
        kind: "dnsmasq-down",
        what: "The boot service stops again and again",
        action: "Is another DHCP server on this box?",
      },
    ],
    [box.otherDhcp.length > 0, otherDhcpTrouble(box.otherDhcp)],
    [
      freeRatio < DISK_FREE_RATIO,
      {
        kind: "disk-full",
        what: `${Math.floor(freeRatio * 100)} % of the disk is free`,
        action: "Make room: runs cannot be recorded for long.",
      },
    ],
    [
      nowMs < CLOCK_SET_FROM_MS,
      { kind: "clock-unset", what: "The clock was never set", action: "Set it, or connect the box to a time server." },
    ],
  ];
  return all.filter(([isThere]) => isThere).map(([, trouble]) => trouble);
};

const clockText = (nowMs: number): string | null => {
  if (nowMs < CLOCK_SET_FROM_MS) return null;
  const at = new Date(nowMs);
  return [at.getHours(), at.getMinutes()].map((n) => String(n).padStart(2, "0")).join(":");
};

/** A run's name for what it does: the stage's title, else the state in words. */
const titleOf = ({ state, stages }: RunView): string =>
  stages.find((stage) => stage.state === state)?.title ?? STATE_WORDS[state].text;

const placeOf = ({ state, stages }: RunView): PanelRun["place"] => {
  const index = stages.findIndex((stage) => stage.state === state);
  return index < 0 ? null : { index, count: stages.length };
};

/** A sensor's series ends in its unit. */
const hottest = ({ series, state }: RunView): number | null => {
  const last = isStage(state) ? series.filter((one) => one.series.endsWith("tempC")).map((one) => one.last) : [];
  return last.length === 0 ? null : Math.max(...last);
};

const heldOf = ({ state, failure, hold }: RunView): PanelRun["held"] => {
  if (!OPERATOR_MAY_RELEASE.has(state) || failure === null) return null;
  return { what: failure.message, action: adviceOf(failure), login: hold?.installed === true ? hold.login : null };
};

/** A run that is not over. Every text in it is safe to show: a serial with something odd in it is shown odd, and the desk knows no such disk. */
export const panelRunOf = (run: RunView): PanelRun =>
  plainView({
    ...{ id: run.id, hostName: run.hostName, state: run.state, verdict: run.verdict },
    ...{ title: titleOf(run), place: placeOf(run), progress: run.progress, restMs: run.restMs },
    ...{ enteredMs: run.enteredMs, deadlineMs: run.deadlineMs, maxTempC: hottest(run), held: heldOf(run) },
    refusedSerials: run.refusedDisks.map(({ serial }) => serial),
  });

const stagesText = ({ stages }: RunView): string => {
  const good = stages.filter(({ status }) => status === "passed" || status === "warned").length;
  return `${good} of ${stages.length} stages passed`;
};

const summaryOf = (run: RunView, verdict: PanelResult["verdict"]): string => {
  if (verdict === "cancelled") return "Aborted: no verdict";
  return verdict === "fail" ? (run.failure?.message ?? "Failed") : stagesText(run);
};

const resultOf = (run: RunView): PanelResult | null => {
  const { id, hostName, verdict, endedMs, createdMs } = run;
  if (endedMs === null || verdict === "running" || verdict === "held") return null;
  return plainView({ id, hostName, verdict, summary: summaryOf(run, verdict), tookMs: endedMs - createdMs });
};

/** The rest grows smaller between two looks. */
const agedRun = (run: PanelRun, ageMs: number): PanelRun =>
  run.restMs === null ? run : { ...run, restMs: Math.max(0, run.restMs - ageMs) };

/** Whoever needs a person first, then the oldest first. */
const byNeed = (one: RunView, other: RunView): number =>
  Number(OPERATOR_MAY_RELEASE.has(other.state)) - Number(OPERATOR_MAY_RELEASE.has(one.state)) ||
  one.createdMs - other.createdMs ||
  one.id.localeCompare(other.id);

/** What the pages are made of, at this time. */
export const renderPanelModel = (facts: PanelFacts, place: BoxPlace, nowMs: number): PanelModel => {
  const ageMs = Math.max(0, nowMs - facts.learnedMs);
  const ended = facts.runs.filter(({ endedMs }) => endedMs !== null && isRecent(endedMs, nowMs));
  const box: PanelBox = {
    ...plainView(facts.box),
    ...{ pageUrl: place.pageUrl, mdnsName: place.mdnsName, hostCount: facts.hostCount },
    link: facts.own.hasCarrier ? "up" : "down",
    timeText: clockText(nowMs),
    troubles: troublesOf(facts, place, nowMs),
  };
  return {
    box,
    runs: facts.runs
      .filter(({ endedMs }) => endedMs === null)
      .toSorted(byNeed)
      .map((run) => agedRun(panelRunOf(run), ageMs)),
    ended: ended
      .toSorted((one, other) => (other.endedMs ?? 0) - (one.endedMs ?? 0))
      .flatMap((run) => resultOf(run) ?? [])
      .slice(0, RESULTS_KEPT),
    nowMs,
  };
};
