/** Attributes of the kernel's hardware monitors to sensors (kernel.org: Documentation/hwmon/sysfs-interface.rst). Pure and total. */
import type { SensorFacts } from "../../wire/hardware/management.ts";
import { placeNames } from "../dmidecode/values.ts";
import type { SensorStatus } from "../ipmitool/states.ts";
import { cleanLabel, cleanText, present } from "../label.ts";

/** One chip as sysfs has it. */
export interface HwmonChip {
  readonly name: string;
  /** What `device` leads to, its last part. */
  readonly device: string;
  /** Attributes by name; null where one cannot be read. */
  readonly attributes: Readonly<Record<string, string | null>>;
}

/** Attribute prefixes: what they measure, and how many of the kernel's units make one of ours. */
const KINDS: Readonly<Record<string, readonly [SensorFacts["kind"], number]>> = {
  temp: ["temperature", 1_000],
  fan: ["fan", 1],
  in: ["voltage", 1_000],
  curr: ["current", 1_000],
  power: ["power", 1_000_000],
};
/** Power meters give an average where others give an instant. */
const INPUT = /^(temp|fan|in|curr|power)(\d{1,3})_(input|average)$/;

/**
 * Chips whose limits are the component's own. The limits of a board's monitor (nct6775, it87 …) are what its registers held at power-on: inputs
 * that lead nowhere read 127 °C against a limit of 80, on healthy boards.
 */
const HONEST_LIMITS: ReadonlySet<string> = new Set(["coretemp", "k10temp", "nvme", "drivetemp", "jc42", "spd5118"]);
/** Outside of this nothing that computes works; sensors that say so are not connected. */
const PLAUSIBLE_C = { min: -40, max: 200 } as const;

const numberOf = (raw: string | null | undefined): number | undefined =>
  /^-?\d{1,15}$/.test(raw ?? "") ? Number(raw) : undefined;

const isPlausible = (tempC: number): boolean => tempC > PLAUSIBLE_C.min && tempC < PLAUSIBLE_C.max;

/** The chip's limits, where they are the component's own. A limit of zero or below is one that nobody set. */
const limitsOf = (chip: HwmonChip, input: string): { readonly criticalC?: number; readonly maxC?: number } => {
  if (!HONEST_LIMITS.has(chip.name)) return {};
  const limit = (ending: string): number | undefined => {
    const limitC = (numberOf(chip.attributes[`${input}_${ending}`]) ?? 0) / 1_000;
    return limitC > 0 && isPlausible(limitC) ? limitC : undefined;
  };
  return present({ criticalC: limit("crit"), maxC: limit("max") });
};

const statusOf = (chip: HwmonChip, input: string, tempC: number): SensorStatus | undefined => {
  const { criticalC, maxC } = limitsOf(chip, input);
  if (criticalC !== undefined && tempC >= criticalC) return "critical";
  if (maxC !== undefined && tempC >= maxC) return "warning";
  return criticalC === undefined && maxC === undefined ? undefined : "ok";
};

const sensorOf = (chip: HwmonChip, place: string, attribute: string) => {
  const [, prefix = "", index = "", ending = ""] = INPUT.exec(attribute) ?? [];
  const kind = KINDS[prefix];
  const raw = numberOf(chip.attributes[attribute]);
  const input = `${prefix}${index}`;
  if (kind === undefined || raw === undefined) return undefined;
  if (ending === "average" && numberOf(chip.attributes[`${input}_input`]) !== undefined) return undefined;
  const reading = raw / kind[1];
  if (kind[0] === "temperature" && !isPlausible(reading)) return undefined;
  const status = kind[0] === "temperature" ? statusOf(chip, input, reading) : undefined;
  const label = cleanLabel(chip.attributes[`${input}_label`], 100) ?? input;
  return { locator: `${place} ${label}`, kind: kind[0], reading, ...present({ status }) };
};

/** Chips of one name (one for each processor, disk, DIMM) go by their device. */
const placeOf = (chip: HwmonChip, chips: readonly HwmonChip[]): string => {
  if (chips.filter((other) => other.name === chip.name).length === 1) return cleanText(chip.name, 60);
  return cleanText(chip.device.startsWith(chip.name) ? chip.device : `${chip.name} ${chip.device}`, 100);
};

/** The sensors, each under a name of its own. One that cannot be read is left out. */
export const parseHwmon = (chips: readonly HwmonChip[]): readonly SensorFacts[] => {
  const found = chips.flatMap((chip) => {
    const place = placeOf(chip, chips);
    return Object.keys(chip.attributes).flatMap((attribute) => sensorOf(chip, place, attribute) ?? []);
  });
  const names = placeNames(found.map(({ locator }) => ({ locator, bank: "" })));
  return found.map(({ locator, ...sensor }, i) => ({ name: names[i] ?? locator, source: "hwmon" as const, ...sensor }));
};

/** Drivers of the processors' own sensors. */
const PROCESSOR_CHIPS: ReadonlySet<string> = new Set(["coretemp", "k10temp", "zenpower", "cpu_thermal"]);

/** One temperature with what its component bears. */
export interface Temperature {
  /** `coretemp.0 Core 3`. */
  readonly name: string;
  /** The chip: all sensors of a processor share it. */
  readonly chip: string;
  readonly isProcessor: boolean;
  readonly tempC: number;
  /** At which the component protects itself. */
  readonly criticalC?: number;
}

/** The temperatures. Those of chips whose limits are not the component's own come without. */
export const parseTemperatures = (chips: readonly HwmonChip[]): readonly Temperature[] =>
  chips.flatMap((chip) => {
    const place = placeOf(chip, chips);
    return Object.keys(chip.attributes).flatMap((attribute) => {
      const sensor = sensorOf(chip, place, attribute);
      if (sensor?.kind !== "temperature") return [];
      const { criticalC, maxC } = limitsOf(chip, attribute.replace(/_.*$/, ""));
      const isProcessor = PROCESSOR_CHIPS.has(chip.name);
      return {
        ...{ name: sensor.locator, chip: place, isProcessor, tempC: sensor.reading },
        ...present({ criticalC: criticalC ?? maxC }),
      };
    });
  });
