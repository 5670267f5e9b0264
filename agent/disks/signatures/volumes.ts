/** Volumes, pools, encryption, swap: what lies between a disk and its file systems. The numbers are those of the sources named with each row. */
import { cleanText } from "../../probes/label.ts";
import { type Struct, structAt } from "./region.ts";
import type { Signature, Told } from "./signature.ts";
import { tellZfs, ZFS_UBERBLOCK_PLACES } from "./zfs.ts";

const KIB = 1024;

/** Metadata of LVM2 is text; what is of use stands in its first and last lines (lvm2, lib/format_text/layout.h and export.c). */
const MAX_LVM_TEXT = 64 * KIB;
const MAX_LVM_AREAS = 8;
const LVM_AREA_MAGIC = " LVM2 x[5A%r0N*>";

/** The newest metadata text of a physical volume. Behind the label stand two lists of areas (place and size), of data and of metadata; zeros end each. */
const lvmText = (label: Struct): string | undefined => {
  const { region } = label;
  let list = label.u32le(20) + 40; // behind the volume's uuid and size
  for (let i = 0; i < MAX_LVM_AREAS && label.u64le(list) !== 0; i += 1) list += 16;
  const [area, areaBytes] = [label.u64le(list + 16), label.u64le(list + 24)];
  const header = structAt(region, area);
  if (area === 0 || !header.has(4, LVM_AREA_MAGIC)) return undefined;
  const [from, length] = [header.u64le(40), Math.min(header.u64le(48), MAX_LVM_TEXT)];
  const text = from === 0 || from > areaBytes ? undefined : region.bytes(area + from, length);
  return text === undefined ? undefined : Buffer.from(text).toString("latin1");
};

const tellLvm = (label: Struct): Told => {
  const text = lvmText(label) ?? "";
  const group = /^([\w+.-]{1,128}) \{/.exec(text)?.[1];
  const hostName = /\ncreation_host = "([^"\n]{1,200})"/.exec(text)?.[1];
  return {
    label: group,
    hostName: hostName === undefined ? undefined : cleanText(hostName, 200),
    detail: group === undefined ? "a physical volume" : "a physical volume of this volume group",
  };
};

/** DRBD's metadata is at the end; the magic tells the version (drbd, drbd_int.h: DRBD_MD_MAGIC_08 to _09). */
const DRBD_MAGIC: readonly (readonly [number, string])[] = ["\x6b", "\x6c", "\x6d"].map((last) => [
  60,
  `\x83\x74\x02${last}`,
]);

/** A swap area signs at the end of its first page, whose size is that of the host that made it (linux/include/linux/swap.h). */
const PAGES = [4, 8, 16, 32, 64].map((n) => n * KIB);
const SWAP_MAGIC: readonly (readonly [number, string])[] = [
  [-10, "SWAPSPACE2"],
  [-10, "SWAP-SPACE"],
];
/** What a hibernated host writes in its place (linux/kernel/power/swap.c; uswsusp, TuxOnIce). */
const SUSPEND_MAGIC: readonly (readonly [number, string])[] = ["S1SUSPEND", "S2SUSPEND", "ULSUSPEND", "LINHIB0001"].map(
  (word) => [-10, word],
);

const luksName = (version: number) => (s: Struct) => s.has(6, `\0${String.fromCharCode(version)}`);

/** What lies between a disk and its file systems. */
export const VOLUMES: readonly Signature[] = [
  // lvm2, lib/label/label.h: in any of the first four sectors
  {
    name: "LVM2",
    at: [0, 512, 1024, 1536],
    magic: [[0, "LABELONE"]],
    holds: (s) => s.has(24, "LVM2 001"),
    tell: tellLvm,
  },
  // openzfs, include/sys/uberblock_impl.h, both byte orders
  {
    name: "ZFS",
    at: ZFS_UBERBLOCK_PLACES,
    magic: [
      [0, "\x0c\xb1\xba\0\0\0\0\0"],
      [0, "\0\0\0\0\0\xba\xb1\x0c"],
    ],
    tell: tellZfs,
  },
  // cryptsetup, docs/on-disk-format.pdf and docs/on-disk-format-luks2.pdf; the second header of LUKS2 has its magic turned around
  { name: "LUKS1", at: [0], magic: [[0, "LUKS\xba\xbe"]], holds: luksName(1), tell: () => ({ detail: "encrypted" }) },
  {
    name: "LUKS2",
    at: [0],
    magic: [[0, "LUKS\xba\xbe"]],
    holds: luksName(2),
    tell: (s) => ({ label: s.text(24, 48), detail: "encrypted" }),
  },
  {
    name: "LUKS2, second header",
    at: [16, 32, 64, 128, 256, 512, 1024, 2048, 4096].map((n) => n * KIB),
    magic: [[0, "SKUL\xba\xbe"]],
    tell: (s) => ({ label: s.text(24, 48), detail: "encrypted" }),
  },
  {
    name: "swap",
    at: PAGES,
    magic: SWAP_MAGIC,
    // struct swap header of version 1 stands at 1024 from the beginning: label behind its uuid
    tell: (s) => ({ label: s.text(1024 + 28 - s.at, 16) }),
  },
  { name: "suspend image", at: PAGES, magic: SUSPEND_MAGIC, tell: () => ({ detail: "a host sleeps here" }) },
  // linux/drivers/md/bcache/bcache_ondisk.h and linux/fs/bcachefs/bcachefs_format.h
  {
    name: "bcache",
    at: [4 * KIB],
    magic: [[24, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"]],
    tell: (s) => ({ label: s.text(72, 32) }),
  },
  {
    name: "bcachefs",
    at: [4 * KIB],
    magic: [[24, "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"]],
    tell: (s) => ({ label: s.text(72, 32) }),
  },
  {
    name: "DRBD",
    at: (size) => [Math.floor(size / 4096) * 4096 - 4096],
    magic: DRBD_MAGIC,
    tell: () => ({ detail: "mirrored to another host" }),
  },
  // ceph, src/os/bluestore/bluestore_types.h and BlueStore.cc
  {
    name: "Ceph BlueStore",
    at: [0],
    magic: [[0, "bluestore block device"]],
    tell: (s) => ({ label: s.text(23, 36), detail: "a disk of a storage cluster" }),
  },
  // Oracle Linux, oracleasm-support: include/linux/oracleasm
  {
    name: "Oracle ASM",
    at: [0],
    magic: [[32, "ORCLDISK"]],
    tell: (s) => ({ label: s.text(40, 24), detail: "a disk of a database" }),
  },
  // linux/drivers/md/dm-vdo/geometry and util-linux's vdo.c
  { name: "VDO", at: [0], magic: [[0, "dmvdo001"]] },
  // stratisd, docs: two copies, in the first and the ninth sector behind the first
  { name: "Stratis", at: [512, 9 * 512], magic: [[4, "!Stra0tis\x86\xff\x02^\x41rh"]] },
  // linux/drivers/md/dm-integrity.c, dm-verity (cryptsetup, lib/verity), dm-snap-persistent.c
  { name: "dm-integrity", at: [0], magic: [[0, "integrt\0"]] },
  { name: "dm-verity", at: [0], magic: [[0, "verity\0\0"]] },
  { name: "dm-snapshot", at: [0], magic: [[0, "SnAp"]] },
];
