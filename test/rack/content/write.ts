/** Writes onto a disk's image what its declaration says is on it: with the formats' own tools where there are any, byte by byte otherwise. */
import { createCipheriv } from "node:crypto";
import { type FileHandle, mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { needPackages } from "../../setup/packages.ts";
import { needTool } from "../command.ts";
import type { ContentKind, ContentSpec } from "../declared-content.ts";
import { placeOn } from "../declared-fields.ts";
import { encodeBluestore, encodeVmfs } from "./foreign.ts";
import { encodeLvm } from "./lvm.ts";
import { encodeMd, encodeMdAtEnd } from "./md.ts";
import type { Piece, Volume } from "./piece.ts";
import { encodeZfs, encodeZfsAtEnd } from "./zfs.ts";

/** What a declaration leaves out. */
const LABEL = "srv-data";
const HOST = "db-07";
/** A pass phrase like any other; nothing is behind it. */
const LUKS_SECRET = "vetbox";
const CHUNK_BYTES = 2 ** 20;

interface Tool {
  readonly packageName: string;
  argv(path: string, volume: Volume): readonly string[];
  readonly stdin?: string;
}

/** Least sizes of LUKS' areas, and the cheapest way from pass phrase to key: the header is what counts. */
const LUKS_OPTIONS = [
  ...["--type", "luks2", "--luks2-metadata-size", "16k", "--luks2-keyslots-size", "256k"],
  ...["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--key-file", "-"],
];

const TABLE = (label: "gpt" | "dos"): Tool => ({
  packageName: "fdisk",
  argv: (path) => ["sfdisk", "-q", path],
  stdin: `label: ${label}\n,,L\n`,
});

/** Kinds that a tool makes on a plain file. */
const TOOLS: Readonly<Partial<Record<ContentKind, Tool>>> = {
  // A disk of a test is smaller than what xfs supports for people.
  xfs: {
    packageName: "xfsprogs",
    argv: (path, { label }) => ["mkfs.xfs", "-q", "-f", "--unsupported", "-L", label.slice(0, 12), path],
  },
  btrfs: {
    packageName: "btrfs-progs",
    argv: (path, { label }) => ["mkfs.btrfs", "-q", "-f", "--mixed", "-L", label, path],
  },
  vfat: {
    packageName: "dosfstools",
    argv: (path, { label }) => ["mkfs.vfat", "-I", "-n", label.slice(0, 11).toUpperCase(), path],
  },
  ntfs: { packageName: "ntfs-3g", argv: (path, { label }) => ["mkfs.ntfs", "-F", "-Q", "-q", "-L", label, path] },
  swap: { packageName: "util-linux", argv: (path, { label }) => ["mkswap", "-q", "-L", label, path] },
  luks: {
    packageName: "cryptsetup-bin",
    argv: (path, { label }) => ["cryptsetup", "luksFormat", "-q", ...LUKS_OPTIONS, "--label", label, path],
    stdin: LUKS_SECRET,
  },
  gpt: TABLE("gpt"),
  mbr: TABLE("dos"),
};

/** Kinds that are written byte by byte. */
const ENCODERS: Readonly<Partial<Record<ContentKind, (volume: Volume) => readonly Piece[]>>> = {
  lvm: encodeLvm,
  md: encodeMd,
  "md-at-end": encodeMdAtEnd,
  zfs: encodeZfs,
  "zfs-at-end": encodeZfsAtEnd,
  vmfs: encodeVmfs,
  "ceph-bluestore": encodeBluestore,
};

/** Makes an ext4 file system over a whole image, with these files (path in it → content). */
export const formatExt4 = async (
  path: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  label?: string,
): Promise<void> => {
  const root = await mkdtemp(join(tmpdir(), "vetbox-disk-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), content);
    }
    const named = label === undefined ? [] : ["-L", label];
    await needTool(["mke2fs", "-q", "-F", "-t", "ext4", ...named, "-d", root, path]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};

/** A stream of bytes of one pattern. Bytes that look random come from a cipher with a fixed key, so they are the same each time. */
const openPattern = (kind: "zeros" | "ones" | "random"): ((length: number) => Uint8Array) => {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16));
  return (length) => {
    const plain = Buffer.alloc(length, kind === "ones" ? 0xff : 0);
    return kind === "random" ? cipher.update(plain) : plain;
  };
};

const writePattern = async (
  file: FileHandle,
  kind: "zeros" | "ones" | "random",
  at: number,
  endAt: number,
): Promise<void> => {
  const next = openPattern(kind);
  for (let from = at; from < endAt; from += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, endAt - from);
    await file.write(next(length), 0, length, from);
  }
};

const writePieces = async (path: string, pieces: readonly Piece[]): Promise<void> => {
  await using file = await open(path, "r+");
  for (const { at, bytes } of pieces) await file.write(bytes, 0, bytes.length, at);
};

const writeItem = async (path: string, sizeBytes: number, item: ContentSpec): Promise<void> => {
  switch (item.kind) {
    case "text":
      return writePieces(path, [{ at: placeOn(item.at, sizeBytes), bytes: Buffer.from(item.text) }]);
    case "hex":
      return writePieces(path, [{ at: placeOn(item.at, sizeBytes), bytes: Buffer.from(item.hex, "hex") }]);
    case "zeros":
    case "ones":
    case "random": {
      await using file = await open(path, "r+");
      const from = placeOn(item.at ?? 0, sizeBytes);
      await writePattern(file, item.kind, from, item.length === undefined ? sizeBytes : from + item.length);
      return;
    }
  }
  const volume: Volume = { sizeBytes, label: item.label ?? LABEL, host: item.host ?? HOST };
  const [encode, tool] = [ENCODERS[item.kind], TOOLS[item.kind]];
  if (encode !== undefined) return writePieces(path, encode(volume));
  if (tool === undefined) return formatExt4(path, { "etc/hostname": `${volume.host}\n` }, volume.label);
  await needPackages([tool.packageName]);
  await needTool(tool.argv(path, volume), tool.stdin);
};

/** Writes what is declared, each thing over the one before. */
export const writeContent = async (path: string, sizeBytes: number, content: readonly ContentSpec[]): Promise<void> => {
  for (const item of content) await writeItem(path, sizeBytes, item);
};
