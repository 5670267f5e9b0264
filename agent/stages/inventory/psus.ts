/** Power supplies of the inventory: SMBIOS lists the bays, FRU memories name the parts, sensors tell how they are. Pure. */
import type { FruDevice } from "../../probes/ipmitool/fru.ts";
import type { SdrRecord } from "../../probes/ipmitool/sdr.ts";
import { instanceOf } from "../../probes/ipmitool/sensors.ts";
import { present } from "../../probes/label.ts";
import type { PsuFacts } from "../../wire/hardware/management.ts";
import type { ProbeFacts } from "./probes.ts";

/** A power supply with its number in the server, from 1. The three sources share nothing else. */
interface Numbered extends Omit<PsuFacts, "name"> {
  readonly number: number;
  /** A name that somebody can point at; absent where the source had a model or nothing. */
  readonly name?: string;
}

/** Power supplies in the words of vendors: `PS1`, `PSU 2`, `PSU.Slot.1`, `Pwr Supply 1 FRU`, `Power Supply 2`. */
const PSU_NUMBER =
  /\b(?:psu?|pwr[ _]?sup(?:ply)?|power[ _]?supply)[ _.-]{0,3}(?:slot|bay)?[ _.#-]{0,3}(\d{1,2})(?!\d)/i;
const PSU_WORD = /\b(?:psu?\d{0,2}|pwr[ _]?supply|power[ _]?supply)(?:\b|_)/i;
const POWER_SUPPLY_ENTITY = 10;

/** Number of the supply that a sensor or a memory is named after: 2 for `PS2 Input Power`. */
export const supplyNumberIn = (name: string): number | undefined => {
  const digits = PSU_NUMBER.exec(name.replaceAll("_", " "))?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** SMBIOS type 39. Dell writes the model where others write the place; then the order is all there is. */
const fromSmbios = (psus: readonly PsuFacts[]): readonly Numbered[] =>
  psus.map(({ name, ...psu }, i) => {
    const number = supplyNumberIn(name);
    return number === undefined
      ? { ...psu, number: i + 1, model: psu.model ?? name.replace(/#\d{1,3}$/, "") }
      : { ...psu, number, name };
  });

/** FRU memories of power supplies; an empty one is of a bay that is empty. */
const fromFru = (devices: readonly FruDevice[]): readonly Numbered[] =>
  devices
    .filter((device) => device.capacityW !== undefined || PSU_WORD.test(device.name.replaceAll("_", " ")))
    .map((device, i) => ({
      number: supplyNumberIn(device.name) ?? i + 1,
      ...present({
        manufacturer: device.productManufacturer ?? device.boardManufacturer,
        model: device.productName ?? device.boardProduct,
        part: device.productPart ?? device.boardPart,
        serial: device.productSerial ?? device.boardSerial,
        maxW: device.capacityW,
      }),
    }));

const PRESENT: ReadonlySet<string> = new Set(["Presence detected", "Device Present", "Present"]);
const ABSENT: ReadonlySet<string> = new Set(["Device Absent", "Absent"]);
/** A sensor of all supplies together, which some vendors hang on the power supplies' entity. */
const REDUNDANCY = /^(?:Fully Redundant|Redundancy |Non-Redundant:)/;
/** What goes in, and not what comes out: `PS1 Input Power`, `PSU1_PIN`, `PSU1 Power In`. */
const INPUT_POWER = /\b(?:in|input|pin)\b/i;

/** Whether it is there: what a sensor asserts, else a status sensor that answers and asserts nothing. */
const presenceOf = (sensors: readonly SdrRecord[]): boolean | undefined => {
  const states = sensors.flatMap((sensor) => sensor.states);
  if (states.some((state) => PRESENT.has(state))) return true;
  if (states.some((state) => ABSENT.has(state))) return false;
  const isEmpty = sensors.some(
    (sensor) =>
      sensor.answers && sensor.reading === undefined && /stat/i.test(sensor.name) && sensor.states.length === 0,
  );
  return isEmpty ? false : undefined;
};

const fromSensors = (records: readonly SdrRecord[]): readonly Numbered[] => {
  const byNumber = new Map<number, SdrRecord[]>();
  for (const record of records) {
    if (record.entity !== POWER_SUPPLY_ENTITY || record.states.some((state) => REDUNDANCY.test(state))) continue;
    const number = supplyNumberIn(record.name) ?? instanceOf(record);
    byNumber.set(number, [...(byNumber.get(number) ?? []), record]);
  }
  return [...byNumber].flatMap(([number, sensors]) => {
    const isPresent = presenceOf(sensors);
    // A rail of the board that the BMC hangs on this entity is no power supply.
    if (isPresent === undefined && !sensors.some((sensor) => PSU_WORD.test(sensor.name.replaceAll("_", " "))))
      return [];
    const watts = sensors.filter((sensor) => sensor.unit === "Watts" && sensor.reading !== undefined);
    const input = watts.find((sensor) => INPUT_POWER.test(sensor.name.replaceAll("_", " ")));
    const states = [...new Set(sensors.flatMap((sensor) => sensor.states))];
    return {
      number,
      ...present({
        present: isPresent,
        inputW: input?.reading,
        states: states.length === 0 ? undefined : states,
      }),
    };
  });
};

/** The same part where both know its serial; else the same number. */
const placeByPart = (fru: readonly Numbered[], smbios: readonly Numbered[]): readonly Numbered[] =>
  fru.map((one) => {
    const same = smbios.find((other) => one.serial !== undefined && other.serial === one.serial);
    return same === undefined ? one : { ...one, number: same.number };
  });

/** The power supplies in their order. Of each fact the first source that has it: firmware, FRU memory; presence and states are the sensor's. */
export const assemblePsus = ({ smbios, ipmi }: Pick<ProbeFacts, "smbios" | "ipmi">): PsuFacts[] => {
  const listed = fromSmbios(smbios?.psus ?? []);
  const parts = placeByPart(fromFru(ipmi?.fru ?? []), listed);
  const sensed = fromSensors(ipmi?.sdr ?? []);
  const numbers = [...new Set([...listed, ...parts, ...sensed].map(({ number }) => number))].sort((a, b) => a - b);
  return numbers.map((number) => {
    const [smbiosPsu, part, sensor] = [listed, parts, sensed].map((source) =>
      source.find((one) => one.number === number),
    );
    const { number: _number, ...facts } = { number, ...part, ...smbiosPsu, ...sensor };
    return { ...facts, name: smbiosPsu?.name ?? `PSU ${number}` };
  });
};
