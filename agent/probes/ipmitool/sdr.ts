/** `ipmitool sdr elist`: every sensor with its reading and states. Pure and total. */
import { cleanText, present } from "../label.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";
import { type SensorStatus, splitStates, statusOfStates, worseStatus } from "./states.ts";

/** One line. */
export interface SdrRecord {
  readonly name: string;
  /** Number of the sensor, as printed: `30h`. */
  readonly number: string;
  /** What it belongs to (IPMI 2.0, table 43-13): 3 a processor, 10 a power supply, 29 a fan. */
  readonly entity: number;
  readonly instance: number;
  /** The sensor answers. One that does not has neither reading nor status. */
  readonly answers: boolean;
  readonly status?: SensorStatus;
  readonly reading?: number;
  /** ipmitool's word: `degrees C`, `RPM`, `percent`. */
  readonly unit?: string;
  /** What it asserts; cut at the longest state there is. */
  readonly states: readonly string[];
}

/** Thresholds that are exceeded, as `elist` writes them (lower or upper), and as `list` does. */
const THRESHOLDS: Readonly<Record<string, SensorStatus>> = {
  ok: "ok",
  nc: "warning",
  lnc: "warning",
  unc: "warning",
  cr: "critical",
  lcr: "critical",
  ucr: "critical",
  nr: "non-recoverable",
  lnr: "non-recoverable",
  unr: "non-recoverable",
};

/** Locators of FRU memories and of controllers, and sensors that only send events, have a line each and no reading. */
const NO_SENSOR = /^(?:(?:Logical|Physical) FRU @|(?:Static|Dynamic) MC @|Event-Only$)/;
const READING = /^(-?\d{1,12}(?:[.,]\d{1,12})?) ([A-Za-z%][A-Za-z0-9% /*().-]{0,60})(?:, ?(.*))?$/;
const MAX_LINE_CHARS = 1_000;

/** The value column: a number with its unit, states, or both. */
const readingOf = (text: string): Pick<SdrRecord, "reading" | "unit" | "states"> => {
  const match = READING.exec(text);
  if (match === null) return { states: splitStates(text).map((state) => cleanText(state, 256)) };
  const reading = Number(match[1]?.replace(",", "."));
  return { reading, unit: match[2] ?? "", states: splitStates(match[3] ?? "").map((state) => cleanText(state, 256)) };
};

/** One line; undefined when it is none of a sensor. */
const recordOf = (line: string): SdrRecord | undefined => {
  const parts = line.slice(0, MAX_LINE_CHARS).split("|");
  if (parts.length < 5) return undefined;
  // A name may hold a bar; the four columns behind it do not.
  const [number, status, entity, value] = parts.slice(-4).map((part) => part.trim());
  const place = /^(\d{1,3})\.(\d{1,3})$/.exec(entity ?? "");
  const name = cleanText(parts.slice(0, -4).join("|"), 200);
  if (place === null || !/^[0-9A-F]{2}h$/i.test(number ?? "") || !/^[a-z]{2,3}$/.test(status ?? "")) return undefined;
  if (NO_SENSOR.test(value ?? "")) return undefined;
  const answers = status !== "ns" && status !== "na";
  const read = answers ? readingOf(value ?? "") : { states: [] };
  // `ok` is the word for every discrete sensor that answers; only what it asserts tells how it is.
  const threshold = read.reading === undefined && status === "ok" ? undefined : THRESHOLDS[status ?? ""];
  return {
    name: name === "" ? `sensor ${number}` : name,
    number: number ?? "",
    entity: Number(place[1]),
    instance: Number(place[2]),
    answers,
    ...read,
    ...present({ status: answers ? worseStatus(threshold, statusOfStates(read.states)) : undefined }),
  };
};

/** Sensor numbers have eight bits for each of a handful of controllers. */
const MAX_RECORDS = 2_000;

/** Reads `ipmitool sdr elist` (`all`, `full`, `compact`) and `sdr type …`. */
export const parseSdr = (text: string): Parsed<readonly SdrRecord[]> => {
  const records: SdrRecord[] = [];
  let isSdr = false;
  for (const line of linesOf(text)) {
    const record = recordOf(line);
    if (record !== undefined) records.push(record);
    isSdr ||= record !== undefined || /^.{1,200}\| [0-9A-F]{2}h \|/.test(line.slice(0, 300));
    if (records.length >= MAX_RECORDS) break;
  }
  return isSdr ? understood(records) : notUnderstood("line 1", "No line of name, number, status, entity and reading.");
};
