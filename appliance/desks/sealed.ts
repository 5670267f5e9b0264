/**
 * Passwords that the box must be able to use again, and nobody to read: AES-256-GCM under a key that follows from the box's own.
 *
 * What is sealed is bound to the place that it is for. A row that somebody moved to another host, or whose address was changed to lure the password
 * there, does not open.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import type { Random } from "../../agent/system/random.ts";
import type { BmcPlace } from "../core/power-port.ts";

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
/** The length for which GCM is specified without further hashing (NIST SP 800-38D, 8.2). Random: a box seals few passwords in its life. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** First byte of what is sealed: how it is to be read. */
const FORM = 1;

/** A key of its own, so that what is made with the box's key elsewhere says nothing about it (RFC 5869). */
const keyOf = (boxKey: Uint8Array): Buffer =>
  Buffer.from(hkdfSync("sha256", boxKey, new Uint8Array(), "vetbox bmc password", KEY_BYTES));

const boundTo = ({ hostId, kind, address, port, user }: BmcPlace): Buffer =>
  Buffer.from(JSON.stringify([hostId, kind, address, port, user]));

/** Seals a password for one place. */
export const sealPassword = (boxKey: Uint8Array, random: Random, place: BmcPlace, password: string): Buffer => {
  const nonce = Buffer.from(random.hex(NONCE_BYTES), "hex");
  const cipher = createCipheriv(ALGORITHM, keyOf(boxKey), nonce).setAAD(boundTo(place));
  const sealed = Buffer.concat([cipher.update(password, "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.of(FORM), nonce, cipher.getAuthTag(), sealed]);
};

/** The password; null when the box's key is another, the place is another, or the bytes were changed. */
export const openPassword = (boxKey: Uint8Array, place: BmcPlace, bytes: Uint8Array): string | null => {
  const head = 1 + NONCE_BYTES + TAG_BYTES;
  if (bytes[0] !== FORM || bytes.length < head) return null;
  const decipher = createDecipheriv(ALGORITHM, keyOf(boxKey), bytes.subarray(1, 1 + NONCE_BYTES))
    .setAAD(boundTo(place))
    .setAuthTag(bytes.subarray(1 + NONCE_BYTES, head));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(head)), decipher.final()]).toString("utf8");
  } catch {
    return null; // the tag does not fit, which is what it is for
  }
};
