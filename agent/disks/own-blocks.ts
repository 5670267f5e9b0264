/**
 * What a block of a disk is: blank, written by our own surface test, or something else. Pure.
 *
 * Our tests write so that every block of 4096 bytes says by itself whose it is: badblocks fills it with one byte, fio begins it with a header that
 * names the place where the block lies (`--verify=crc32c --verify_interval=4096`). A test that a reboot interrupted can then begin again without an operator,
 * and nobody's data is taken for ours: data does not know where on a disk it lies.
 */

/** Size of the blocks that are told apart; also fio's `verify_interval` in every command of ours that writes. */
export const GRANULE_BYTES = 4096;

/** What a block is. */
export type BlockKind = "uniform" | "own" | "other";

/** fio's `struct verify_header` (fio, verify.h): magic, type, length, seed, place, time, job, number, checksum. Little-endian, as the host that wrote it. */
const FIO_MAGIC = 0xacca;
const FIO_AT = { magic: 0, length: 4, offset: 16 } as const;

const isOwn = (view: DataView, at: number, diskOffset: number): boolean =>
  view.getUint16(at + FIO_AT.magic, true) === FIO_MAGIC &&
  view.getUint32(at + FIO_AT.length, true) === GRANULE_BYTES &&
  view.getBigUint64(at + FIO_AT.offset, true) === BigInt(diskOffset);

/** Eight bytes at a time: a probe looks at 100 MB. */
const isUniform = (bytes: Uint8Array, words: BigUint64Array | null, at: number, length: number): boolean => {
  const first = bytes[at];
  if (words === null || length % 8 !== 0) return bytes.subarray(at, at + length).every((byte) => byte === first);
  const start = at / 8;
  const word = words[start];
  if (word === undefined || !bytes.subarray(at, at + 8).every((byte) => byte === first)) return false;
  for (let i = start + 1; i < start + length / 8; i += 1) if (words[i] !== word) return false;
  return true;
};

/** Counts of what a piece of a disk holds, and where the first block lies that is neither blank nor ours. */
export interface Content {
  readonly uniformBytes: number;
  readonly ownBytes: number;
  readonly otherBytes: number;
  readonly firstOtherAt: number | undefined;
}

/** Looks at a piece of a disk that begins at `diskOffset`, which is a multiple of the block size. */
export const classify = (bytes: Uint8Array, diskOffset: number): Content => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words =
    bytes.byteOffset % 8 === 0
      ? new BigUint64Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 8))
      : null;
  let [uniformBytes, ownBytes, otherBytes] = [0, 0, 0];
  let firstOtherAt: number | undefined;
  for (let at = 0; at < bytes.length; at += GRANULE_BYTES) {
    const length = Math.min(GRANULE_BYTES, bytes.length - at);
    if (isUniform(bytes, words, at, length)) uniformBytes += length;
    else if (length === GRANULE_BYTES && isOwn(view, at, diskOffset + at)) ownBytes += length;
    else {
      otherBytes += length;
      firstOtherAt ??= diskOffset + at;
    }
  }
  return { uniformBytes, ownBytes, otherBytes, firstOtherAt };
};

/** What bytes look like without showing them: bits of entropy a byte (0 to 8) and the share of printable ones, in percent. */
export const describeBytes = (
  bytes: Uint8Array,
): { readonly entropyBits: number; readonly printablePercent: number } => {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  let entropyBits = 0;
  let printable = 0;
  for (const [byte, seen] of counts.entries()) {
    if (seen === 0) continue;
    const share = seen / bytes.length;
    entropyBits -= share * Math.log2(share);
    if ((byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d) printable += seen;
  }
  return {
    entropyBits: Math.round(entropyBits * 10) / 10,
    printablePercent: bytes.length === 0 ? 0 : Math.round((printable / bytes.length) * 100),
  };
};
