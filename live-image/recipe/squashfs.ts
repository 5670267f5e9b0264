/** Making and reading squashfs with the lock's own squashfs-tools: another version on the building machine would give other bits. */
import { rm } from "node:fs/promises";
import { debPath } from "../debs.ts";
import type { Lock } from "../lock.ts";
import { runOffline, runTool } from "../process.ts";

/** How a file system is packed. */
export interface Packing {
  readonly blockKiB: number;
  readonly zstdLevel: number;
}

/** Chosen by measurement; the figures are in README.md. */
export const PACKING: Packing = { blockKiB: 1024, zstdLevel: 19 };

/** For development: seconds instead of a minute. */
export const QUICK_PACKING: Packing = { blockKiB: 256, zstdLevel: 3 };

/** The tools, unpacked. */
export interface SquashfsTools {
  /** Packs the folder `from` into the new file `target`. */
  pack(from: string, target: string, packing: Packing, sourceDateEpoch: number): Promise<void>;
  /** Adds what is in `from` at the top of the existing file `target`. */
  append(from: string, target: string, sourceDateEpoch: number): Promise<void>;
  /** Unpacks `image` into the new folder `target`. */
  unpack(image: string, target: string): Promise<void>;
}

/** Unpacks the tools into `folder`, which is the caller's to remove. */
export const openSquashfsTools = async (lock: Lock, folder: string): Promise<SquashfsTools> => {
  await rm(folder, { recursive: true, force: true });
  for (const one of lock.packages.filter(({ uses }) => uses.includes("tools")))
    await runTool(["dpkg-deb", "--extract", debPath(one), folder]);
  const libraries = `${folder}/usr/lib/x86_64-linux-gnu`;
  // by its own loader and libraries: what this machine has may be older
  const tool = (name: string) => [
    `${libraries}/ld-linux-x86-64.so.2`,
    "--library-path",
    libraries,
    `${folder}/usr/bin/${name}`,
  ];
  // the time in the super block; those of the files are their own
  const env = (sourceDateEpoch: number) => ({ env: { SOURCE_DATE_EPOCH: String(sourceDateEpoch) } });
  const common = ["-no-xattrs", "-no-progress", "-quiet"];
  return {
    pack: async (from, target, { blockKiB, zstdLevel }, sourceDateEpoch) => {
      const compression = ["-comp", "zstd", "-Xcompression-level", String(zstdLevel), "-b", `${blockKiB}K`];
      const argv = [...tool("mksquashfs"), from, target, "-noappend", ...compression, ...common];
      await runOffline(argv, env(sourceDateEpoch));
    },
    append: async (from, target, sourceDateEpoch) => {
      const argv = [...tool("mksquashfs"), from, target, "-no-recovery", ...common];
      await runOffline(argv, env(sourceDateEpoch));
    },
    unpack: async (image, target) => {
      await runOffline([...tool("unsquashfs"), "-no-progress", "-quiet", "-dest", target, image]);
    },
  };
};
