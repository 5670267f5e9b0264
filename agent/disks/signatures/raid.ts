/** Members of arrays: Linux md, and the metadata that RAID controllers and firmware leave on a disk, mostly at its end. */
import type { Struct } from "./region.ts";
import type { Signature, Told } from "./signature.ts";

const KIB = 1024;
const SECTOR = 512;
const MD_MAGIC = "\xfc\x4e\x2b\xa9";

/** Levels in words (linux/include/uapi/linux/raid/md_p.h); negative ones are linear and multipath. */
const levelOf = (level: number): string => {
  if (level === 0xffffffff) return "linear";
  return level <= 10 ? `RAID ${level}` : "array";
};

/** struct mdp_superblock_1: `name` is `host:array` when the array is not foreign to the host that made it (mdadm(8), --homehost). */
const tellMd1 = (s: Struct): Told => {
  const name = s.text(32, 32);
  const [host, array] = name?.includes(":") === true ? name.split(":", 2) : [undefined, name];
  return {
    label: array,
    hostName: host,
    detail: `${levelOf(s.u32le(72))} of ${s.u32le(92)} disks`,
  };
};

const isVersion1 = (s: Struct): boolean => s.u32le(4) === 1;

const md1 = (version: string, at: Signature["at"]): Signature => ({
  name: `md ${version}`,
  at,
  magic: [[0, MD_MAGIC]],
  holds: isVersion1,
  tell: tellMd1,
});

const fromEnd = (sectors: number) => (sizeBytes: number) => [
  Math.floor(sizeBytes / SECTOR) * SECTOR - sectors * SECTOR,
];

/** Members of arrays. */
export const RAID_MEMBERS: readonly Signature[] = [
  // linux/include/uapi/linux/raid/md_p.h: 0.90 at the last whole 64 KiB, 1.0 near the end, 1.1 at the beginning, 1.2 behind 4 KiB
  md1("1.2", [4 * KIB]),
  md1("1.1", [0]),
  md1("1.0", (size) => [Math.floor((size - 8 * KIB) / (4 * KIB)) * 4 * KIB]),
  {
    name: "md 0.90",
    at: (size) => [Math.floor(size / (64 * KIB)) * 64 * KIB - 64 * KIB],
    magic: [
      [0, MD_MAGIC],
      [0, "\xa9\x2b\x4e\xfc"],
    ],
    holds: (s) => s.u32le(4) === 0 || s.u32be(4) === 0,
    tell: (s) => ({ detail: `${levelOf(s.u32le(28))} of ${s.u32le(40)} disks` }),
  },
  // mdadm, super-intel.c: the last but one sector
  {
    name: "Intel RAID",
    at: fromEnd(2),
    magic: [[0, "Intel Raid ISM Cfg Sig. "]],
    tell: () => ({ detail: "an array of the mainboard's firmware" }),
  },
  // SNIA, Common RAID Disk Data Format 2.0, 4.2.1: anchor in the last sector; Broadcom and Adaptec controllers write it
  {
    name: "DDF RAID",
    at: (size) => [...fromEnd(1)(size), ...fromEnd(257)(size)],
    magic: [
      [0, "\xde\x11\xde\x11"],
      [0, "\x11\xde\x11\xde"],
    ],
    tell: (s) => ({ label: s.text(8, 24), detail: "an array of a RAID controller" }),
  },
  // util-linux, libblkid: lsi_raid.c, nvidia_raid.c, promise_raid.c, highpoint_raid.c
  { name: "LSI RAID", at: fromEnd(1), magic: [[0, "$XIDE$"]] },
  { name: "NVIDIA RAID", at: fromEnd(2), magic: [[0, "NVIDIA"]] },
  {
    name: "Promise RAID",
    at: (size) => [63, 255, 256, 16, 399, 591, 675, 735, 911, 974, 991, 951, 3087].flatMap((n) => fromEnd(n)(size)),
    magic: [[0, "Promise Technology, Inc."]],
  },
  {
    name: "HighPoint RAID",
    at: (size) => [4608 + 32, ...fromEnd(11)(size)],
    magic: ["\xf0", "\xf3", "\xfd"].map((first) => [0, `${first}\x16\x78\x5a`]),
  },
  // freebsd/sys/geom: metadata of gmirror, graid3, gjournal … in the last sector
  {
    name: "FreeBSD GEOM",
    at: fromEnd(1),
    magic: [[0, "GEOM::"]],
    tell: (s) => ({ label: s.text(16, 16), detail: s.text(0, 16) }),
  },
];
