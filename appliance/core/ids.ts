/** Ids of hosts and runs. */

/** Crockford's alphabet: no letter that is read as another or as a digit. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Renders random bytes, given in hex, as an id: 5 bits a letter, so 10 bytes make 16 letters. Its beginning is as random as its end. */
export const renderId = (hex: string): string => {
  const bits = BigInt(`0x${hex}`);
  const letters = Math.ceil((hex.length * 4) / 5);
  return Array.from(
    { length: letters },
    (_, i) => ALPHABET[Number((bits >> BigInt((letters - 1 - i) * 5)) & 31n)] ?? "",
  ).join("");
};
