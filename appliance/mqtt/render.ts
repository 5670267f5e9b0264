/** From the read model to what is said on each topic. Pure; every string that a server or a person chose is made safe to show. */
import { plainText } from "../../agent/wire/plain.ts";
import type { NumberedAnnouncement } from "../core/announcement.ts";
import {
  type BoxState,
  type HostState,
  PAYLOAD_VERSION,
  type RESULTS,
  type RunEventPayload,
  type RunResult,
  type Telemetry,
} from "../core/mqtt-payloads.ts";
import type { Readings } from "../core/record.ts";
import { isStage, OPERATOR_MAY_RELEASE } from "../core/states.ts";
import type { BoxView, HostView, RunSummary, RunVerdict } from "../core/views.ts";
import { RUN_VERDICT_WORDS, STATE_WORDS } from "../core/words.ts";

const NAME_CHARS = 64;
const FAILURE_CHARS = 250;
const v = PAYLOAD_VERSION;

/** A moment as the payloads have it. */
export const renderTime = (ms: number): string => new Date(ms).toISOString();
/** The name of a host or a box, safe to show. */
export const renderName = (name: string): string => plainText(name, NAME_CHARS);

/** A run's result in the words of the payloads; null while it has none. */
const RESULT_OF: Record<RunVerdict, (typeof RESULTS)[number] | null> = {
  running: null,
  held: null,
  pass: "pass",
  warn: "warn",
  fail: "fail",
  cancelled: "cancelled",
};

const failureOf = ({ failure }: RunSummary): string | null =>
  failure === null ? null : plainText(failure.message, FAILURE_CHARS);

/** What of the box's state changes by itself, and is no news. */
export interface BoxMoment {
  readonly nowMs: number;
  readonly uptimeMs: number;
  readonly diskFreeRatio: number | null;
}

/** `state`. */
export const renderBoxState = (box: BoxView, hosts: number, moment: BoxMoment): BoxState => ({
  v,
  fw: box.version,
  uptime_s: Math.max(0, Math.floor(moment.uptimeMs / 1000)),
  runs_active: box.activeRuns,
  queue: box.queuedRuns,
  hosts,
  disk_free_ratio: moment.diskFreeRatio === null ? null : Math.round(moment.diskFreeRatio * 100) / 100,
  dhcp: box.dnsmasq,
  rogue_dhcp: box.otherDhcp.length,
  events_dropped: box.mqtt?.dropped ?? 0,
  ts: renderTime(moment.nowMs),
});

/** `host/<mac>/state`: of the run that goes on, else of the last one. */
export const renderHostState = (host: HostView): HostState => {
  const run = host.activeRun ?? host.lastRun;
  const known = { v, host: renderName(host.name), mac: host.mac } as const;
  if (run === null) {
    const none = { run: null, state: null, stage: null, progress: null, result: null, failure: null } as const;
    return { ...known, ...none, text: "Never run", held: false, profile: null, since: null };
  }
  const result = RESULT_OF[run.verdict];
  return {
    ...known,
    run: run.id,
    state: run.state,
    text: result === null ? STATE_WORDS[run.state].text : RUN_VERDICT_WORDS[run.verdict].text,
    stage: isStage(run.state) ? run.state : null,
    progress: run.progress === null ? null : Math.round(run.progress * 1000) / 1000,
    held: OPERATOR_MAY_RELEASE.has(run.state),
    result,
    failure: failureOf(run),
    profile: run.profile,
    since: renderTime(run.enteredMs),
  };
};

/** `run/<id>/result`; null while the run has none. */
export const renderRunResult = (run: RunSummary): RunResult | null => {
  const result = RESULT_OF[run.verdict];
  if (result === null || run.endedMs === null) return null;
  return {
    ...{ v, run: run.id, host: renderName(run.hostName), mac: run.mac, profile: run.profile, result },
    failed_stage: run.failure?.state ?? null,
    failure: failureOf(run),
    started: renderTime(run.createdMs),
    ended: renderTime(run.endedMs),
  };
};

/** `run/<id>/event`. */
export const renderRunEvent = (one: NumberedAnnouncement): RunEventPayload => ({
  ...{ v, seq: one.seq, run: one.runId, rev: one.rev, host: renderName(one.hostName), mac: one.mac },
  ...{ type: one.type, from: one.from, to: one.to, stage: one.stage, severity: one.severity },
  summary: plainText(one.summary, FAILURE_CHARS),
  ts: renderTime(one.atMs),
});

const valuesOf = ({ bySeries }: Readings, wanted: (chip: string, unit: string) => boolean): readonly number[] =>
  Object.entries(bySeries).flatMap(([series, value]) => {
    const parts = series.split("/");
    return wanted(parts[0] ?? "", parts.at(-1) ?? "") ? [value] : [];
  });

/** The driver of ACPI's meter for the power of the whole server (kernel.org: Documentation/hwmon/acpi_power_meter.rst). */
const POWER_METER = /^power_meter/;

/** `host/<mac>/telemetry`; null where no sensor says anything of it. Power is the whole server's or not told. */
export const renderTelemetry = (readings: Readings): Telemetry | null => {
  const temps = valuesOf(readings, (_chip, unit) => unit === "tempC");
  const watts = valuesOf(readings, (chip, unit) => unit === "watts" && POWER_METER.test(chip));
  if (temps.length === 0 && watts.length === 0) return null;
  const temp_max_c = temps.length === 0 ? null : Math.round(Math.max(...temps) * 10) / 10;
  return { v, ts: renderTime(readings.atMs), temp_max_c, power_w: watts[0] ?? null };
};
