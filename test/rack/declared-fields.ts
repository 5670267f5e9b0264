/** Fields that several parts of a declaration have. */
import * as v from "valibot";

const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const SECTOR_BYTES = 512;

const parseBytes = (text: string): number => {
  const [, digits = "", unit = "B"] = /^(-?\d+) ?(\w+)?$/.exec(text) ?? [];
  return Number(digits) * (UNIT_BYTES[unit] ?? 1);
};

/** Text for a firmware string: printable ASCII, as SMBIOS holds nothing else dependably. */
export const printable = (max: number) =>
  v.pipe(v.string(), v.regex(/^[\x20-\x7e]*$/, "must be printable ASCII"), v.minLength(1), v.maxLength(max));

/** A whole number within limits. */
export const whole = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** A size such as `64 MiB`, as bytes. */
export const sizeBytes = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,9} ?(KiB|MiB|GiB)$/, 'must be a size such as "64 MiB"'),
  v.transform(parseBytes),
);

/** A place on a disk such as `32 MiB`, `512 B` or a number of bytes; one such as `-1 MiB` counts from the end and is negative. */
export const offsetBytes = v.union(
  [
    v.pipe(v.number(), v.integer()),
    v.pipe(v.string(), v.regex(/^-?\d{1,15} ?(B|KiB|MiB|GiB)$/), v.transform(parseBytes)),
  ],
  'must be a place such as "32 MiB", "0 B" or "-1 MiB"',
);
const lengthBytes = v.union(
  [
    v.pipe(v.number(), v.integer(), v.minValue(1)),
    v.pipe(v.string(), v.regex(/^[1-9]\d{0,9} ?(B|KiB|MiB|GiB)$/), v.transform(parseBytes)),
  ],
  'must be a length such as "4 KiB"',
);
const WHOLE_SECTORS = "must be whole sectors of 512 B";

/** A part of a disk: whole sectors of 512 bytes. */
export const RangeSchema = v.strictObject({
  at: v.pipe(offsetBytes, v.multipleOf(SECTOR_BYTES, WHOLE_SECTORS)),
  length: v.pipe(lengthBytes, v.multipleOf(SECTOR_BYTES, WHOLE_SECTORS)),
});
/** A part of a disk as declared; a negative `at` counts from the end. */
export type RangeSpec = v.InferOutput<typeof RangeSchema>;

/** Where a place is on a disk of this size. */
export const placeOn = (at: number, diskBytes: number): number => (at < 0 ? diskBytes + at : at);

/** Names a part of a server in the rack, and in the name of a file. */
export const partName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$/, "must be 1 to 20 of A-Z a-z 0-9 . _ -"),
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
