/** The thermal sidecar: from claim to exit, all of hwmon every 5 s. A sensor that dies drops out; one that hangs is not asked again while it hangs. */
import { cleanText } from "./probes/label.ts";
import { type Files, readAttribute } from "./system/files.ts";
import type { System } from "./system/system.ts";
import { WIRE_LIMITS, WIRE_PERIODS } from "./wire/limits.ts";

/** What the kernel's hwmon attributes mean (kernel.org: Documentation/hwmon/sysfs-interface.rst): unit of the series, and how many attribute units it has. */
const KINDS: readonly { readonly prefix: string; readonly unit: string; readonly divisor: number }[] = [
  { prefix: "temp", unit: "tempC", divisor: 1000 },
  { prefix: "fan", unit: "rpm", divisor: 1 },
  { prefix: "in", unit: "volts", divisor: 1000 },
  { prefix: "curr", unit: "amps", divisor: 1000 },
  { prefix: "power", unit: "watts", divisor: 1_000_000 },
];
/** Power meters give an average where others give an instant. */
const INPUT = /^([a-z]+)(\d{1,3})_(input|average)$/;

/** One sensor: where it is read, and what its series is called. */
interface Sensor {
  readonly path: string;
  readonly series: string;
  readonly divisor: number;
}

const ROOT = "/sys/class/hwmon";
/** Slashes separate the parts of a series' name, so no part may hold one. */
const part = (raw: string): string => cleanText(raw, 36).replaceAll("/", "-").replaceAll(" ", "_");

/** Names of a chip's inputs in sysfs to sensors. Pure. `average` counts only where there is no `input`. */
const sensorsOfChip = (
  base: string,
  chip: string,
  names: readonly string[],
  labels: ReadonlyMap<string, string>,
): readonly Sensor[] => {
  const present = new Set(names);
  return names.flatMap((name) => {
    const [, prefix, index, ending] = INPUT.exec(name) ?? [];
    const kind = KINDS.find((k) => k.prefix === prefix);
    if (kind === undefined || (ending === "average" && present.has(`${prefix}${index}_input`))) return [];
    const label = part(labels.get(`${prefix}${index}`) ?? `${prefix}${index}`);
    return [{ path: `${base}/${name}`, series: `${chip}/${label}/${kind.unit}`, divisor: kind.divisor }];
  });
};

/** Finds every sensor. Chips of the same name (one for each socket, disk, DIMM) are told apart by their device. */
export const findSensors = async (files: Files): Promise<readonly Sensor[]> => {
  const chips: { base: string; name: string; device: string }[] = [];
  for (const hwmon of await files.list(ROOT)) {
    const base = `${ROOT}/${hwmon}`;
    const device = (await files.realPath(`${base}/device`))?.split("/").at(-1) ?? hwmon;
    chips.push({ base, name: part((await readAttribute(files, `${base}/name`)) ?? hwmon), device: part(device) });
  }
  const sensors: Sensor[] = [];
  for (const { base, name, device } of chips) {
    const isUnique = chips.filter((other) => other.name === name).length === 1;
    const names = await files.list(base);
    const labels = new Map<string, string>();
    for (const labelled of names.filter((n) => n.endsWith("_label"))) {
      const label = await readAttribute(files, `${base}/${labelled}`);
      if (label !== null) labels.set(labelled.slice(0, -"_label".length), label);
    }
    sensors.push(...sensorsOfChip(base, isUnique ? name : `${name}-${device}`, names, labels));
  }
  const used = new Map<string, number>();
  return sensors.slice(0, WIRE_LIMITS.seriesPerSample).map((sensor) => {
    const nth = (used.get(sensor.series) ?? 0) + 1;
    used.set(sensor.series, nth);
    // Two sensors of a chip with one label: the second is `label#2`.
    return nth === 1 ? sensor : { ...sensor, series: sensor.series.replace(/\/([^/]*)$/, `#${nth}/$1`) };
  });
};

/** Reads sensors again and again. */
export interface SensorReader {
  /** What answers within the time; the rest is left out. */
  read(withinMs: number): Promise<Readonly<Record<string, number>>>;
}

/** A reader that remembers which sensors still hang. Each read of sysfs occupies a thread of a small pool, so a hanging sensor must not get a second one. */
export const createSensorReader = ({ files, clock }: Pick<System, "files" | "clock">): SensorReader => {
  const hanging = new Set<string>();
  const readOne = async (sensor: Sensor, into: Record<string, number>): Promise<void> => {
    hanging.add(sensor.path);
    const raw = await readAttribute(files, sensor.path);
    hanging.delete(sensor.path);
    const value = raw === null || !/^-?\d{1,12}$/.test(raw) ? Number.NaN : Number(raw) / sensor.divisor;
    if (Number.isFinite(value)) into[sensor.series] = value;
  };
  return {
    read: async (withinMs) => {
      const readings: Record<string, number> = {};
      const over = new AbortController();
      const all = async () => {
        const sensors = (await findSensors(files)).filter((sensor) => !hanging.has(sensor.path));
        await Promise.all(sensors.map((sensor) => readOne(sensor, readings)));
      };
      await Promise.race([all(), clock.sleep(withinMs, over.signal)]);
      over.abort();
      return { ...readings };
    },
  };
};

/** Takes a sample every 5 s until the signal aborts. A machine without sensors has no samples. */
export const runSidecar = async (
  system: System,
  take: (readings: Readonly<Record<string, number>>) => void,
  signal: AbortSignal,
): Promise<void> => {
  const reader = createSensorReader(system);
  while (!signal.aborted) {
    const readings = await reader.read(WIRE_PERIODS.sensorMs / 2);
    if (Object.keys(readings).length > 0 && !signal.aborted) take(readings);
    await system.clock.sleep(WIRE_PERIODS.sensorMs, signal);
  }
};
