/** Beginnings of formats whose tools are not to be had: enough to be known by. Pure. */
import { digest16, layOut, type Piece, type Volume } from "./piece.ts";

const MIB = 2 ** 20;

/** VMware's file system: its volume at the first MiB and the file system at the second (libblkid's superblocks/vmfs.c). */
export const encodeVmfs = ({ label }: Volume): readonly Piece[] => [
  {
    at: MIB,
    bytes: layOut(1024, [
      [0, 0xc001d00d],
      [4, 5],
      [130, digest16("vmfs", label)],
    ]),
  },
  {
    at: 2 * MIB,
    bytes: layOut(1024, [
      [0, 0x2fabf15e],
      [4, 5],
      [9, digest16("vmfs", label, "fs")],
      [29, label],
    ]),
  },
];

/** Ceph's object store: a line of text, and its UUID (src/os/bluestore/BlueStore.cc). */
export const encodeBluestore = ({ label }: Volume): readonly Piece[] => {
  const hex = Buffer.from(digest16("bluestore", label)).toString("hex");
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return [{ at: 0, bytes: layOut(4096, [[0, `bluestore block device\n${uuid}\n`]]) }];
};
