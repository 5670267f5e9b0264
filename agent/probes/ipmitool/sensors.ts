/** Sensor records to the sensors and fans of the inventory. Pure. */
import type { FanFacts, SensorFacts } from "../../wire/hardware/management.ts";
import { placeNames } from "../dmidecode/values.ts";
import { present } from "../label.ts";
import type { SdrRecord } from "./sdr.ts";

/** Entities (IPMI 2.0, table 43-13) in words that tell two sensors of one name apart. */
const ENTITIES: Readonly<Record<number, string>> = {
  3: "processor",
  4: "disk bay",
  7: "system board",
  8: "memory module",
  10: "power supply",
  11: "add-in card",
  12: "front panel",
  15: "drive backplane",
  19: "power unit",
  26: "drive bay",
  29: "fan",
  30: "cooling unit",
  32: "memory device",
  40: "battery",
};
const FAN_ENTITIES: ReadonlySet<number> = new Set([29, 30]);
/** From this instance on, numbers count within the controller and not within the server (IPMI 2.0, 39.1). */
const DEVICE_RELATIVE_INSTANCE = 0x60;

/** From ipmitool's units to the inventory's: kind, and the reading converted. */
const UNITS: Readonly<Record<string, readonly [SensorFacts["kind"], (value: number) => number]>> = {
  "degrees C": ["temperature", (value) => value],
  "degrees F": ["temperature", (value) => (value - 32) / 1.8],
  "degrees K": ["temperature", (value) => value - 273.15],
  Volts: ["voltage", (value) => value],
  Amps: ["current", (value) => value],
  Watts: ["power", (value) => value],
  RPM: ["fan", (value) => value],
};

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** The number of its own that an entity has, from 1 where the BMC counts within itself. */
export const instanceOf = ({ instance }: SdrRecord): number =>
  instance >= DEVICE_RELATIVE_INSTANCE ? instance - DEVICE_RELATIVE_INSTANCE : instance;

/** A name for each record that no other has. Dell calls the temperature of every processor `Temp`. */
export const sensorNames = (records: readonly SdrRecord[]): readonly string[] =>
  placeNames(
    records.map((record) => ({
      locator: record.name,
      bank: `${ENTITIES[record.entity] ?? `entity ${record.entity}`} ${instanceOf(record)}`,
    })),
  );

/** What an IPMI sensor says about itself; undefined when it neither measures anything known nor asserts anything. */
const sensorOf = (record: SdrRecord, name: string): SensorFacts | undefined => {
  const unit = UNITS[record.unit ?? ""];
  if (!record.answers || (unit === undefined && record.states.length === 0)) return undefined;
  return {
    name,
    source: "ipmi",
    kind: unit?.[0] ?? "discrete",
    ...present({
      reading: unit === undefined || record.reading === undefined ? undefined : rounded(unit[1](record.reading)),
      status: record.status,
      states: record.states.length === 0 ? undefined : [...record.states],
    }),
  };
};

/** A fan by its speed, or by its share of full speed. */
const fanOf = (record: SdrRecord, name: string): FanFacts | undefined => {
  const isSpeed = record.unit === "RPM";
  const isShare = record.unit === "percent" && (FAN_ENTITIES.has(record.entity) || /\bfan/i.test(record.name));
  if (!record.answers || (!isSpeed && !isShare)) return undefined;
  return {
    name,
    ...present({
      rpm: isSpeed ? record.reading : undefined,
      dutyPercent: isShare ? record.reading : undefined,
      healthy: record.status === undefined ? undefined : record.status === "ok",
    }),
  };
};

/** Sensors and fans. One that does not answer is in neither. */
export const sensorsOfSdr = (
  records: readonly SdrRecord[],
): { readonly sensors: readonly SensorFacts[]; readonly fans: readonly FanFacts[] } => {
  const names = sensorNames(records);
  const named = records.map((record, i) => ({ record, name: names[i] ?? record.name }));
  return {
    sensors: named.flatMap(({ record, name }) => sensorOf(record, name) ?? []),
    fans: named.flatMap(({ record, name }) => fanOf(record, name) ?? []),
  };
};
