/**
 * A physical volume of LVM with its group's metadata: label, header, and metadata area, as lib/format_text/layout.h and
 * lib/label/label.c of LVM2 have them. Pure.
 */
import { digest16, layOut, MADE_S, type Piece, type Volume } from "./piece.ts";

const SECTOR_BYTES = 512;
const AREA_AT = 4096;
const DATA_AT = 2 ** 20;
const AREA_BYTES = DATA_AT - AREA_AT;
const EXTENT_BYTES = 2 ** 20;
/** LVM's CRC-32: the usual polynomial, a start of its own, and no inversion at the end. */
const CRC_START = 0xf597a6cf;
const CRC_POLYNOMIAL = 0xedb88320;

const crc = (bytes: Uint8Array): number => {
  let sum = CRC_START;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? CRC_POLYNOMIAL : 0);
  }
  return sum >>> 0;
};

/** 32 characters, which people read with dashes. */
const uuidOf = (...words: readonly string[]): string => Buffer.from(digest16(...words)).toString("hex");
const dashed = (uuid: string): string =>
  uuid.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, "$1-$2-$3-$4-$5-$6-$7");

const renderGroup = ({ label, host, sizeBytes }: Volume): string => {
  const extents = Math.floor((sizeBytes - DATA_AT) / EXTENT_BYTES);
  const volume = `root {
id = "${dashed(uuidOf("lv", label))}"
status = ["READ", "WRITE", "VISIBLE"]
flags = []
creation_host = "${host}"
creation_time = ${MADE_S}
segment_count = 1
segment1 {
start_extent = 0
extent_count = ${extents}
type = "striped"
stripe_count = 1
stripes = ["pv0", 0]
}
}`;
  return `${label} {
id = "${dashed(uuidOf("vg", label))}"
seqno = 2
format = "lvm2"
status = ["RESIZEABLE", "READ", "WRITE"]
flags = []
extent_size = ${EXTENT_BYTES / SECTOR_BYTES}
max_lv = 0
max_pv = 0
metadata_copies = 0
physical_volumes {
pv0 {
id = "${dashed(uuidOf("pv", label))}"
device = "/dev/sda"
status = ["ALLOCATABLE"]
flags = []
dev_size = ${sizeBytes / SECTOR_BYTES}
pe_start = ${DATA_AT / SECTOR_BYTES}
pe_count = ${extents}
}
}
logical_volumes {
${volume}
}
}
contents = "Text Format Volume Group"
version = 1
description = ""
creation_host = "${host}"
creation_time = ${MADE_S}
\0`;
};

/** Label in the second sector, metadata behind it, data from the first MiB. */
export const encodeLvm = (volume: Volume): readonly Piece[] => {
  const text = Buffer.from(renderGroup(volume));
  const header = layOut(SECTOR_BYTES, [
    ...([
      [4, " LVM2 x[5A%r0N*>"],
      [20, 1],
      [24, AREA_AT, 8],
      [32, AREA_BYTES, 8],
    ] as const),
    // The one copy of the metadata: place within the area, length, checksum.
    ...([
      [40, SECTOR_BYTES, 8],
      [48, text.length, 8],
      [56, crc(text)],
    ] as const),
  ]);
  const label = layOut(SECTOR_BYTES, [
    ...([
      [0, "LABELONE"],
      [8, 1, 8],
      [20, 32],
      [24, "LVM2 001"],
    ] as const),
    ...([
      [32, uuidOf("pv", volume.label)],
      [64, volume.sizeBytes, 8],
    ] as const),
    // Data areas and metadata areas, each list ended by zeros; then the extension: version 2, the volume is in use.
    ...([
      [72, DATA_AT, 8],
      [104, AREA_AT, 8],
      [112, AREA_BYTES, 8],
      [136, 2],
      [140, 1],
    ] as const),
  ]);
  const sealed = (bytes: Uint8Array, from: number, at: number): Uint8Array =>
    layOut(bytes.length, [
      [0, bytes],
      [at, crc(bytes.subarray(from))],
    ]);
  return [
    { at: SECTOR_BYTES, bytes: sealed(label, 20, 16) },
    { at: AREA_AT, bytes: sealed(header, 4, 0) },
    { at: AREA_AT + SECTOR_BYTES, bytes: text },
  ];
};
