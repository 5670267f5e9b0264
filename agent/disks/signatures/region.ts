/** Bytes of a disk as far as they were read, and structures within them. Pure and total: what was not read is absent, and names are cleaned. */
import { cleanText } from "../../probes/label.ts";

/** A piece that was read, by its place on the disk. */
export interface ReadPiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A disk or a part of it; places are counted from its own beginning. */
export interface Region {
  /** Where it begins on the disk. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Undefined where it was not read, or not whole. */
  bytes(at: number, length: number): Uint8Array | undefined;
}

/** The part of a disk from `offset` on, seen through the pieces that were read. */
export const regionOf = (pieces: readonly ReadPiece[], offset: number, sizeBytes: number): Region => ({
  offset,
  sizeBytes,
  bytes: (at, length) => {
    if (at < 0 || at + length > sizeBytes) return undefined;
    const from = offset + at;
    const piece = pieces.find((one) => one.offset <= from && from + length <= one.offset + one.bytes.length);
    return piece?.bytes.subarray(from - piece.offset, from - piece.offset + length);
  },
});

/** A structure of a format, read field by field. Fields that were not read are 0 or empty. */
export interface Struct {
  readonly region: Region;
  /** Where it begins, from the region's beginning. */
  readonly at: number;
  u8(offset: number): number;
  u16le(offset: number): number;
  u32le(offset: number): number;
  u32be(offset: number): number;
  /** Exact up to 2^53; beyond that as good as the size of a disk ever needs. */
  u64le(offset: number): number;
  u64be(offset: number): number;
  /** Text up to its first NUL, cleaned; undefined when it is empty or not of characters that a name has. */
  text(offset: number, length: number): string | undefined;
  utf16le(offset: number, length: number): string | undefined;
  uuid(offset: number): string;
  /** Whether these bytes stand there: text of Latin-1, one byte a character. */
  has(offset: number, magic: string): boolean;
}

const MAX_NAME = 200;

/** A name as a format holds it: cut at its NUL, cleaned; nothing when it is not text at all. */
export const nameOf = (bytes: Uint8Array, encoding: "utf-8" | "utf-16le" = "utf-8"): string | undefined => {
  const text = new TextDecoder(encoding).decode(bytes);
  const end = text.indexOf("\u0000");
  return cleanText(end === -1 ? text : text.slice(0, end), MAX_NAME) || undefined;
};

/** The structure that begins at a place of a region. */
export const structAt = (region: Region, at: number): Struct => {
  const view = (offset: number, length: number): DataView => {
    const bytes = region.bytes(at + offset, length) ?? new Uint8Array(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  };
  const taken = (offset: number, length: number) => region.bytes(at + offset, length) ?? new Uint8Array();
  return {
    region,
    at,
    u8: (offset) => view(offset, 1).getUint8(0),
    u16le: (offset) => view(offset, 2).getUint16(0, true),
    u32le: (offset) => view(offset, 4).getUint32(0, true),
    u32be: (offset) => view(offset, 4).getUint32(0, false),
    u64le: (offset) => Number(view(offset, 8).getBigUint64(0, true)),
    u64be: (offset) => Number(view(offset, 8).getBigUint64(0, false)),
    text: (offset, length) => nameOf(taken(offset, length)),
    utf16le: (offset, length) => nameOf(taken(offset, length), "utf-16le"),
    uuid: (offset) => {
      const hex = Buffer.from(view(offset, 16).buffer, view(offset, 16).byteOffset, 16).toString("hex");
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    },
    has: (offset, magic) => {
      const bytes = region.bytes(at + offset, magic.length);
      return bytes?.every((byte, i) => byte === magic.charCodeAt(i)) ?? false;
    },
  };
};
