/** The two initrds: a tiny one that checks and mounts the root, and the root itself in an archive of one file. */
import { createReadStream, createWriteStream } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { type CpioEntry, padArchive, renderEntry, renderGap, renderTrailer } from "./cpio.ts";
import { loadOrder } from "./kernel.ts";

/** What mounting the root takes; everything else Debian's kernel has built in. */
const MODULES = ["loop", "squashfs", "overlay"];
const FOLDERS = ["bin", "dev", "mnt", "mod", "new", "proc", "sys"];
const MICROCODE_FOLDERS = ["kernel", "kernel/x86", "kernel/x86/microcode"];
/** 1.1 MB: made in a second at any level. */
const ZSTD_LEVEL = 19;

type File = readonly [path: string, mode: number, data: Uint8Array];

const renderArchive = (paths: readonly string[], files: readonly File[]): Uint8Array => {
  const folders: CpioEntry[] = paths.map((path) => ({ path, kind: "folder", mode: 0o755, sizeBytes: 0 }));
  const parts = folders.map((folder, index) => renderEntry(folder, index + 1));
  for (const [index, [path, mode, data]] of files.entries()) {
    const entry: CpioEntry = { path, kind: "file", mode, sizeBytes: data.length };
    parts.push(renderEntry(entry, folders.length + index + 1), data, renderGap(data.length));
  }
  const written = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([...parts, renderTrailer(written)]);
};

/** What `initrd.img` is made of. */
export interface InitrdParts {
  /** The finished root, of which busybox and the modules are taken. */
  readonly root: string;
  readonly kernelVersion: string;
  /** Microcode by its path. */
  readonly microcode: ReadonlyMap<string, Uint8Array>;
}

/** `initrd.img`: microcode, which must not be compressed, and then busybox, the modules and `initrd/init`, which may. */
export const makeInitrd = async ({ root, kernelVersion, microcode }: InitrdParts, target: string): Promise<void> => {
  const files: File[] = [
    ["init", 0o755, await Bun.file(`${import.meta.dir}/initrd/init`).bytes()],
    ["bin/busybox", 0o755, await Bun.file(`${root}/usr/bin/busybox`).bytes()],
  ];
  const order: string[] = [];
  for (const path of await loadOrder(root, kernelVersion, MODULES)) {
    files.push([`mod/${basename(path)}`, 0o644, await Bun.file(root + path).bytes()]);
    order.push(basename(path));
  }
  files.push(["mod/order", 0o644, new TextEncoder().encode(`${order.join("\n")}\n`)]);
  const early = renderArchive(
    MICROCODE_FOLDERS,
    [...microcode].map(([path, data]) => [path, 0o644, data] as const),
  );
  const late = Bun.zstdCompressSync(renderArchive(FOLDERS, files), { level: ZSTD_LEVEL });
  await Bun.write(target, Buffer.concat([early, padArchive(late)]));
};

/** `root.cpio`: the squashfs in an uncompressed archive, because a loader hands an initrd to the kernel and not a file. */
export const wrapRoot = async (squashfs: string, target: string): Promise<void> => {
  const sizeBytes = Bun.file(squashfs).size;
  const entry = renderEntry({ path: "root.squashfs", kind: "file", mode: 0o400, sizeBytes }, 1);
  const gap = renderGap(sizeBytes);
  await Bun.write(target, "");
  async function* archive() {
    yield entry;
    yield* createReadStream(squashfs, { highWaterMark: 1 << 20 });
    yield gap;
    yield renderTrailer(entry.length + sizeBytes + gap.length);
  }
  await pipeline(archive, createWriteStream(target));
};
