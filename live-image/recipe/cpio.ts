/** The "newc" cpio archive, the one format that the kernel unpacks as an initramfs (kernel: Documentation/driver-api/early-userspace/buffer-format.rst). */

/** One entry. */
export interface CpioEntry {
  /** Path without a leading slash. */
  readonly path: string;
  readonly kind: "folder" | "file";
  /** Permission bits. */
  readonly mode: number;
  /** Empty for a folder. */
  readonly sizeBytes: number;
}

const KIND_BITS = { folder: 0o040000, file: 0o100000 } as const;
const TRAILER = "TRAILER!!!";
/** Header and name, and then the data, are each padded to this. */
const ALIGN = 4;
/** Archives are padded to this, so that one may follow another: the kernel asks for 4, cpio's own block is 512. */
const BLOCK = 512;

const padding = (size: number, to: number) => (to - (size % to)) % to;

const renderHeader = (path: string, mode: number, links: number, sizeBytes: number, inode: number): Uint8Array => {
  const name = new TextEncoder().encode(`${path}\0`);
  // inode, mode, uid, gid, links, mtime, size, device ×2, special ×2, name's length, checksum (unused in this format)
  const fields = [inode, mode, 0, 0, links, 0, sizeBytes, 0, 0, 0, 0, name.length, 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  const bytes = new Uint8Array(head.length + name.length + padding(head.length + name.length, ALIGN));
  bytes.set(new TextEncoder().encode(head));
  bytes.set(name, head.length);
  return bytes;
};

/** The bytes that stand before an entry's data. */
export const renderEntry = ({ path, kind, mode, sizeBytes }: CpioEntry, inode: number): Uint8Array =>
  renderHeader(path, KIND_BITS[kind] | mode, kind === "folder" ? 2 : 1, sizeBytes, inode);

/** The zeros that stand after an entry's data. */
export const renderGap = (sizeBytes: number): Uint8Array => new Uint8Array(padding(sizeBytes, ALIGN));

/** The end of an archive of which `written` bytes are there. */
export const renderTrailer = (written: number): Uint8Array => {
  const trailer = renderHeader(TRAILER, 0, 1, 0, 0);
  const bytes = new Uint8Array(trailer.length + padding(written + trailer.length, BLOCK));
  bytes.set(trailer);
  return bytes;
};

/** Pads a whole, perhaps compressed, archive so that another may follow it. */
export const padArchive = (archive: Uint8Array): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(archive.length + padding(archive.length, BLOCK));
  bytes.set(archive);
  return bytes;
};
