/** Which of two firmware versions is newer. Vendors have no common scheme, so the rule is one that a person would use reading from the left. Pure. */

const HEX = /^(0x)?([0-9a-f]{1,32})$/;
/** Month, day, year: the one form that SMBIOS allows (DSP0134, type 0). */
const DATE = /\b(\d\d)\/(\d\d)\/(\d{4})\b/g;

/** A version in its parts: runs of digits, and runs of letters. Dots, dashes, blanks and the like only part them. */
const partsOf = (version: string): readonly (string | bigint)[] =>
  [
    ...version
      .slice(0, 256)
      .replace(DATE, "$3/$1/$2")
      .matchAll(/\d{1,64}|[a-z]{1,64}/g),
  ].map(([part]) => (/^\d/.test(part) ? BigInt(part) : part));

const comparePart = (a: string | bigint | undefined, b: string | bigint | undefined): number => {
  if (a === b) return 0;
  // `2.1` is older than `2.1.1`, but newer than its own beta: what is missing goes before a number and after a word.
  if (a === undefined) return typeof b === "bigint" ? (b === 0n ? 0 : -1) : 1;
  if (b === undefined) return typeof a === "bigint" ? (a === 0n ? 0 : 1) : -1;
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : 1;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : 1;
  return typeof a === "bigint" ? 1 : -1; // a number is a release, a word in its place a preview of it
};

/** Microcode revisions are hexadecimal numbers; one `0x` says what the other is, too. Null for what are no two such numbers. */
const asHex = (a: string, b: string): readonly [bigint, bigint] | null => {
  const [left, right] = [HEX.exec(a), HEX.exec(b)];
  if (left === null || right === null || (left[1] ?? right[1]) === undefined) return null;
  return [BigInt(`0x${left[2]}`), BigInt(`0x${right[2]}`)];
};

/**
 * Below 0 when `a` is older than `b`, 0 when they are the same, above 0 when it is newer.
 *
 * Numbers compare as numbers (`1.10` is newer than `1.9`), hexadecimal microcode revisions (`0x5003605`) as one number, dates (`04/18/2025`) by their year
 * first, words as text (`HXT7904Q` after `HXT7404Q`), part by part from the left.
 */
export const compareVersions = (a: string, b: string): number => {
  const [x, y] = [a.trim().toLowerCase(), b.trim().toLowerCase()];
  const hex = asHex(x, y);
  const [left, right] = hex === null ? [partsOf(x), partsOf(y)] : [[hex[0]], [hex[1]]];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const order = comparePart(left[i], right[i]);
    if (order !== 0) return order;
  }
  return 0;
};
