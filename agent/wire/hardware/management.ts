/** Power supplies, fans, sensors and the management controller (BMC): IPMI, SMBIOS types 38 and 39, hwmon. */
import * as v from "valibot";
import { count, macAddress, text } from "../fields.ts";

const label = v.optional(text(256));
const size = v.optional(count);
const number = v.optional(v.pipe(v.number(), v.finite()));

/** One power supply. */
export const PsuFacts = v.object({
  name: text(256),
  present: v.optional(v.boolean()),
  manufacturer: label,
  model: label,
  part: label,
  serial: label,
  maxW: number,
  inputW: number,
  /** The states that its sensor asserts: `Presence detected`, `Power Supply AC lost`. */
  states: v.optional(v.array(text(256))),
});

/** One fan. */
export const FanFacts = v.object({
  name: text(256),
  rpm: number,
  /** Share of full speed where the sensor gives that instead. */
  dutyPercent: number,
  /** The sensor is within its limits; absent when it does not say. */
  healthy: v.optional(v.boolean()),
});

/** What a sensor measures. */
export const SENSOR_KINDS = ["temperature", "voltage", "current", "power", "fan", "discrete"] as const;

/** One sensor with a reading or a state (IPMI SDR, hwmon). */
export const SensorFacts = v.object({
  name: text(256),
  source: v.picklist(["ipmi", "hwmon"]),
  kind: v.picklist(SENSOR_KINDS),
  /** In °C, V, A, W or rpm, as the kind says. */
  reading: number,
  /** `critical` and `non-recoverable` fail a server, `warning` is told. Absent when the sensor has no limits. */
  status: v.optional(v.picklist(["ok", "warning", "critical", "non-recoverable"])),
  /** What a discrete sensor asserts. */
  states: v.optional(v.array(text(256))),
});

/** The management controller. */
export const BmcFacts = v.object({
  manufacturer: label,
  product: label,
  firmware: label,
  ipmiVersion: label,
  guid: label,
  mac: v.optional(macAddress),
  address: label,
  /** `DHCP Address`, `Static Address`. */
  addressSource: label,
  selEntryCount: size,
  selUsedPercent: size,
  /** Part and serial numbers as the factory wrote them (FRU). */
  productSerial: label,
  boardSerial: label,
  chassisSerial: label,
});

export type PsuFacts = v.InferOutput<typeof PsuFacts>;
export type FanFacts = v.InferOutput<typeof FanFacts>;
export type SensorFacts = v.InferOutput<typeof SensorFacts>;
export type BmcFacts = v.InferOutput<typeof BmcFacts>;
