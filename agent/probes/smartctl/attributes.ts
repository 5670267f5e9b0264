/** The table of attributes that ATA drives keep (SMART READ DATA). Pure and total. */
import { countAt, flagAt, type Json, objectAt, rowsAt, textAt } from "../json-values.ts";
import { cleanText, present } from "../label.ts";

/** One attribute. */
export interface AtaAttribute {
  readonly id: number;
  readonly name: string;
  /** Normalised by the drive: bigger is better, and at `threshold` it has failed. Absent where the drive gives none. */
  readonly value?: number;
  readonly worst?: number;
  readonly threshold?: number;
  /** Reaching the threshold means that the drive is about to fail, not that it is old. */
  readonly prefail: boolean;
  readonly failed?: "now" | "past";
  /** All 48 bits of the raw value as one number. Meaningless for vendors that pack several counters into it. */
  readonly raw?: number;
  /** The same as three counters of 16 bits, lowest first: how Seagate packs timeouts and temperatures. */
  readonly rawWords?: readonly [number, number, number];
  /** The number that smartctl shows first, by its table of vendors' formats: 27 of `27 (Min/Max 24/30)`. */
  readonly reading?: number;
  readonly rawText?: string;
}

const WORD = 2 ** 16;
const BITS_48 = 2 ** 48;

/** Without bit operators: they would cut the value to 32 bits. */
const wordsOf = (raw: number): readonly [number, number, number] => [
  raw % WORD,
  Math.floor(raw / WORD) % WORD,
  Math.floor(raw / WORD / WORD) % WORD,
];

/** `10645h+23m+05.1s` starts with 10645; `0x0001 …` and `1/2/3` are no single number. */
const readingOf = (text: string | undefined): number | undefined => {
  const digits = /^(-?\d{1,15})(?![\dx/])/.exec(text ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const attributeOf = (row: Json): AtaAttribute | undefined => {
  const id = countAt(row, "id");
  if (id === undefined || id === 0 || id > 255) return undefined;
  const raw = countAt(objectAt(row, "raw"), "value");
  const rawText = textAt(objectAt(row, "raw"), "string");
  const failed = textAt(row, "when_failed");
  return {
    id,
    name: cleanText(textAt(row, "name") ?? "", 100) || `attribute ${id}`,
    prefail: flagAt(objectAt(row, "flags"), "prefailure") ?? false,
    ...present({
      value: countAt(row, "value"),
      worst: countAt(row, "worst"),
      threshold: countAt(row, "thresh"),
      failed: failed === "now" || failed === "past" ? failed : undefined,
      raw,
      rawWords: raw === undefined || raw >= BITS_48 ? undefined : wordsOf(raw),
      reading: readingOf(rawText),
      rawText,
    } as const),
  };
};

/** The attributes, as the drive orders them. */
export const attributesOf = (document: Json): readonly AtaAttribute[] =>
  rowsAt(objectAt(document, "ata_smart_attributes"), "table").flatMap((row) => attributeOf(row) ?? []);

/** Where drives keep their temperature, the better place first. */
const TEMPERATURE_IDS = [194, 190];
/** What a drive can be, in °C; beyond it the byte holds something else. 128 and more would be negative, which no drive under test is. */
const MAX_TEMP_C = 127;

/** The temperature is the lowest byte of its attribute; the bytes above hold the extremes. */
export const temperatureOf = (attributes: readonly AtaAttribute[]): number | undefined => {
  for (const id of TEMPERATURE_IDS) {
    const one = attributes.find((attribute) => attribute.id === id && /temp/i.test(attribute.name));
    // smartctl's text has the byte already taken out.
    const tempC = one?.rawWords === undefined ? (one?.reading ?? 0) : one.rawWords[0] % 256;
    if (tempC > 0 && tempC <= MAX_TEMP_C) return tempC;
  }
  return undefined;
};

/**
 * Attributes that tell the life that is left, by the names of smartctl's table; most trusted first. `raw`: the raw value is the percentage and
 * the normalised one stays at 100.
 */
const LIFE_LEFT: readonly (readonly [RegExp, "value" | "raw"])[] = [
  [/^Remaining_Lifetime_Perc/, "raw"],
  [/^(?:Percent_Lifetime_Remain|Media_Wearout_Indicator|SSD_Life_Left|Remain(?:ing)?_Life)/, "value"],
  [/^Wear_Leveling_Count/, "value"],
];

/** Percent of its life that a solid-state drive has used, where one of its attributes says so. */
export const wearOf = (attributes: readonly AtaAttribute[]): number | undefined => {
  for (const [name, where] of LIFE_LEFT) {
    const one = attributes.find((attribute) => name.test(attribute.name));
    const left = where === "raw" ? one?.reading : one?.value;
    if (one === undefined || left === undefined || left > 100 || left < 0) continue;
    // Phison's drives count down in the raw value while the normalised one stays at 100: two answers are none.
    if (where === "value" && left === 100 && one.reading !== undefined && /Life_Left/.test(one.name))
      if (one.reading > 0 && one.reading < 100) continue;
    return 100 - left;
  }
  return undefined;
};
