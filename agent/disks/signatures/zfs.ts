/** ZFS labels: four on each device, two at either end, each with an XDR list of names and values (openzfs, include/sys/vdev_impl.h, module/nvpair). Pure and total. */
import { nameOf, type Region, type Struct } from "./region.ts";
import type { Told } from "./signature.ts";

const KIB = 1024;
const LABEL_BYTES = 256 * KIB;
/** Within a label: blank and boot header, then the list, then the ring of uberblocks. */
const LIST_AT = 16 * KIB;
const LIST_BYTES = 112 * KIB;
const RING_AT = 128 * KIB;
const RING_BYTES = 128 * KIB;

const labelPlaces = (sizeBytes: number): readonly number[] => {
  const end = Math.floor(sizeBytes / LABEL_BYTES) * LABEL_BYTES;
  return [0, LABEL_BYTES, end - 2 * LABEL_BYTES, end - LABEL_BYTES].filter((at) => at >= 0);
};

/** Every place where an uberblock may be: they are as large as the pool's blocks, 1 KiB or more, and any of the ring may be the only one. */
export const ZFS_UBERBLOCK_PLACES = (sizeBytes: number): readonly number[] =>
  labelPlaces(sizeBytes).flatMap((label) =>
    Array.from({ length: RING_BYTES / KIB }, (_, i) => label + RING_AT + i * KIB),
  );

/** XDR: 4-byte words, big-endian; a text has its length before it and is filled up to whole words (RFC 4506, 4.11). */
const MAX_PAIRS = 200;
const TYPE_STRING = 9;

/** The texts at the top of a list: `name`, `hostname`. Lists within it are passed over by their length. */
const textsOf = (region: Region, label: number): ReadonlyMap<string, string> => {
  const texts = new Map<string, string>();
  const list = region.bytes(label + LIST_AT, LIST_BYTES);
  if (list === undefined) return texts;
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  const textAt = (at: number): { readonly text: string | undefined; readonly end: number } => {
    const length = at + 4 <= list.length ? view.getUint32(at) : 0;
    const end = at + 4 + Math.ceil(length / 4) * 4;
    return { text: end <= list.length ? nameOf(list.subarray(at + 4, at + 4 + length)) : undefined, end };
  };
  // Encoding and byte order (4), version and flags (8); then pairs: size, decoded size, name, type, count, value
  let at = 12;
  for (let i = 0; i < MAX_PAIRS && at + 8 <= list.length; i += 1) {
    const size = view.getUint32(at);
    if (size < 8 || size > list.length - at) break;
    const name = textAt(at + 8);
    if (name.end + 8 <= list.length && view.getUint32(name.end) === TYPE_STRING) {
      const value = textAt(name.end + 8);
      if (name.text !== undefined && value.text !== undefined) texts.set(name.text, value.text);
    }
    at += size;
  }
  return texts;
};

/** Pool and host of the first label that can be read. */
export const tellZfs = ({ region }: Struct): Told => {
  for (const label of labelPlaces(region.sizeBytes)) {
    const texts = textsOf(region, label);
    if (texts.size > 0)
      return { label: texts.get("name"), hostName: texts.get("hostname"), detail: "a disk of this pool" };
  }
  return {};
};
