/** Partition tables, with what their entries say: where parts lie, and whose they are by their type. Pure and total. */
import type { WipeEvidence } from "../../wire/wipe.ts";
import type { Region, Struct } from "./region.ts";
import { structAt } from "./region.ts";

/** A part of a disk, by its table. */
export interface PartitionEntry {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Tables with their evidence, and the parts in which more may lie. */
export interface PartitionTables {
  readonly evidence: readonly WipeEvidence[];
  readonly parts: readonly PartitionEntry[];
}

const SECTOR = 512;
const SECTOR_SIZES = [512, 4096];
const MAX_ENTRIES = 128;

/** GUIDs by their own words (UEFI 2.10, 5.3.3; util-linux, include/pt-gpt-partnames.h). The first three fields are little-endian on the disk. */
const GPT_TYPES: Readonly<Record<string, string>> = {
  "c12a7328-f81f-11d2-ba4b-00a0c93ec93b": "EFI system partition",
  "21686148-6449-6e6f-744e-656564454649": "BIOS boot",
  "0fc63daf-8483-4772-8e79-3d69d8477de4": "Linux file system",
  "4f68bce3-e8cd-4db1-96e7-fbcaf984b709": "Linux root (x86-64)",
  "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f": "Linux swap",
  "e6d6d379-f507-44c2-a23c-238f2a3df928": "LVM",
  "a19d880f-05fc-4d3b-a006-743f0f84911e": "Linux RAID",
  "ca7d7ccb-63ed-4c53-861c-1742536059cc": "LUKS",
  "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7": "Windows data",
  "e3c9e316-0b5c-4db8-817d-f92df00215ae": "Windows reserved",
  "de94bba4-06d1-4d40-a16a-bfd50179d6ac": "Windows recovery",
  "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3": "Windows dynamic disk",
  "af9b60a0-1431-4f62-bc68-3311714a69ad": "Windows dynamic disk",
  "e75caf8f-f680-4cee-afa3-b001e56efc2d": "Windows storage space",
  "aa31e02a-400f-11db-9590-000c2911d1b8": "VMFS of VMware",
  "9d275380-40ad-11db-bf97-000c2911d1b8": "VMware crash dump",
  "9198effc-31c0-11db-8f78-000c2911d1b8": "VMware reserved",
  "381cfccc-7288-11e0-92ee-000c2911d0b2": "vSAN of VMware",
  "37affc90-ef7d-4e96-91c3-2d7ae055b174": "GPFS of IBM",
  "4fbd7e29-9d25-41b8-afd0-062c0ceff05d": "Ceph",
  "4fbd7e29-9d25-41b8-afd0-5ec00ceff05d": "Ceph, encrypted",
  "45b0969e-9b03-4f30-b4c6-b4b80ceff106": "Ceph journal",
  "6a898cc3-1dd2-11b2-99a6-080020736631": "ZFS",
  "516e7cba-6ecf-11d6-8ff8-00022d09712b": "ZFS of FreeBSD",
  "7c3457ef-0000-11aa-aa11-00306543ecac": "APFS",
  "48465300-0000-11aa-aa11-00306543ecac": "HFS+",
};

/** Types of MBR entries (www.win.tue.nl/~aeb/partitions/partition_types-1.html). */
const MBR_TYPES: Readonly<Record<number, string>> = {
  5: "extended",
  7: "NTFS or exFAT",
  11: "FAT32",
  12: "FAT32",
  14: "FAT16",
  15: "extended",
  66: "Windows dynamic disk",
  130: "Linux swap",
  131: "Linux file system",
  142: "LVM",
  165: "FreeBSD",
  175: "HFS+",
  238: "GPT follows",
  239: "EFI system partition",
  251: "VMFS of VMware",
  252: "VMware",
  253: "Linux RAID",
};

const guidAt = (s: Struct, offset: number): string => {
  const part = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  const rest = s.uuid(offset).replaceAll("-", "").slice(16);
  return `${part(s.u32le(offset), 8)}-${part(s.u16le(offset + 4), 4)}-${part(s.u16le(offset + 6), 4)}-${rest.slice(0, 4)}-${rest.slice(4)}`;
};

interface Found extends PartitionEntry {
  readonly type: string;
  readonly label?: string | undefined;
}

const evidenceOf = (table: string, region: Region, found: readonly Found[]): readonly WipeEvidence[] =>
  found.map(({ offset, sizeBytes, type, label }, i) => ({
    kind: "partition",
    name: `${table} partition ${i + 1}`,
    offsetBytes: region.offset + offset,
    sizeBytes,
    detail: type,
    ...(label === undefined ? {} : { label }),
  }));

/** Entries behind a GPT header (UEFI 2.10, 5.3.2 and 5.3.3). */
const gptEntries = (region: Region, header: Struct, sector: number): readonly Found[] => {
  const [first, count, size] = [header.u64le(72) * sector, Math.min(header.u32le(80), MAX_ENTRIES), header.u32le(84)];
  if (size < 128 || size > 4096) return [];
  return Array.from({ length: count }, (_, i) => structAt(region, first + i * size)).flatMap((entry) => {
    const [from, to] = [entry.u64le(32) * sector, (entry.u64le(40) + 1) * sector];
    const type = guidAt(entry, 0);
    if (/^[0-]+$/.test(type) || !(from < to) || to > region.sizeBytes) return [];
    return [
      { offset: from, sizeBytes: to - from, type: GPT_TYPES[type] ?? `type ${type}`, label: entry.utf16le(56, 72) },
    ];
  });
};

const readGpt = (region: Region): PartitionTables => {
  const evidence: WipeEvidence[] = [];
  let found: readonly Found[] = [];
  for (const sector of SECTOR_SIZES)
    for (const [name, at] of [
      ["GPT", sector],
      ["GPT, backup", region.sizeBytes - sector],
    ] as const) {
      const header = structAt(region, at);
      if (!header.has(0, "EFI PART")) continue;
      evidence.push({ kind: "signature", name, offsetBytes: region.offset + at, detail: `disk ${guidAt(header, 56)}` });
      if (found.length === 0) found = gptEntries(region, header, sector);
    }
  return { evidence: [...evidence, ...evidenceOf("GPT", region, found)], parts: found };
};

/** Four entries of 16 bytes before the mark (UEFI 2.10, 5.2.1). Boot sectors of file systems have the mark too, but other bytes in place of the entries. */
const readMbr = (region: Region): PartitionTables => {
  const sector = structAt(region, 0);
  if (!sector.has(510, "\x55\xaa")) return { evidence: [], parts: [] };
  const entries = [446, 462, 478, 494];
  const isTable = entries.every((at) => (sector.u8(at) & 0x7f) === 0) && entries.some((at) => sector.u8(at + 4) !== 0);
  if (!isTable)
    return { evidence: [{ kind: "signature", name: "boot sector", offsetBytes: region.offset }], parts: [] };
  const found = entries.flatMap((at) => {
    const [type, offset, sizeBytes] = [
      sector.u8(at + 4),
      sector.u32le(at + 8) * SECTOR,
      sector.u32le(at + 12) * SECTOR,
    ];
    return type === 0 || sizeBytes === 0
      ? []
      : [{ offset, sizeBytes, type: MBR_TYPES[type] ?? `type 0x${type.toString(16)}` }];
  });
  const evidence: WipeEvidence = {
    kind: "signature",
    name: "MBR",
    offsetBytes: region.offset,
    detail: `disk ${sector.u32le(440).toString(16).padStart(8, "0")}`,
  };
  return {
    evidence: [evidence, ...evidenceOf("MBR", region, found)],
    parts: found.filter(
      ({ type, offset, sizeBytes }) => type !== "GPT follows" && offset + sizeBytes <= region.sizeBytes,
    ),
  };
};

/** Tables of other systems, which are told but not read (util-linux, libblkid/src/partitions). */
const OTHERS: readonly (readonly [name: string, at: number, magic: string])[] = [
  ["Apple partition map", 512, "PM\0\0"],
  ["BSD disk label", 512, "\x57\x45\x56\x82"],
  ["Sun disk label", 508, "\xda\xbe"],
  ["SGI disk label", 0, "\x0b\xe5\xa9\x41"],
  ["Amiga disk", 0, "RDSK"],
  ["AIX disk", 0, "\xc9\xc2\xd4\xc1"],
  ["Windows dynamic disk", 6 * SECTOR, "PRIVHEAD"],
];

/** Reads the partition tables of a disk. */
export const readPartitionTables = (region: Region): PartitionTables => {
  const [gpt, mbr] = [readGpt(region), readMbr(region)];
  const others = OTHERS.flatMap(([name, at, magic]): WipeEvidence[] =>
    structAt(region, at).has(0, magic) ? [{ kind: "signature", name, offsetBytes: region.offset + at }] : [],
  );
  return {
    evidence: [...gpt.evidence, ...mbr.evidence, ...others],
    parts: gpt.parts.length > 0 ? gpt.parts : mbr.parts,
  };
};
