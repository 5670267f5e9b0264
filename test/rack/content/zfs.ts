/**
 * Labels of a ZFS pool's member: four, two at each end, each with the pool's configuration as an XDR list and a ring of uberblocks
 * ("ZFS On-Disk Specification", chapter 1; nvpair.h of OpenZFS). Without checksums: enough to be known, not to be imported. Pure.
 */
import { digest16, layOut, MADE_S, type Piece, type Volume } from "./piece.ts";

const LABEL_BYTES = 256 * 1024;
const CONFIG_AT = 16 * 1024;
const RING_AT = 128 * 1024;
const UBERBLOCK_BYTES = 1024;
const UBERBLOCK_MAGIC = 0x00bab10c;
const POOL_VERSION = 5000;
/** Transactions that the ring still has; tools want to see several. */
const TRANSACTIONS = 8;
const TYPES = { number: 8, text: 9, list: 19 } as const;

type Value = bigint | string | Config;
interface Config {
  readonly [name: string]: Value;
}

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
/** Length, then characters, filled up to four. */
const xdrText = (text: string): Buffer =>
  Buffer.concat([word(text.length), Buffer.from(text), Buffer.alloc(-text.length & 3)]);
const xdrNumber = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};

const xdrValue = (value: Value): readonly [number, Buffer] => {
  if (typeof value === "bigint") return [TYPES.number, xdrNumber(value)];
  if (typeof value === "string") return [TYPES.text, xdrText(value)];
  return [TYPES.list, xdrList(value)];
};

/** Version 0, names unique, the pairs with their lengths, and two zeros. */
const xdrList = (config: Config): Buffer => {
  const pairs = Object.entries(config).map(([name, value]) => {
    const [type, bytes] = xdrValue(value);
    const pair = Buffer.concat([xdrText(name), word(type), word(1), bytes]);
    const length = word(pair.length + 8);
    return Buffer.concat([length, length, pair]);
  });
  return Buffer.concat([word(0), word(1), ...pairs, word(0), word(0)]);
};

const guidOf = (...words: readonly string[]): bigint => Buffer.from(digest16(...words)).readBigUInt64BE();

const encodeLabel = ({ label, host }: Volume): Uint8Array => {
  const guid = guidOf("zfs", label, "vdev");
  const config: Config = {
    ...{ version: BigInt(POOL_VERSION), name: label, state: 0n, txg: BigInt(TRANSACTIONS) },
    ...{ pool_guid: guidOf("zfs", label), hostname: host, top_guid: guid, guid, vdev_children: 1n },
    vdev_tree: { type: "disk", id: 0n, guid, path: "/dev/sda1", whole_disk: 1n, ashift: 12n },
  };
  // The XDR encoding, little endian by its maker.
  const bytes = Buffer.concat([Buffer.from([1, 1, 0, 0]), xdrList(config)]);
  const uberblocks = Array.from({ length: TRANSACTIONS }, (_, txg) => {
    const block = layOut(UBERBLOCK_BYTES, [
      ...([
        [0, UBERBLOCK_MAGIC, 8],
        [8, POOL_VERSION, 8],
        [16, txg + 1, 8],
        [24, guid, 8],
        [32, MADE_S, 8],
      ] as const),
    ]);
    return [RING_AT + txg * UBERBLOCK_BYTES, block] as const;
  });
  return layOut(LABEL_BYTES, [[CONFIG_AT, bytes], ...uberblocks]);
};

/** Where labels are: two at each end of the disk. */
const ENDS = ({ sizeBytes }: Volume): readonly number[] => {
  const end = sizeBytes - (sizeBytes % LABEL_BYTES);
  return [end - 2 * LABEL_BYTES, end - LABEL_BYTES];
};

/** The two labels at the end. */
export const encodeZfsAtEnd = (volume: Volume): readonly Piece[] => {
  const bytes = encodeLabel(volume);
  return ENDS(volume).map((at) => ({ at, bytes }));
};

/** All four labels. */
export const encodeZfs = (volume: Volume): readonly Piece[] => {
  const bytes = encodeLabel(volume);
  return [{ at: 0, bytes }, { at: LABEL_BYTES, bytes }, ...encodeZfsAtEnd(volume)];
};
