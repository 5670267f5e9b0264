/**
 * The base: everything of the image but the agent. It is made once for a lock and a recipe and then kept, so that a changed agent costs
 * seconds.
 */
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { cacheFolder } from "./cache.ts";
import { LOCK_PATH, type Lock } from "./lock.ts";
import { extractLoaders } from "./recipe/boot-loaders.ts";
import { pruneFirmware } from "./recipe/firmware.ts";
import { makeInitrd } from "./recipe/initramfs.ts";
import { installKernel } from "./recipe/kernel.ts";
import { loadMicrocode } from "./recipe/microcode.ts";
import { bootstrapRoot, finishRoot, fixTimes } from "./recipe/root.ts";
import { openSquashfsTools, type Packing } from "./recipe/squashfs.ts";

/** Reports a phase and its duration around what it does. */
export type Phase = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** What a base is made from. */
export interface BaseInputs {
  readonly lock: Lock;
  readonly packing: Packing;
  /** SHA-256 of the lock's file. */
  readonly lockHash: string;
  /** SHA-256 over the recipe's files and the packing. */
  readonly recipeHash: string;
}

/** Files of a base in its folder, beside `boot/`. */
export const BASE_FILES = {
  squashfs: "base.squashfs",
  kernel: "vmlinuz",
  initrd: "initrd.img",
  version: "version",
} as const;

/** Debian packages of the building machine that the build calls; everything that decides bits comes out of the lock. */
export const HOST_PACKAGES: readonly string[] = ["mmdebstrap", "xz-utils"];

const RECIPE = `${import.meta.dir}/recipe`;
const CACHE = cacheFolder("bases");
/** One for releases, one for quick builds, and one more of another branch. */
const KEPT = 3;

/** SHA-256 over the recipe: each file's path, executable bit and content; tests are no part of it. */
const hashRecipe = async (packing: Packing): Promise<string> => {
  const hash = new Bun.CryptoHasher("sha256").update(JSON.stringify(packing));
  for (const path of (await readdir(RECIPE, { recursive: true })).sort()) {
    const { mode, size } = await stat(`${RECIPE}/${path}`);
    if ((await stat(`${RECIPE}/${path}`)).isDirectory() || path.endsWith(".test.ts")) continue;
    hash.update(`\0${path}\0${mode & 0o100}\0${size}\0`).update(await Bun.file(`${RECIPE}/${path}`).bytes());
  }
  return hash.digest("hex");
};

/** Reads what decides a base's bits. */
export const loadInputs = async (lock: Lock, packing: Packing): Promise<BaseInputs> => ({
  lock,
  packing,
  lockHash: Bun.SHA256.hash(await Bun.file(LOCK_PATH).bytes(), "hex"),
  recipeHash: await hashRecipe(packing),
});

/** Makes a base in the new folder `target`. */
export const makeBase = async ({ lock, packing }: BaseInputs, target: string, phase: Phase): Promise<void> => {
  const root = `${target}/root`;
  await mkdir(target, { recursive: true });
  await phase("install packages, without a network", () => bootstrapRoot(lock, root));
  const kernelVersion = await phase("kernel, initrd, firmware", async () => {
    const version = await installKernel(lock, root, `${target}/${BASE_FILES.kernel}`);
    await pruneFirmware(root, version);
    await finishRoot(root);
    const microcode = await loadMicrocode(lock, `${target}/microcode`);
    await makeInitrd({ root, kernelVersion: version, microcode }, `${target}/${BASE_FILES.initrd}`);
    return version;
  });
  await Bun.write(`${target}/${BASE_FILES.version}`, kernelVersion);
  await phase(`pack the root (zstd-${packing.zstdLevel}, ${packing.blockKiB} KiB blocks)`, async () => {
    await fixTimes(root, lock.sourceDateEpoch);
    const tools = await openSquashfsTools(lock, `${target}/tools`);
    await tools.pack(root, `${target}/${BASE_FILES.squashfs}`, packing, lock.sourceDateEpoch);
  });
  await phase("boot loaders", () => extractLoaders(lock, `${target}/boot`));
  for (const scratch of ["root", "tools"]) await rm(`${target}/${scratch}`, { recursive: true });
};

const forgetOld = async (): Promise<void> => {
  const bases = (await readdir(CACHE)).filter((name) => /^[0-9a-f]{16}$/.test(name));
  const ages = await Promise.all(bases.map(async (name) => ({ name, atMs: (await stat(`${CACHE}/${name}`)).mtimeMs })));
  for (const { name } of ages.toSorted((a, b) => b.atMs - a.atMs).slice(KEPT))
    await rm(`${CACHE}/${name}`, { recursive: true, force: true });
};

/** The folder of the base for these inputs, made now if it is not there. */
export const loadBase = async (inputs: BaseInputs, phase: Phase): Promise<string> => {
  const key = Bun.SHA256.hash(`${inputs.lockHash} ${inputs.recipeHash}`, "hex").slice(0, 16);
  const folder = `${CACHE}/${key}`;
  if (await Bun.file(`${folder}/${BASE_FILES.version}`).exists()) return folder;
  const scratch = `${CACHE}/making-${process.pid}`;
  try {
    await makeBase(inputs, scratch, phase);
    // another build may have been faster
    await rename(scratch, folder).catch(async (error: unknown) => {
      if (!(await Bun.file(`${folder}/${BASE_FILES.version}`).exists())) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await forgetOld();
  return folder;
};
