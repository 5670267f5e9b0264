/** Values as dmidecode prints them, to numbers; and names for places. Pure. */

/** The fields of one structure. */
export type Fields = ReadonlyMap<string, string>;

/** SMBIOS counts in powers of two, and dmidecode prints that as kB, MB, GB, TB; versions before 2 wrote Mbyte. */
const UNIT_EXPONENTS: Readonly<Record<string, number>> = { b: 0, k: 10, m: 20, g: 30, t: 40, p: 50 };

/** `16 GB`, `8192 MB (Double-bank Connection)`; undefined for words and for nothing. */
export const sizeOf = (raw: string | undefined): number | undefined => {
  const match = /^(\d{1,15}) ?(b(?:ytes?)?|[kmgtp]b(?:yte)?s?)(?![a-z])/i.exec(raw ?? "");
  const exponent = UNIT_EXPONENTS[match?.[2]?.[0]?.toLowerCase() ?? ""];
  const bytes = exponent === undefined ? Number.NaN : Number(match?.[1]) * 2 ** exponent;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
};

/** A number above zero with one of these units behind it: `72 bits`, `2666 MT/s`, `3600 MHz`, `750 W`. */
const quantityOf = (raw: string | undefined, unit: RegExp): number | undefined => {
  const match = /^(\d{1,9}(?:\.\d{1,6})?) ?([A-Za-z/]{1,8})?$/.exec(raw ?? "");
  const quantity = Number(match?.[1]);
  return match !== null && quantity > 0 && unit.test(match[2] ?? "") ? quantity : undefined;
};

/** `2666 MT/s`; before dmidecode 3.2 the same number was called MHz. */
export const transferRateOf = (raw: string | undefined): number | undefined => quantityOf(raw, /^(?:MT\/s|MHz)$/);

/** `3600 MHz`. */
export const megahertzOf = (raw: string | undefined): number | undefined => quantityOf(raw, /^MHz$/);

/** `72 bits`. */
export const bitsOf = (raw: string | undefined): number | undefined => quantityOf(raw, /^bits$/);

/** `750 W`. */
export const wattsOf = (raw: string | undefined): number | undefined => quantityOf(raw, /^W$/);

/** A plain number above zero: cores, ranks. */
export const countOf = (raw: string | undefined): number | undefined => quantityOf(raw, /^$/);

/** A place on the board by what the firmware calls it. */
export interface Place {
  readonly locator: string;
  /** What tells two places of one locator apart; empty where nothing does. */
  readonly bank: string;
}

const tally = (names: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
};

/** Names that people can point at and that differ from each other: bank before locator where locators repeat, a number where even that repeats. */
export const placeNames = (places: readonly Place[]): readonly string[] => {
  const locators = tally(places.map((place) => place.locator));
  const named = places.map(({ locator, bank }) =>
    (locators.get(locator) ?? 0) > 1 && bank !== "" ? `${bank} ${locator}`.slice(0, 240) : locator,
  );
  const totals = tally(named);
  const taken = new Set(named);
  const used = new Map<string, number>();
  return named.map((name) => {
    if (totals.get(name) === 1) return name;
    let nth = used.get(name) ?? 0;
    do nth += 1;
    while (taken.has(`${name}#${nth}`));
    used.set(name, nth);
    return `${name}#${nth}`;
  });
};
