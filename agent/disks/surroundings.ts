/** What of the host may be using a disk: mounts, swap, the medium it booted from. Read once, asked for each disk. Nothing here opens a device. */
import type { Files } from "../system/files.ts";
import type { BlockView } from "./block.ts";

/** A mounted file system. */
export interface Mounted {
  /** Device number of the file system; that of btrfs and the like is none of a disk. */
  readonly devNumber: string;
  readonly on: string;
  readonly source: string;
}

/** What of the host may be using a disk. */
export interface Surroundings {
  readonly mounts: readonly Mounted[];
  /** Kernel names of devices and paths of files. */
  readonly swaps: readonly string[];
  /** Kernel names that the kernel's command line points to. */
  readonly bootNames: readonly string[];
}

/** Where udev's links lead by the key of the command line (kernel's parameters `root=`, `resume=`; live systems' own). */
const BY_TAG: Readonly<Record<string, string>> = {
  UUID: "by-uuid",
  LABEL: "by-label",
  PARTUUID: "by-partuuid",
  PARTLABEL: "by-partlabel",
};
const MAX_TOKENS = 200;

/** Spaces and the like in paths (proc(5), /proc/pid/mountinfo). */
const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** `/proc/self/mountinfo` to mounts (proc(5)). */
export const parseMountinfo = (text: string): readonly Mounted[] =>
  text.split("\n").flatMap((line) => {
    const [before, after] = line.split(" - ", 2);
    const [, , devNumber, , on] = (before ?? "").split(" ");
    const source = (after ?? "").split(" ")[1];
    if (devNumber === undefined || on === undefined || source === undefined) return [];
    return [{ devNumber, on: unescapeOctal(on), source: unescapeOctal(source) }];
  });

/** Paths of devices that words of a kernel command line name: `root=/dev/sdb1`, `root=UUID=…`, `live-media=LABEL=…`. */
export const parseBootPaths = (cmdline: string): readonly string[] =>
  cmdline
    .split(/\s+/)
    .slice(0, MAX_TOKENS)
    .flatMap((token) => {
      const value = token.slice(token.indexOf("=") + 1).replaceAll('"', "");
      const device = /^\/dev\/[\w./:-]{1,200}/.exec(value)?.[0];
      if (device !== undefined) return [device];
      const [, tag, id] = /^([A-Z]{4,9})=([\w.:-]{1,200})$/.exec(value) ?? [];
      const folder = tag === undefined ? undefined : BY_TAG[tag];
      return folder === undefined || id === undefined ? [] : [`/dev/disk/${folder}/${id}`];
    });

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Names that a path may mean: its own and that of what it leads to. */
const namesOf = async (files: Files, path: string): Promise<readonly string[]> => {
  const real = await files.realPath(path);
  return real === null ? [baseName(path)] : [baseName(path), baseName(real)];
};

/** Looks around. Null when the host does not say what is mounted: then nothing is known. */
export const loadSurroundings = async (files: Files): Promise<Surroundings | null> => {
  const mountinfo = await files.readText("/proc/self/mountinfo");
  if (mountinfo === null) return null;
  const mounts = parseMountinfo(mountinfo);
  const swaps = ((await files.readText("/proc/swaps")) ?? "").split("\n").slice(1).filter(Boolean);
  const bootPaths = parseBootPaths((await files.readText("/proc/cmdline")) ?? "");
  return {
    mounts: await Promise.all(
      mounts.map(async (mount) =>
        mount.source.startsWith("/dev/")
          ? { ...mount, source: (await namesOf(files, mount.source)).at(-1) ?? mount.source }
          : mount,
      ),
    ),
    swaps: (await Promise.all(swaps.map((line) => namesOf(files, unescapeOctal(line.split(/\s/)[0] ?? ""))))).flat(),
    bootNames: (await Promise.all(bootPaths.map((path) => namesOf(files, path)))).flat(),
  };
};

/** Kernel names of a disk and its parts. */
const namesOfBlock = (block: BlockView): ReadonlySet<string> =>
  new Set([block.name, ...block.parts.map(({ name }) => name)]);

/** Where the disk or a part of it is mounted. */
export const mountsOf = (block: BlockView, { mounts }: Surroundings): readonly string[] => {
  const names = namesOfBlock(block);
  const numbers = new Set([block.devNumber, ...block.parts.map(({ devNumber }) => devNumber)]);
  return mounts.filter((mount) => numbers.has(mount.devNumber) || names.has(mount.source)).map(({ on }) => on);
};

/** The names of the disk among some names. */
export const ownNames = (block: BlockView, names: readonly string[]): readonly string[] => {
  const own = namesOfBlock(block);
  return names.filter((name) => own.has(name));
};
