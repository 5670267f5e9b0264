/** Sensor data records: what a management controller says of its sensors and FRUs (IPMI 2.0, 43). Pure. */
import { SENSOR_STEPS, type SensorKind, type SensorSpec } from "../declared-bmc.ts";
import type { PsuSpec } from "../declared-smbios.ts";
import { typeLength } from "./fru.ts";

const SDR_VERSION = 0x51;
const BMC_ADDRESS = 0x20;
/** The controller's sensors begin here; zero is a number like others, but easily taken for none. */
export const FIRST_SENSOR = 1;
/** FRU 0 is the controller's own. */
export const FIRST_PSU_FRU = 1;
/** Entity "power supply", and what an analog sensor here belongs to (43.14). */
const POWER_SUPPLY = 0x0a;
const ENTITIES: Readonly<Record<SensorKind, number>> = { temperature: 0x03, fan: 0x1d, voltage: 0x07, power: 0x07 };
/** Sensor type (42.2) and base unit (43.17), with factor and exponent of a count of the reading: what `SENSOR_STEPS` says. */
const ANALOG: Readonly<Record<SensorKind, { type: number; unit: number; factor: number; exponent: number }>> = {
  temperature: { type: 0x01, unit: 1, factor: 1, exponent: 0 },
  fan: { type: 0x04, unit: 18, factor: 100, exponent: 0 },
  voltage: { type: 0x02, unit: 4, factor: 1, exponent: -1 },
  power: { type: 0x0b, unit: 6, factor: 4, exponent: 0 },
};
/** Bits of the limits that a sensor has and of those that a reading is beyond (35.9, 35.14). */
const LOWER_CRITICAL = 0x02;
const UPPER_CRITICAL = 0x10;
/** States of a power supply (42.2, type 08h). */
const PSU_PRESENT = 0x01;
const PSU_STATES = { absent: 0, failed: 0x02, "input-lost": 0x08 } as const;
/** Events are on, the sensor is scanned. */
const SCANNED = 0xc0;

/** A sensor as commands see it. */
export interface Sensor {
  readonly number: number;
  readonly record: readonly number[];
  /** Answer to Get Sensor Reading, now. */
  read(): readonly number[];
  /** Answer to Get Sensor Thresholds; null for one that has states instead. */
  readonly thresholds: readonly number[] | null;
}

/** What is measured now. */
export interface Readings {
  readingOf(sensor: SensorSpec): number;
  faultOf(psu: PsuSpec): PsuSpec["fault"];
}

/** The record's header without its number, which the repository gives. */
const encodeRecord = (type: number, body: readonly number[]): readonly number[] => [
  SDR_VERSION,
  type,
  body.length,
  ...body,
];

const word = (value: number): readonly number[] => [value & 0xff, value >> 8];

/** Owner and number, entity, and how it starts: all that a full and a compact record have in common. */
const sensorKey = (number: number, entity: number, instance: number): readonly number[] => [
  ...[BMC_ADDRESS, 0, number, entity, instance],
  0x7f, // everything is initialised and on
];

const openAnalogSensor = (sensor: SensorSpec, index: number, instance: number, state: Readings): Sensor => {
  const number = FIRST_SENSOR + index;
  const { type, unit, factor, exponent } = ANALOG[sensor.kind];
  const count = (value: number | undefined): number => Math.round((value ?? 0) / SENSOR_STEPS[sensor.kind]);
  const limits =
    (sensor.lowerCritical === undefined ? 0 : LOWER_CRITICAL) |
    (sensor.upperCritical === undefined ? 0 : UPPER_CRITICAL);
  const [lower, upper] = [count(sensor.lowerCritical), count(sensor.upperCritical)];
  const read = (): readonly number[] => {
    const raw = count(state.readingOf(sensor));
    const beyond = (raw <= lower ? LOWER_CRITICAL : 0) | (raw >= upper ? UPPER_CRITICAL : 0);
    return [raw, SCANNED, SCANNED | (beyond & limits)];
  };
  const body = [
    ...sensorKey(number, ENTITIES[sensor.kind], instance),
    0x44, // arms itself again; its limits can be read
    ...[type, 0x01], // by thresholds
    ...[...word(0), ...word(0)], // events: none
    ...[limits, 0], // limits that can be read, and set
    ...[0x00, unit, 0x00, 0x00], // unsigned, no rate, no modifier, linear
    ...[factor & 0xff, 0, 0, 0, 0, (exponent & 0x0f) << 4],
    ...[0x00, 0, 0, 0, 0xff, 0x00], // nominal values are not told; the range
    ...[0, upper, 0, 0, lower, 0], // limits: upper ones first
    ...[0, 0, 0, 0, 0], // no hysteresis, nothing of the maker's own
    ...typeLength(sensor.name),
  ];
  return {
    number,
    record: encodeRecord(0x01, body),
    read,
    thresholds: [limits, 0, lower, 0, 0, upper, 0],
  };
};

const psuStates = (fault: PsuSpec["fault"]): number =>
  fault === "absent" ? 0 : PSU_PRESENT | (fault === undefined ? 0 : PSU_STATES[fault]);

const openPsuSensor = (psu: PsuSpec, index: number, instance: number, state: Readings): Sensor => {
  const number = FIRST_SENSOR + index;
  const all = PSU_PRESENT | PSU_STATES.failed | PSU_STATES["input-lost"];
  const body = [
    ...sensorKey(number, POWER_SUPPLY, instance),
    0x40, // arms itself again
    ...[0x08, 0x6f], // power supply, with states of its own
    ...[...word(all), ...word(all), ...word(all)],
    ...[0xc0, 0, 0], // gives no number
    ...[0x01, 0x00], // one sensor
    ...[0, 0, 0, 0, 0, 0], // no hysteresis, reserved, nothing of the maker's own
    ...typeLength(psu.name),
  ];
  const read = (): readonly number[] => [0, SCANNED, psuStates(state.faultOf(psu)), 0x80];
  return { number, record: encodeRecord(0x02, body), read, thresholds: null };
};

/** Sensors as declared, then one for each power supply. */
export const openSensors = (
  sensors: readonly SensorSpec[],
  psus: readonly PsuSpec[],
  state: Readings,
): readonly Sensor[] => [
  ...sensors.map((sensor, i) => {
    const instance = 1 + sensors.slice(0, i).filter(({ kind }) => kind === sensor.kind).length;
    return openAnalogSensor(sensor, i, instance, state);
  }),
  ...psus.map((psu, i) => openPsuSensor(psu, sensors.length + i, i + 1, state)),
];

/** The record that names a power supply's FRU (43.8). */
export const encodePsuLocator = (psu: PsuSpec, index: number): readonly number[] =>
  encodeRecord(0x11, [
    ...[BMC_ADDRESS, FIRST_PSU_FRU + index, 0x80, 0], // behind the controller, by its own number
    ...[0, 0x10, 0], // reserved; a FRU's storage
    ...[POWER_SUPPLY, index + 1, 0],
    ...typeLength(psu.name),
  ]);
