/** File systems. The numbers are those of the headers named with each row; the mkfs of each was run and read back in the tests where Debian has one. */
import type { Struct } from "./region.ts";
import type { Signature } from "./signature.ts";

const KIB = 1024;
const SECOND_MS = 1000;

/** Incompatible and compatible features that tell the three apart (linux/fs/ext4/ext4.h). */
const extName = (ext: Struct): string => {
  const [compatible, incompatible] = [ext.u32le(0x5c), ext.u32le(0x60)];
  const needsExt4 = (incompatible & (0x40 | 0x80 | 0x200)) !== 0; // extents, 64bit, flex_bg
  return needsExt4 ? "ext4" : (compatible & 0x4) === 0 ? "ext2" : "ext3"; // has_journal
};

const isExt =
  (name: string) =>
  (ext: Struct): boolean =>
    extName(ext) === name && ext.u32le(0x18) <= 6; // block size up to 64 KiB

/** struct ext4_super_block (linux/fs/ext4/ext4.h), at 1024. */
const ext = (name: "ext2" | "ext3" | "ext4"): Signature => ({
  name,
  at: [KIB],
  magic: [[0x38, "\x53\xef"]],
  holds: isExt(name),
  tell: (s) => ({
    label: s.text(0x78, 16),
    lastMountedMs: s.u32le(0x2c) * SECOND_MS,
    lastMountedOn: s.text(0x88, 64),
    sizeBytes: s.u32le(0x04) * KIB * 2 ** s.u32le(0x18),
  }),
});

/** BIOS parameter blocks end in 55 AA; their names alone could stand in a text (Microsoft, FAT specification; NTFS and exFAT likewise). */
const isBootSector = (s: Struct): boolean => s.has(510, "\x55\xaa");

/** Blocks of 512 bytes to 8 KiB in which reiserfs and ocfs2 count. */
const OCFS2_PLACES = [1, 2, 4, 8].map((n) => n * KIB);

/** File systems that a host mounts. */
export const FILE_SYSTEMS: readonly Signature[] = [
  ext("ext4"),
  ext("ext3"),
  ext("ext2"),
  // struct xfs_dsb, big-endian (linux/fs/xfs/libxfs/xfs_format.h)
  {
    name: "xfs",
    at: [0],
    magic: [[0, "XFSB"]],
    tell: (s) => ({ label: s.text(108, 12), sizeBytes: s.u64be(8) * s.u32be(4) }),
  },
  // struct btrfs_super_block (linux/include/uapi/linux/btrfs_tree.h)
  {
    name: "btrfs",
    at: [64 * KIB],
    magic: [[0x40, "_BHRfS_M"]],
    tell: (s) => ({ label: s.text(0x12b, 256), sizeBytes: s.u64le(0x70) }),
  },
  // linux/fs/ntfs3/ntfs.h, struct NTFS_BOOT
  {
    name: "NTFS",
    at: [0],
    magic: [[3, "NTFS    "]],
    holds: isBootSector,
    tell: (s) => ({ sizeBytes: s.u64le(40) * s.u16le(11) }),
  },
  // Windows keeps the boot sector of what it encrypted and changes its name (libbde, documentation of the BDE format)
  { name: "BitLocker", at: [0], magic: [[3, "-FVE-FS-"]] },
  {
    name: "BitLocker To Go",
    at: [0],
    magic: [[424, "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01"]],
  },
  // libfsrefs, documentation of the ReFS format
  { name: "ReFS", at: [0], magic: [[3, "ReFS\0\0\0\0"]] },
  // Microsoft, exFAT file system specification, 3.1
  {
    name: "exFAT",
    at: [0],
    magic: [[3, "EXFAT   "]],
    holds: isBootSector,
    tell: (s) => ({ sizeBytes: s.u64le(72) * 2 ** Math.min(12, s.u8(108)) }),
  },
  // Microsoft, FAT specification 1.03, boot sectors of FAT12, 16 and 32
  { name: "FAT32", at: [0], magic: [[82, "FAT32   "]], holds: isBootSector, tell: (s) => ({ label: s.text(71, 11) }) },
  {
    name: "FAT",
    at: [0],
    magic: [
      [54, "FAT12   "],
      [54, "FAT16   "],
      [54, "FAT     "],
    ],
    holds: isBootSector,
    tell: (s) => ({ label: s.text(43, 11) }),
  },
  // struct f2fs_super_block (linux/include/linux/f2fs_fs.h)
  { name: "f2fs", at: [KIB], magic: [[0, "\x10\x20\xf5\xf2"]], tell: (s) => ({ label: s.utf16le(0x7c, 512) }) },
  // struct gfs2_sb, big-endian (linux/include/uapi/linux/gfs2_ondisk.h): lock table is `cluster:file system`
  {
    name: "GFS2",
    at: [64 * KIB],
    magic: [[0, "\x01\x16\x19\x70"]],
    holds: (s) => s.u32be(4) === 1,
    tell: (s) => ({ label: s.text(160, 64), detail: "a cluster's shared file system" }),
  },
  // struct ocfs2_dinode with its super block (linux/fs/ocfs2/ocfs2_fs.h)
  {
    name: "OCFS2",
    at: OCFS2_PLACES,
    magic: [[0, "OCFSV2"]],
    tell: (s) => ({ label: s.text(272, 64), detail: "a cluster's shared file system" }),
  },
  // linux/fs/reiserfs/reiserfs.h as of Linux 6.12
  {
    name: "ReiserFS",
    at: [64 * KIB, 8 * KIB],
    magic: [
      [52, "ReIsErFs"],
      [52, "ReIsEr2Fs"],
      [52, "ReIsEr3Fs"],
    ],
    tell: (s) => ({ label: s.text(100, 16) }),
  },
  { name: "Reiser4", at: [64 * KIB], magic: [[0, "ReIsEr4"]] },
  // linux/fs/jfs/jfs_superblock.h
  { name: "JFS", at: [32 * KIB], magic: [[0, "JFS1"]], tell: (s) => ({ label: s.text(152, 16) }) },
  // struct nilfs_super_block (linux/include/uapi/linux/nilfs2_ondisk.h); the magic is short, the checksum's type follows
  {
    name: "NILFS2",
    at: [KIB],
    magic: [[6, "\x34\x34"]],
    holds: (s) => s.u32le(0) === 2 && s.u16le(8) > 0,
    tell: (s) => ({ label: s.text(168, 80) }),
  },
  // Apple, APFS reference, nx_superblock_t
  { name: "APFS", at: [0], magic: [[32, "NXSB"]] },
  // Apple, TN1150: volume header at 1024, version behind the signature
  {
    name: "HFS+",
    at: [KIB],
    magic: [
      [0, "H+\0\x04"],
      [0, "HX\0\x05"],
    ],
  },
  // UFS1 and UFS2 (freebsd/sys/ufs/ffs/fs.h): magic at the end of the super block
  {
    name: "UFS",
    at: [8 * KIB, 64 * KIB],
    magic: [
      [1372, "\x54\x19\x01\0"],
      [1372, "\x19\x01\x54\x19"],
    ],
    tell: (s) => ({ lastMountedOn: s.text(212, 468) }),
  },
  // linux/fs/freevxfs/vxfs.h
  {
    name: "VxFS",
    at: [KIB, 8 * KIB],
    magic: [
      [0, "\xf5\xfc\x01\xa5"],
      [0, "\xa5\x01\xfc\xf5"],
    ],
  },
  // ECMA-119, 8.4: volume descriptors from sector 16
  { name: "ISO 9660", at: [32 * KIB], magic: [[1, "CD001"]], tell: (s) => ({ label: s.text(40, 32) }) },
  // ECMA-167, 3/9.1: the volume recognition sequence has NSR02 or NSR03 within a few sectors
  {
    name: "UDF",
    at: Array.from({ length: 16 }, (_, i) => 32 * KIB + i * 2 * KIB),
    magic: [
      [1, "NSR02"],
      [1, "NSR03"],
    ],
  },
  // linux/fs/squashfs/squashfs_fs.h
  { name: "SquashFS", at: [0], magic: [[0, "hsqs"]], tell: (s) => ({ sizeBytes: s.u64le(40) }) },
  // linux/fs/erofs/erofs_fs.h
  { name: "EROFS", at: [KIB], magic: [[0, "\xe2\xe1\xf5\xe0"]] },
  // linux/include/uapi/linux/cramfs_fs.h and linux/fs/zonefs/zonefs.h
  { name: "cramfs", at: [0], magic: [[0, "\x45\x3d\xcd\x28"]] },
  { name: "zonefs", at: [0], magic: [[0, "SFOZ"]] },
  // VMware's volume at 1 MiB and file system at 2 MiB of its partition (util-linux, libblkid, vmfs.c)
  {
    name: "VMFS volume",
    at: [1024 * KIB],
    magic: [[0, "\x0d\xd0\x01\xc0"]],
    tell: (s) => ({ detail: "a volume of VMware hosts", label: s.text(18, 28) }),
  },
  {
    name: "VMFS",
    at: [2048 * KIB],
    magic: [[0, "\x5e\xf1\xab\x2f"]],
    tell: (s) => ({ label: s.text(29, 128), detail: "a file system that VMware hosts share" }),
  },
];
