/** Fields that several parts of a declaration have. */
import * as v from "valibot";

const UNIT_BYTES: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** Text for a firmware string: printable ASCII, as SMBIOS holds nothing else dependably. */
export const printable = (max: number) =>
  v.pipe(v.string(), v.regex(/^[\x20-\x7e]*$/, "must be printable ASCII"), v.minLength(1), v.maxLength(max));

/** A whole number within limits. */
export const whole = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** A size such as `64 MiB`, as bytes. */
export const sizeBytes = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,9} ?(KiB|MiB|GiB)$/, 'must be a size such as "64 MiB"'),
  v.transform((text) => {
    const [, digits = "", unit = ""] = /^(\d+) ?(\w+)$/.exec(text) ?? [];
    return Number(digits) * (UNIT_BYTES[unit] ?? 1);
  }),
);

/** One step of an issue's path, in an object. */
export const pathItem = (input: object, key: string): v.ObjectPathItem => ({
  type: "object",
  origin: "value",
  input: { ...input },
  key,
  value: undefined,
});

/** The path of a field in an element of a list. */
export const pathTo = (
  input: object,
  list: string,
  at: number,
  field: string,
): [v.ObjectPathItem, v.ArrayPathItem, v.ObjectPathItem] => [
  pathItem(input, list),
  { type: "array", origin: "value", input: [], key: at, value: undefined },
  pathItem(input, field),
];

/** Index of the first element that was there before; -1 if all differ. */
export const repeatAt = (values: readonly unknown[]): number =>
  values.findIndex((value, i) => value !== undefined && values.indexOf(value) < i);
