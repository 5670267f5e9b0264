/**
 * `ipmitool sel elist`: the BMC's event log. Pure, total, linear.
 *
 * Columns are id, day, time, sensor, event, direction and what was measured, but for events before the BMC had a time (`Pre-Init`) and for records of the
 * vendor (`OEM record`), which have fewer. The form of day and time is the locale's from ipmitool 1.8.19 on; tools are run in the C locale here.
 */
import { cleanText, present } from "../label.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** One event. */
export interface SelEvent {
  /** ipmitool prints it in hex. Ids come again after the log was cleared. */
  readonly id: number;
  /** By the BMC's clock, which may be years off; absent before it was set, for records without a time, and for a zone that is not UTC. */
  readonly atMs?: number;
  /** Seconds since the BMC's own start, for an event before its clock was set. */
  readonly sinceStartS?: number;
  /** Kind and name as ipmitool joins them: `Memory DIMM A3`, `Fan #0x75`; `OEM record dd` for a record of the vendor. */
  readonly sensor: string;
  /** Empty where ipmitool has no word for it. */
  readonly event: string;
  /** Absent for a record of the vendor, and where ipmitool does not tell. */
  readonly direction?: "asserted" | "deasserted";
  /** `Reading 50 > Threshold 50 degrees C`, `CPU 0 DIMM 8`. */
  readonly detail?: string;
}

/** The log, in the order in which it was printed. */
export interface SelList {
  /** The last 4096: a full log tells of what is old. */
  readonly events: readonly SelEvent[];
  readonly eventCount: number;
}

const MOST_EVENTS = 4_096;
const MOST_CHARS = 500;

const DAY = /^(\d{2})\/(\d{2})\/(\d{4}|\d{2})$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?: ([AP])M)?(?: (?:UTC|GMT))?$/;

/** A day and a time as milliseconds; undefined where they are none, or of another zone. */
const millisecondsOf = (day: string, time: string): number | undefined => {
  const [, month, date, year = ""] = DAY.exec(day) ?? [];
  const [, hour, minute, second, half] = TIME.exec(time) ?? [];
  if (month === undefined || hour === undefined) return undefined;
  // POSIX: two digits from 69 on are of the last century.
  const century = year.length === 4 ? 0 : Number(year) >= 69 ? 1900 : 2000;
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half === "P" ? 12 : 0);
  const atMs = Date.UTC(century + Number(year), Number(month) - 1, Number(date), hours, Number(minute), Number(second));
  // 31 February is no day, and `Date` would make another one of it.
  const made = new Date(atMs);
  return made.getUTCMonth() === Number(month) - 1 && made.getUTCHours() === hours ? atMs : undefined;
};

const textOf = (raw: string | undefined): string => cleanText(raw ?? "", 200);

const DIRECTIONS: Readonly<Record<string, SelEvent["direction"]>> = { Asserted: "asserted", Deasserted: "deasserted" };

/** Sensor, event, direction and detail. Makers put bars into their words, so the direction is looked for. */
const tellingOf = ([sensor, ...words]: readonly string[]): Omit<SelEvent, "id"> => {
  const at = words.findIndex((word) => Object.hasOwn(DIRECTIONS, word));
  const direction = at === -1 ? undefined : DIRECTIONS[words[at] ?? ""];
  // A record of the vendor has the vendor's number and bytes in these places.
  const end = at === -1 ? 1 : at;
  const rest = words.slice(at === -1 ? 1 : at + 1).filter((word) => word !== "");
  const detail = rest.length === 0 ? undefined : textOf(rest.join(" | "));
  return { sensor: textOf(sensor), event: textOf(words.slice(0, end).join(" | ")), ...present({ direction, detail }) };
};

/** The event of a line; undefined for a line that is none. */
const eventOf = (line: string): SelEvent | undefined => {
  const [id = "", day = "", time = "", ...rest] = line
    .slice(0, MOST_CHARS)
    .split("|")
    .map((part) => part.trim());
  if (!/^[0-9a-f]{1,4}$/.test(id) || day === "") return undefined;
  const numbered = { id: Number.parseInt(id, 16) };
  if (day.startsWith("OEM record ")) return { ...numbered, ...tellingOf([day, time, ...rest]) };
  // ipmitool before 1.8.9 gave both columns one text.
  if (day === "Pre-Init Time-stamp") return { ...numbered, ...tellingOf([time, ...rest]) };
  if (rest.length === 0) return undefined;
  if (day === "Pre-Init") {
    const sinceStartS = /^\d{1,10}$/.test(time) ? Number(time) : undefined;
    return { ...numbered, ...present({ sinceStartS }), ...tellingOf(rest) };
  }
  // Any other form of day still is one: the event counts, its time is not known.
  if (!/\d/.test(day) || !/\d/.test(time)) return undefined;
  return { ...numbered, ...present({ atMs: millisecondsOf(day, time) }), ...tellingOf(rest) };
};

/** Reads `ipmitool sel elist`, or `sel list`. */
export const parseSel = (text: string): Parsed<SelList> => {
  const events: SelEvent[] = [];
  let eventCount = 0;
  let empty = false;
  for (const line of linesOf(text)) {
    if (line.startsWith("SEL has no entries")) empty = true;
    const event = eventOf(line);
    if (event === undefined) continue;
    events[eventCount % MOST_EVENTS] = event;
    eventCount += 1;
  }
  if (eventCount === 0 && !empty) return notUnderstood("line 1", "Not the output of ipmitool sel elist.");
  const oldest = eventCount > MOST_EVENTS ? eventCount % MOST_EVENTS : 0;
  return understood({ events: [...events.slice(oldest), ...events.slice(0, oldest)], eventCount });
};
