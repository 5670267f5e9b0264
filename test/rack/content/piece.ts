/** Bytes with their place on a disk, and how their fields are laid out. Pure. */
import { createHash } from "node:crypto";

/** Bytes in a place. */
export interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** What the writers of formats need to know. */
export interface Volume {
  readonly sizeBytes: number;
  /** Name of the pool, group or array. */
  readonly label: string;
  /** The host that it was last used on. */
  readonly host: string;
}

/** A field at its offset: a number of 2, 4 or 8 bytes, or bytes, or text. */
export type Field = readonly [at: number, value: number | bigint | string | Uint8Array, widthBytes?: 2 | 4 | 8];

/** Lays out a record, little endian; what no field covers is zero. */
export const layOut = (lengthBytes: number, fields: readonly Field[]): Uint8Array => {
  const bytes = Buffer.alloc(lengthBytes);
  for (const [at, value, width = 4] of fields) {
    if (typeof value === "string") bytes.write(value, at, "latin1");
    else if (value instanceof Uint8Array) bytes.set(value, at);
    else if (width === 8) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeUIntLE(Number(value), at, width);
  }
  return bytes;
};

/** Sixteen bytes that are the same for the same words. */
export const digest16 = (...words: readonly string[]): Uint8Array =>
  createHash("sha256").update(words.join("\n")).digest().subarray(0, 16);

/** A moment for all that keeps the time of its making: 2024-03-01T00:00:00Z. */
export const MADE_S = 1_709_251_200;
