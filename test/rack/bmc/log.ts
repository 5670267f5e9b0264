/** A management controller's event log (IPMI 2.0, 31 and 32): entries of 16 bytes, written by the controller itself or by its server. */
import { SEL_EVENTS, type SelEventSpec } from "../declared-sel.ts";
import { FIRST_SENSOR } from "./sdr.ts";

/** An entry without its number, which the log gives. */
type Body = readonly number[];

/** The log. */
export interface SelLog {
  readonly count: number;
  /** When an entry was last added, and the log last cleared, in seconds since 1970; 0 for never. */
  readonly changedS: { readonly added: number; readonly erased: number };
  /** The entry of this number, or the first (0) or last (FFFFh), with the next one's number; null if there is none. */
  read(id: number): { readonly entry: readonly number[]; readonly next: number } | null;
  /** Adds an entry as the server sends it, 16 bytes; answers with its number. */
  add(entry: readonly number[]): number;
  /** Adds an event of the controller's own. */
  write(event: SelEventSpec): void;
  clear(): void;
}

const SYSTEM_EVENT = 0x02;
/** Entries of these types have no time, or one that their writer gave (32.2, 32.3). */
const FIRST_OEM_TYPE = 0xc0;
const CONTROLLER = [0x20, 0x00];
const EVENT_FORMAT = 0x04;
const DEASSERTED = 0x80;
const UNSPECIFIED = 0xff;
const FIRST = 0x0000;
const LAST = 0xffff;
const MS_PER_S = 1000;

/** A number's bytes, the least first. */
export const littleEndian = (value: number, width: number): readonly number[] =>
  Array.from({ length: width }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);

const encodeEvent = (event: SelEventSpec, names: readonly string[], nowS: number): Body => {
  const { sensorType, eventType, offset } = SEL_EVENTS[event.event];
  const timeS = event.time === undefined ? nowS : Math.floor(Date.parse(event.time) / MS_PER_S);
  const sensor = event.sensor === undefined ? 0 : FIRST_SENSOR + names.indexOf(event.sensor);
  return [
    ...[SYSTEM_EVENT, ...littleEndian(timeS, 4), ...CONTROLLER, EVENT_FORMAT],
    ...[sensorType, sensor, eventType | (event.deasserted ? DEASSERTED : 0), offset, UNSPECIFIED, UNSPECIFIED],
  ];
};

/** Opens a log with these entries. `names` are the sensors' names in the order of their numbers. */
export const openLog = (events: readonly SelEventSpec[], names: readonly string[], now: () => number): SelLog => {
  const nowS = (): number => Math.floor(now() / MS_PER_S);
  const changedS = { added: 0, erased: 0 };
  let bodies: readonly Body[] = [];
  const append = (body: Body): number => {
    bodies = [...bodies, body];
    changedS.added = nowS();
    return bodies.length;
  };
  const log: SelLog = {
    get count() {
      return bodies.length;
    },
    changedS,
    read: (id) => {
      const number = id === FIRST ? 1 : id === LAST ? bodies.length : id;
      const body = bodies[number - 1];
      if (body === undefined) return null;
      return { entry: [...littleEndian(number, 2), ...body], next: number < bodies.length ? number + 1 : LAST };
    },
    add: ([, , type = SYSTEM_EVENT, ...rest]) => {
      const isTimed = type < FIRST_OEM_TYPE;
      return append([type, ...(isTimed ? [...littleEndian(nowS(), 4), ...rest.slice(4)] : rest)]);
    },
    write: (event) => void append(encodeEvent(event, names, nowS())),
    clear: () => {
      bodies = [];
      changedS.erased = nowS();
    },
  };
  for (const event of events) log.write(event);
  return log;
};
