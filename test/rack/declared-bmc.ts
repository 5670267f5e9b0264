/** The part of a declaration that is the management controller. */
import * as v from "valibot";
import { macAddress } from "../../agent/wire/fields.ts";
import { pathItem, printable, whole } from "./declared-fields.ts";
import { SelEventSchema } from "./declared-sel.ts";

/** A FRU's string: its length has 6 bits (FRU Information Storage Definition 1.3, 13). */
const label = v.optional(printable(63));

/** Kinds of sensors that measure, with the unit of one count of the raw reading: a sensor has 255 counts. */
export const SENSOR_STEPS = { temperature: 1, fan: 100, voltage: 0.1, power: 4 } as const;
/** A kind of sensor that measures. */
export type SensorKind = keyof typeof SENSOR_STEPS;
const sensorKinds = Object.keys(SENSOR_STEPS) as SensorKind[];
const MAX_COUNT = 255;
/** Tenths of a volt are no whole numbers in binary. */
const ROUNDING = 1e-6;

/** Whether a sensor of this kind can show a value. */
export const isShown = (kind: SensorKind, value: number): boolean => {
  const count = value / SENSOR_STEPS[kind];
  return Math.abs(count - Math.round(count)) < ROUNDING && count > -ROUNDING && count < MAX_COUNT + ROUNDING;
};

const VALUES = ["reading", "lowerCritical", "upperCritical"] as const;
const SensorSchema = v.pipe(
  v.strictObject({
    /** At most 16 characters: what a sensor record has room for. */
    name: printable(16),
    kind: v.picklist(sensorKinds),
    /** In °C, rpm, V or W. */
    reading: v.number(),
    lowerCritical: v.optional(v.number()),
    upperCritical: v.optional(v.number()),
    /** Readings that come later: each is shown from so many seconds after power-on. */
    script: v.optional(v.array(v.strictObject({ atS: v.pipe(v.number(), v.minValue(0)), reading: v.number() })), []),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const sensor = dataset.value;
    const [step, max] = [SENSOR_STEPS[sensor.kind], SENSOR_STEPS[sensor.kind] * MAX_COUNT];
    for (const field of VALUES)
      if (!isShown(sensor.kind, sensor[field] ?? 0))
        addIssue({
          message: `must be a multiple of ${step} up to ${max} for a ${sensor.kind} sensor`,
          path: [pathItem(sensor, field)],
        });
    if (!sensor.script.every(({ reading }) => isShown(sensor.kind, reading)))
      addIssue({
        message: `readings must be multiples of ${step} up to ${max} for a ${sensor.kind} sensor`,
        path: [pathItem(sensor, "script")],
      });
  }),
);

/** A management controller that answers by IPMI on the server's own bus. */
export const BmcSchema = v.strictObject({
  /** Major 0 to 127 and minor 0 to 99, as `ipmitool mc info` prints them. */
  firmware: v.optional(
    v.pipe(v.string(), v.regex(/^(?:12[0-7]|1[01]\d|\d\d?)\.\d\d$/, "must be such as 2.45")),
    "1.00",
  ),
  /** The maker's number (IANA, enterprise numbers) and its number for the product. */
  manufacturerId: v.optional(whole(0, 0xfffff), 0),
  productId: v.optional(whole(0, 0xffff), 0),
  lan: v.optional(
    v.strictObject({
      mac: macAddress,
      address: v.pipe(v.string(), v.ipv4("must be an IPv4 address")),
      source: v.picklist(["static", "dhcp"]),
    }),
  ),
  /** Part and serial numbers as the factory wrote them. */
  fru: v.optional(
    v.strictObject({
      chassis: v.optional(v.strictObject({ part: label, serial: label })),
      board: v.optional(v.strictObject({ manufacturer: label, product: label, serial: label, part: label })),
      product: v.optional(
        v.strictObject({ manufacturer: label, name: label, part: label, version: label, serial: label }),
      ),
    }),
    {},
  ),
  sensors: v.optional(v.array(SensorSchema), []),
  /** What its event log has at power-on, oldest first. */
  sel: v.optional(v.array(SelEventSchema), []),
});
/** A management controller as declared. */
export type BmcSpec = v.InferOutput<typeof BmcSchema>;
/** A sensor as declared. */
export type SensorSpec = BmcSpec["sensors"][number];
/** A FRU's areas as declared. */
export type FruSpec = BmcSpec["fru"];
