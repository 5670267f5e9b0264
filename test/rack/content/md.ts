/** A member of a RAID 1 of two disks: Linux' superblock 1.x (struct mdp_superblock_1 of linux/raid/md_p.h). Pure. */
import { digest16, type Field, layOut, MADE_S, type Piece, type Volume } from "./piece.ts";

const MAGIC = 0xa92b4efc;
const SECTOR_BYTES = 512;
const HEAD_BYTES = 256;
const DISKS = 2;
const CHECKSUM_AT = 216;
const NO_OFFSET = 0xffffffffffffffffn;
/** 1.2 is 4 KiB from the beginning, and data begin at the first MiB. */
const SUPER_1_2 = 8;
const DATA_1_2 = 2048;

/** Sum of the 32-bit words, with what overflows added again. */
const checksum = (bytes: Uint8Array): number => {
  const words = new Uint32Array(bytes.slice().buffer);
  const sum = words.reduce((total, word) => total + BigInt(word), 0n);
  return Number(((sum & 0xffffffffn) + (sum >> 32n)) & 0xffffffffn);
};

const encodeSuperblock = ({ label, host }: Volume, superAt: number, dataAt: number, sectors: number): Uint8Array => {
  const fields: readonly Field[] = [
    ...([
      [0, MAGIC],
      [4, 1],
      [16, digest16("md", label)],
      [32, `${host}:${label}`.slice(0, 31)],
    ] as const),
    ...([
      [64, MADE_S, 8],
      [72, 1],
      [80, sectors, 8],
      [92, DISKS],
    ] as const), // made, level 1, size of each, members
    ...([
      [128, dataAt, 8],
      [136, sectors, 8],
      [144, superAt, 8],
      [152, 0, 8],
    ] as const),
    ...([
      [160, 0],
      [168, digest16("md", label, "0")],
      [192, MADE_S, 8],
      [200, 17, 8],
    ] as const), // member 0, 17 events
    ...([
      [208, NO_OFFSET, 8],
      [220, DISKS],
      [HEAD_BYTES, 0, 2],
      [HEAD_BYTES + 2, 1, 2],
    ] as const), // in sync; both active
  ];
  const bytes = layOut(HEAD_BYTES + DISKS * 2, fields);
  return layOut(bytes.length, [
    [0, bytes],
    [CHECKSUM_AT, checksum(bytes)],
  ]);
};

/** Version 1.2, near the beginning. */
export const encodeMd = (volume: Volume): readonly Piece[] => {
  const sectors = volume.sizeBytes / SECTOR_BYTES - DATA_1_2;
  return [{ at: SUPER_1_2 * SECTOR_BYTES, bytes: encodeSuperblock(volume, SUPER_1_2, DATA_1_2, sectors) }];
};

/** Version 1.0: at least 8 KiB before the end, at a multiple of 4 KiB. */
export const encodeMdAtEnd = (volume: Volume): readonly Piece[] => {
  const superAt = (volume.sizeBytes / SECTOR_BYTES - 16) & ~7;
  return [{ at: superAt * SECTOR_BYTES, bytes: encodeSuperblock(volume, superAt, 0, superAt) }];
};
