/** What the BMC's event log says. Pure. */
import type { Finding } from "../stages/rule.ts";
import type { BmcEvent, BmcEvents } from "../wire/watch.ts";
import { orQuiet, type WatchRule } from "./rule.ts";

/** What an event means, by `Power Supply PSU2 Status | Power Supply AC lost`: the sensor's kind and name, and ipmitool's words for the event. */
interface EventClass {
  readonly fits: RegExp;
  /** Null for what happens on a server in order. */
  readonly verdict: "FAIL" | "WARN" | null;
  readonly means: string;
  readonly action?: string;
}

/**
 * The first that fits. Mains lost, uncorrectable error, bus fatal error, PCI SERR, throttled processor and damaged BIOS are what Meta's fleet takes servers out
 * for; the others are as grave by IPMI 2.0, tables 42-2 (generic events) and 42-3 (sensor types and their events).
 */
const CLASSES: readonly EventClass[] = [
  {
    fits: /^Power (?:Supply|Unit).*\| .*\bAC (?:lost|out-of-range)/i,
    verdict: "FAIL",
    means: "a power supply has no mains, or bad mains",
    action: "Check cord, outlet and supply; look whether both feeds are live.",
  },
  {
    fits: /^Power (?:Supply|Unit).*\| .*(?:Failure detected|240VA power down|Soft-power control failure)/i,
    verdict: "FAIL",
    means: "a power supply failed",
    action: "Seat the supply again; replace it if the event comes back.",
  },
  {
    fits: /^Memory.*\| .*(?:Uncorrectable|Parity|Device Disabled|Critical Overtemperature)/i,
    verdict: "FAIL",
    means: "a memory error that was not corrected",
    action: "Replace the module that the sensor names; if none is named, see the BMC's own pages.",
  },
  {
    fits: /Uncorrectable error|^Critical Interrupt.*\| .*(?:Bus Fatal Error|PCI SERR|PCI PERR|Fatal NMI|Bus Timeout)/i,
    verdict: "FAIL",
    means: "an error of a bus that was not corrected",
    action: "Seat cards and risers again; see watch.pcie-uncorrected for the card.",
  },
  {
    fits: /^Processor.*\| .*(?:Throttled|IERR|Thermal Trip|Uncorrectable|FRB\d|Configuration Error)/i,
    verdict: "FAIL",
    means: "a processor failed, or was too hot",
    action: "Look at heat sink, paste and fans; replace the processor if the event comes back.",
  },
  {
    fits: /BIOS corruption detected|ROM corruption/i,
    verdict: "FAIL",
    means: "the firmware found its own memory damaged",
    action: "Write the firmware again; replace the board if the event comes back.",
  },
  {
    fits: /\| .*(?:Transition to|Upper|Lower) Non-recoverable/i,
    verdict: "FAIL",
    means: "a reading at which parts take damage",
    action: "Find out what the sensor watches, and why, before the server is used.",
  },
  {
    fits: /^Drive Slot.*\| .*(?:Drive Fault|In Failed Array)/i,
    verdict: "FAIL",
    means: "a drive failed",
    action: "Replace the drive in this slot.",
  },
  {
    fits: /\| .*(?:Presence Detected|(?:Drive|Device|Entity) Present|Fully Redundant|Transition to OK|State Deasserted|Timestamp Clock Sync|S0\/G0: working|Legacy ON state|Log area reset|boot completed|Slot is Installed|OEM System boot event|Initiated by )/i,
    verdict: null,
    means: "",
  },
  {
    fits: /\| .*\bCorrectable/i,
    verdict: "WARN",
    means: "errors that were corrected",
    action: "Seat the part again; replace it if errors come back.",
  },
  {
    fits: /\| .*(?:Redundancy (?:Lost|Degraded)|Non-Redundant)/i,
    verdict: "WARN",
    means: "a spare is missing",
    action: "Look for a fan or a supply that stands, or is not there.",
  },
  {
    fits: /^OEM record/,
    verdict: "WARN",
    means: "a record whose meaning only the maker tells",
    action: "See the BMC's own pages for this time.",
  },
  { fits: /^/, verdict: "WARN", means: "an event that a server in order does not have" },
];

const lineOf = ({ sensor, event, detail }: BmcEvent): string =>
  [sensor, event, ...(detail === undefined ? [] : [detail])].join(" | ");

const momentOf = ({ atMs, sinceStartS }: BmcEvent): string => {
  if (atMs !== undefined)
    return ` at ${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")} by the BMC's clock`;
  return sinceStartS === undefined ? "" : ` ${sinceStartS} s after the BMC's start`;
};

/** Events of one meaning at one sensor are one finding. */
const findEvents = ({ entries }: BmcEvents): readonly Finding[] => {
  const groups = new Map<string, { readonly one: EventClass; readonly events: BmcEvent[] }>();
  for (const event of entries) {
    if (event.direction === "deasserted") continue;
    const one = CLASSES.find(({ fits }) => fits.test(`${event.sensor} | ${event.event}`));
    if (one === undefined || one.verdict === null) continue;
    const key = `${CLASSES.indexOf(one)} ${event.sensor}`;
    const group = groups.get(key) ?? { one, events: [] };
    groups.set(key, group);
    group.events.push(event);
  }
  return [...groups.values()].flatMap(({ one: { verdict, means, action }, events }) => {
    const last = events.at(-1);
    if (last === undefined || verdict === null) return [];
    const finding: Finding = {
      verdict,
      component: `BMC event ${last.sensor}`,
      message: `${means[0]?.toUpperCase()}${means.slice(1)}: ${lineOf(last)}, logged${momentOf(last)}.`,
      measured: `${events.length}`,
      limit: "0",
    };
    return [action === undefined ? finding : { ...finding, action }];
  });
};

/** What keeps the log from telling everything. */
const findLosses = ({ entries, newCount, isCleared, isFull }: BmcEvents): readonly Finding[] => {
  const losses: readonly (readonly [is: boolean, message: string])[] = [
    [isCleared, "Entries were deleted during the stage: what they told is lost."],
    [isFull, "It is full: new events, or old ones for them, are lost. Save it, then clear it."],
    [newCount > entries.length, `${newCount} events came; the last ${entries.length} of them were judged.`],
  ];
  return losses.flatMap(([is, message]) => (is ? [{ verdict: "WARN", component: LOG, message } as const] : []));
};

const LOG = "BMC event log";

/** The rules. */
export const EVENT_RULES: readonly WatchRule[] = [
  {
    code: "watch.event-log",
    worst: "FAIL",
    source:
      "IPMI 2.0, tables 42-2 and 42-3; the patterns by which Meta takes servers out; nothing is logged on a server in order",
    action: "See the BMC's own pages for this time, and the part that the sensor watches.",
    find: (watch) => {
      const { events, missing } = watch;
      if (events === undefined && !missing.some(({ source }) => source === "events"))
        return [{ verdict: "SKIPPED", component: LOG, message: "The agent that ran the stage did not read it." }];
      const found = events === undefined ? [] : [...findEvents(events), ...findLosses(events)];
      return orQuiet(found, watch, {
        component: LOG,
        sources: ["events"],
        message: `Nothing that speaks against the server (${events?.newCount ?? 0} new entries).`,
      });
    },
  },
];
