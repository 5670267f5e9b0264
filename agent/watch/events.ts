/**
 * The BMC's event log around a stage: how far it had come before, and what is in it since.
 *
 * A BMC is slow, so the log's level is asked for by one short command, and its entries only when there are new ones. One that does not answer is not asked again.
 */
import { absentBmc } from "../probes/ipmitool/collect.ts";
import { parseSel, type SelEvent } from "../probes/ipmitool/sel.ts";
import { growthOfSel, parseSelLevel, type SelLevel } from "../probes/ipmitool/sel-level.ts";
import { cleanText, present } from "../probes/label.ts";
import { statusOfTool } from "../probes/probe.ts";
import type { System } from "../system/system.ts";
import type { BmcEvents } from "../wire/watch.ts";
import { absent, type Unseen } from "./sighting.ts";
import type { Bounded } from "./snapshot.ts";

/** Both readings of the log end within this. */
const EVENTS_MS = 15_000;
/** The level of a BMC that answers takes a tenth of a second; of a busy one, asked by a server under full load, seconds. */
const LEVEL_MS = 8_000;
/** When the entries with the names of their sensors are given up: for names ipmitool reads all sensor records first, over KCS tens of seconds with hundreds of them. */
const NAMED_BY_MS = 11_000;
/** When entries with the sensors' numbers alone are given up. */
const NUMBERED_BY_MS = 14_000;
/** Less is no use to ask in. */
const LEAST_MS = 200;
/** A storm is judged by its newest entries. */
const MOST_ENTRIES = 64;

/** The log's level; or why there is none. */
export type EventMark = { readonly level: SelLevel } | Unseen;
/** What came since a mark; or why it is not known. */
export type EventsSeen = { readonly events: BmcEvents } | Unseen;

/** The BMC's event log. */
export interface EventLog {
  mark(): Promise<EventMark>;
  since(mark: EventMark): Promise<EventsSeen>;
}

const failed = (reason: string): Unseen => ({ status: "failed", reason: cleanText(reason, 500) });

const entryOf = ({ id, sensor, event, ...told }: SelEvent): BmcEvents["entries"][number] => ({
  ...{ id, sensor, event },
  ...present({ ...told, atMs: told.atMs !== undefined && told.atMs < 0 ? undefined : told.atMs }),
});

/** The log of this machine's BMC. It never throws. */
export const createEventLog = (system: System, bounded: Bounded): EventLog => {
  let silence: string | undefined;

  const levelNow = async (signal: AbortSignal): Promise<EventMark> => {
    const nobody = await absentBmc(system);
    if (nobody?.status === "device-absent") return absent(nobody.reason ?? "");
    if (nobody !== null) return failed(nobody.reason ?? "");
    if (silence !== undefined) return failed(`${silence} It was not asked again.`);
    const result = await system.exec({ argv: ["ipmitool", "sel", "info"], timeoutMs: LEVEL_MS }, signal);
    const bad = statusOfTool("ipmitool sel info", result);
    if (bad?.status === "timed-out") silence = bad.reason;
    if (bad !== undefined) return failed(bad.reason);
    const parsed = parseSelLevel(result.stdout);
    return parsed.ok ? { level: parsed.facts } : failed(`ipmitool sel info, ${parsed.place}: ${parsed.reason}`);
  };

  /** By name if there is time for it, else by number. A string is why there are none. */
  const newest = async (most: number, startMs: number, signal: AbortSignal): Promise<readonly SelEvent[] | string> => {
    let why = "";
    for (const [verb, byMs] of [
      ["elist", NAMED_BY_MS],
      ["list", NUMBERED_BY_MS],
    ] as const) {
      const timeoutMs = byMs - (system.clock.monoMs() - startMs);
      if (timeoutMs < LEAST_MS) continue;
      const result = await system.exec({ argv: ["ipmitool", "sel", verb, "last", `${most}`], timeoutMs }, signal);
      const bad = statusOfTool(`ipmitool sel ${verb}`, result);
      const parsed = parseSel(result.stdout);
      if (bad === undefined && parsed.ok) return parsed.facts.events.slice(-most);
      why = bad?.reason ?? (parsed.ok ? "" : `ipmitool sel ${verb}, ${parsed.place}: ${parsed.reason}`);
    }
    return why;
  };

  const readSince = async (before: SelLevel, signal: AbortSignal): Promise<EventsSeen> => {
    const startMs = system.clock.monoMs();
    const now = await levelNow(signal);
    if ("status" in now)
      return now.status === "absent" ? failed("The BMC was there before, and is not any more.") : now;
    const { newCount, isCleared, isOverwritten } = growthOfSel(before, now.level);
    const { isFull } = now.level;
    if (newCount === 0) return { events: { entries: [], newCount, isCleared, isFull } };
    const found = await newest(Math.min(newCount, MOST_ENTRIES), startMs, signal);
    if (typeof found === "string")
      return failed(`The BMC logged ${isOverwritten ? "" : `${newCount} `}new events that could not be read. ${found}`);
    if (!isOverwritten) return { events: { entries: found.map(entryOf), newCount, isCleared, isFull } };
    const { lastAddedMs } = before;
    if (lastAddedMs === undefined)
      return failed("The BMC's log is written over, and keeps no time by which to tell what is new.");
    const later = found.filter(({ atMs }) => atMs !== undefined && atMs > lastAddedMs);
    return {
      events: { entries: later.map(entryOf), newCount: later.length, isCleared, isFull: isFull || later.length > 0 },
    };
  };

  return {
    mark: async () => {
      const answer = await bounded("events", levelNow, EVENTS_MS);
      return typeof answer === "string" ? failed(answer) : answer;
    },
    since: async (mark) => {
      if ("status" in mark) return mark;
      const answer = await bounded("events", (signal) => readSince(mark.level, signal), EVENTS_MS);
      return typeof answer === "string" ? failed(answer) : answer;
    },
  };
};
