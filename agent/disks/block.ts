/**
 * One block device as the kernel's sysfs shows it at this moment: who it is, its parts, how it is attached. Nothing here opens a device.
 *
 * Absent and unreadable are told apart, as they are not elsewhere: what decides whether a disk may be written is never taken for granted.
 */
import { cleanLabel, cleanText } from "../probes/label.ts";
import { type DiskPath, parseDiskPath } from "../probes/lsblk/place.ts";
import { type Files, readAttribute } from "../system/files.ts";

/** Sectors of sysfs have this many bytes whatever the device has (Documentation/ABI/stable/sysfs-block). */
const SYSFS_SECTOR_BYTES = 512;

/** A partition of a disk. */
export interface BlockPart {
  readonly name: string;
  /** `8:1`. */
  readonly devNumber: string;
}

/** A whole disk, seen now. */
export interface BlockView {
  readonly name: string;
  /** Major and minor number: `8:0`. */
  readonly devNumber: string;
  /** The kernel counts every disk that ever appeared; a new one in the same bay has another number. Absent before Linux 5.15. */
  readonly diskSeq: string | null;
  readonly sizeBytes: number;
  readonly serial: string | undefined;
  readonly wwn: string | undefined;
  readonly model: string | undefined;
  readonly readOnly: boolean;
  readonly removable: boolean;
  /** Where it hangs; null for a device that is made of others or of memory. */
  readonly devicePath: string | null;
  readonly place: DiskPath;
  readonly parts: readonly BlockPart[];
  /** Whoever the kernel says sits on it or on a part of it: `dm-0`, `md127`, `bcache0`. */
  readonly holders: readonly string[];
}

/** Page 80h as sysfs gives it: four bytes of head, the last two its length, then ASCII (SPC-4, 7.8.16). */
export const parseUnitSerial = (page: string | null): string | undefined => {
  // The head's 80h is no UTF-8 and was read as U+FFFD: still one character.
  if (page === null || page.length < 5) return undefined;
  const length = page.charCodeAt(3);
  return cleanLabel(page.slice(4, 4 + length).replaceAll("\u0000", " "));
};

/** The digits of a worldwide name, with what kind of name it is; undefined for vendor names (`t10.ATA …`), which are no identity. */
export const wwnKey = (wwn: string | null | undefined): string | undefined => {
  const [, kind, digits] =
    /^(0x|naa\.|eui\.|nvme\.|uuid\.)([0-9a-f-]{8,200})$/.exec(wwn?.trim().toLowerCase() ?? "") ?? [];
  if (kind === undefined || digits === undefined) return undefined;
  return `${kind === "0x" ? "naa." : kind}${digits}`;
};

const serialOf = async (files: Files, path: string): Promise<string | undefined> =>
  // virtio keeps it at the disk, SCSI in its page, NVMe and MMC at what the disk hangs on.
  cleanLabel(await readAttribute(files, `${path}/serial`)) ??
  parseUnitSerial(await readPage(files, `${path}/device/vpd_pg80`)) ??
  cleanLabel(await readAttribute(files, `${path}/device/serial`));

/** Not trimmed: the page's first byte is a NUL, and its length counts blanks. */
const readPage = async (files: Files, path: string): Promise<string | null> => {
  try {
    return await files.readText(path);
  } catch {
    return null; // a page that the device refuses; then it has no serial, and is no disk that could be meant
  }
};

const partsOf = async (files: Files, path: string, name: string): Promise<readonly BlockPart[]> => {
  const parts: BlockPart[] = [];
  for (const child of await files.list(path)) {
    if (!child.startsWith(name)) continue;
    const devNumber = (await files.readText(`${path}/${child}/dev`))?.trim();
    if (devNumber !== undefined) parts.push({ name: child, devNumber });
  }
  return parts;
};

const holdersOf = async (files: Files, path: string, parts: readonly BlockPart[]): Promise<readonly string[]> => {
  const lists = await Promise.all(
    ["", ...parts.map(({ name }) => `/${name}`)].map((at) => files.list(`${path}${at}/holders`)),
  );
  return [...new Set(lists.flat())];
};

/**
 * Reads the block device at a directory of sysfs: `/sys/block/sda`, `/sys/dev/block/8:0`. Null when it is not there, when it is a partition, or when it is one
 * path of several to an NVMe namespace (`hidden`), which is no device of its own. Throws when something of it cannot be read.
 */
export const loadBlock = async (files: Files, path: string): Promise<BlockView | null> => {
  const real = await files.realPath(path);
  if (real === null) return null;
  const text = async (attribute: string) => (await files.readText(`${real}/${attribute}`))?.trim() || null;
  const devNumber = await text("dev");
  const sectors = Number((await text("size")) ?? Number.NaN);
  if (devNumber === null || !/^\d+:\d+$/.test(devNumber) || !Number.isSafeInteger(sectors)) return null;
  if ((await text("partition")) !== null || (await text("hidden")) === "1") return null;
  const name = real.slice(real.lastIndexOf("/") + 1);
  const devicePath = await files.realPath(`${real}/device`);
  const parts = await partsOf(files, real, name);
  return {
    name,
    devNumber,
    diskSeq: await text("diskseq"),
    sizeBytes: sectors * SYSFS_SECTOR_BYTES,
    serial: await serialOf(files, real),
    wwn:
      wwnKey(await readAttribute(files, `${real}/wwid`)) ?? wwnKey(await readAttribute(files, `${real}/device/wwid`)),
    model: cleanLabel(await readAttribute(files, `${real}/device/model`)),
    // Anything but a plain 0 counts against it.
    readOnly: (await text("ro")) !== "0",
    removable: (await text("removable")) !== "0",
    devicePath,
    place: parseDiskPath(devicePath),
    parts,
    holders: await holdersOf(files, real, parts),
  };
};

/** Every block device of the host. */
export const loadBlocks = async (files: Files): Promise<readonly BlockView[]> => {
  const blocks: BlockView[] = [];
  for (const name of await files.list("/sys/block")) {
    const block = await loadBlock(files, `/sys/block/${name}`);
    if (block !== null) blocks.push(block);
  }
  return blocks;
};

/** In words, for refusals. */
export const describeBlock = ({ name, serial, sizeBytes }: BlockView): string =>
  cleanText(`${name}, serial ${serial ?? "unknown"}, ${sizeBytes} bytes`, 200);
