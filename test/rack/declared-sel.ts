/** Events of a management controller's log (SEL), by names. */
import * as v from "valibot";
import { printable } from "./declared-fields.ts";

/** How an event is told: the kind of sensor, the kind of event, and which of its states (IPMI 2.0, tables 42-2 and 42-3). */
interface EventCode {
  readonly sensorType: number;
  readonly eventType: number;
  readonly offset: number;
}
const THRESHOLD = 0x01;
const SPECIFIC = 0x6f;

/** Every event that can be declared. */
export const SEL_EVENTS = {
  "temperature-upper-critical": { sensorType: 0x01, eventType: THRESHOLD, offset: 0x09 },
  "voltage-lower-critical": { sensorType: 0x02, eventType: THRESHOLD, offset: 0x02 },
  "fan-lower-critical": { sensorType: 0x04, eventType: THRESHOLD, offset: 0x02 },
  "chassis-intrusion": { sensorType: 0x05, eventType: SPECIFIC, offset: 0x00 },
  "processor-ierr": { sensorType: 0x07, eventType: SPECIFIC, offset: 0x00 },
  "processor-thermal-trip": { sensorType: 0x07, eventType: SPECIFIC, offset: 0x01 },
  "psu-failed": { sensorType: 0x08, eventType: SPECIFIC, offset: 0x01 },
  "psu-predictive-failure": { sensorType: 0x08, eventType: SPECIFIC, offset: 0x02 },
  "psu-input-lost": { sensorType: 0x08, eventType: SPECIFIC, offset: 0x03 },
  "memory-corrected-ecc": { sensorType: 0x0c, eventType: SPECIFIC, offset: 0x00 },
  "memory-uncorrected-ecc": { sensorType: 0x0c, eventType: SPECIFIC, offset: 0x01 },
  "memory-ecc-limit": { sensorType: 0x0c, eventType: SPECIFIC, offset: 0x05 },
  "drive-failed": { sensorType: 0x0d, eventType: SPECIFIC, offset: 0x01 },
  "drive-predictive-failure": { sensorType: 0x0d, eventType: SPECIFIC, offset: 0x02 },
  "log-cleared": { sensorType: 0x10, eventType: SPECIFIC, offset: 0x02 },
  "pci-perr": { sensorType: 0x13, eventType: SPECIFIC, offset: 0x04 },
  "pci-serr": { sensorType: 0x13, eventType: SPECIFIC, offset: 0x05 },
  "bus-corrected": { sensorType: 0x13, eventType: SPECIFIC, offset: 0x07 },
  "bus-uncorrected": { sensorType: 0x13, eventType: SPECIFIC, offset: 0x08 },
  "bus-fatal": { sensorType: 0x13, eventType: SPECIFIC, offset: 0x0a },
  "watchdog-reset": { sensorType: 0x23, eventType: SPECIFIC, offset: 0x01 },
} as const satisfies Readonly<Record<string, EventCode>>;
const selEvents = Object.keys(SEL_EVENTS) as (keyof typeof SEL_EVENTS)[];

/** An entry of the log. */
export const SelEventSchema = v.strictObject({
  event: v.picklist(selEvents),
  /** Sensor or power supply of the declaration, by name; without one the controller knows none. */
  sensor: v.optional(printable(16)),
  /** When: `2024-03-01T12:00:00Z`. Without it, the moment when it is written (at power-on, for a declared one). */
  time: v.optional(v.pipe(v.string(), v.isoTimestamp("must be a time such as 2019-01-01T00:00:00Z"))),
  /** The state ended. */
  deasserted: v.optional(v.boolean(), false),
});
/** An entry of the log as declared. */
export type SelEventSpec = v.InferOutput<typeof SelEventSchema>;
