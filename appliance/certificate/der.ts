/** Writes DER, the binary form of a certificate (ITU-T X.690): tag, length, content. Nothing here reads it. */

const encodeLength = (length: number): readonly number[] => {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
};

const element = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.from([tag, ...encodeLength(content.length)]), content]);
};

/** SEQUENCE. */
export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => element(0x30, ...parts);
/** SET. */
export const set = (...parts: readonly Uint8Array[]): Uint8Array => element(0x31, ...parts);
/** BOOLEAN. */
export const boolean = (value: boolean): Uint8Array => element(0x01, Uint8Array.of(value ? 0xff : 0));
/** INTEGER from big-endian bytes of a number that is not negative. */
export const integer = (bytes: Uint8Array): Uint8Array =>
  element(0x02, (bytes[0] ?? 0) & 0x80 ? Uint8Array.of(0, ...bytes) : bytes);
/** OCTET STRING. */
export const octetString = (content: Uint8Array): Uint8Array => element(0x04, content);
/** BIT STRING; `unusedBits` of the last byte do not count. */
export const bitString = (content: Uint8Array, unusedBits: number): Uint8Array =>
  element(0x03, Uint8Array.of(unusedBits), content);
/** UTF8String. */
export const utf8 = (value: string): Uint8Array => element(0x0c, new TextEncoder().encode(value));
/** UTCTime: `YYMMDDhhmmssZ`. */
export const utcTime = (value: string): Uint8Array => element(0x17, new TextEncoder().encode(value));
/** GeneralizedTime: `YYYYMMDDhhmmssZ`. */
export const generalizedTime = (value: string): Uint8Array => element(0x18, new TextEncoder().encode(value));
/** A context tag around a whole element. */
export const explicit = (tag: number, content: Uint8Array): Uint8Array => element(0xa0 | tag, content);
/** A context tag in place of an element's own. */
export const implicit = (tag: number, content: Uint8Array): Uint8Array => element(0x80 | tag, content);

/** OBJECT IDENTIFIER from its dotted form: the first two numbers share a byte, the rest are base 128. */
export const oid = (dotted: string): Uint8Array => {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left % 128));
    bytes.push(...digits);
  }
  return element(0x06, Uint8Array.from(bytes));
};
