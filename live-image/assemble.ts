/** From a base and the agent to what the box serves: `image/` with its manifest, and `boot/`. */
import { chmod, copyFile, cp, mkdir, rename, rm } from "node:fs/promises";
import { decodeManifest, type ImageFile, type ImageManifest } from "../appliance/images/manifest.ts";
import { BASE_FILES, type BaseInputs, type Phase } from "./base.ts";
import { LOADER_NAMES } from "./recipe/boot-loaders.ts";
import { wrapRoot } from "./recipe/initramfs.ts";
import { fixTimes } from "./recipe/root.ts";
import { openSquashfsTools } from "./recipe/squashfs.ts";

const hashFile = async (path: string): Promise<string> => {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(path).stream()) hash.update(chunk);
  return hash.digest("hex");
};

const describe = async (folder: string, name: string): Promise<ImageFile> => ({
  name,
  sha256: await hashFile(`${folder}/${name}`),
  sizeBytes: Bun.file(`${folder}/${name}`).size,
});

/** The manifest of the image below `out`, if it is made from just these inputs and every file is whole. */
export const loadCurrent = async (
  inputs: BaseInputs,
  agent: string,
  out: string,
): Promise<ImageManifest | undefined> => {
  const file = Bun.file(`${out}/image/manifest.json`);
  if (!(await file.exists())) return undefined;
  const manifest = await file
    .json()
    .then(decodeManifest)
    .catch((error: unknown) => console.error(`the image that is there cannot be read (${error}); it is made anew`));
  if (manifest === undefined) return undefined;
  const builtFrom = { lock: inputs.lockHash, agent: await hashFile(agent), recipe: inputs.recipeHash };
  if (!Bun.deepEquals(manifest.builtFrom, builtFrom)) return undefined;
  for (const { name, sha256 } of Object.values(manifest.files)) {
    const path = `${out}/image/${name}`;
    if (!(await Bun.file(path).exists()) || (await hashFile(path)) !== sha256) return undefined;
  }
  const loaders = await Promise.all(LOADER_NAMES.map((name) => Bun.file(`${out}/boot/${name}`).exists()));
  return loaders.every(Boolean) ? manifest : undefined;
};

/** Adds the agent to the base's root as `/vetbox/agent`; returns the SHA-256 of the result. */
const makeRoot = async (inputs: BaseInputs, base: string, agent: string, folder: string): Promise<string> => {
  const { lock } = inputs;
  const squashfs = `${folder}/root.squashfs`;
  const extra = `${folder}/extra`;
  await copyFile(`${base}/${BASE_FILES.squashfs}`, squashfs);
  await mkdir(`${extra}/vetbox`, { recursive: true });
  await copyFile(agent, `${extra}/vetbox/agent`);
  await chmod(`${extra}/vetbox/agent`, 0o755);
  await fixTimes(extra, lock.sourceDateEpoch);
  const tools = await openSquashfsTools(lock, `${folder}/tools`);
  await tools.append(extra, squashfs, lock.sourceDateEpoch);
  await wrapRoot(squashfs, `${folder}/root.cpio`);
  const id = await hashFile(squashfs);
  for (const scratch of ["extra", "tools", "root.squashfs"]) await rm(`${folder}/${scratch}`, { recursive: true });
  return id;
};

/** Puts a finished folder in the place of the one that is there. */
const replaceFolder = async (from: string, to: string): Promise<void> => {
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
};

/** Writes `image/` and `boot/` below `out` and returns the manifest. */
export const assemble = async (
  inputs: BaseInputs,
  base: string,
  agent: string,
  out: string,
  phase: Phase,
): Promise<ImageManifest> => {
  const image = `${out}/image.making-${process.pid}`;
  const boot = `${out}/boot.making-${process.pid}`;
  try {
    await mkdir(image, { recursive: true });
    const id = await phase("add the agent", () => makeRoot(inputs, base, agent, image));
    await copyFile(`${base}/${BASE_FILES.kernel}`, `${image}/vmlinuz`);
    await copyFile(`${base}/${BASE_FILES.initrd}`, `${image}/initrd.img`);
    const manifest: ImageManifest = {
      format: 1,
      id,
      kernelVersion: await Bun.file(`${base}/${BASE_FILES.version}`).text(),
      builtFrom: { lock: inputs.lockHash, agent: await hashFile(agent), recipe: inputs.recipeHash },
      files: {
        kernel: await describe(image, "vmlinuz"),
        initrd: await describe(image, "initrd.img"),
        root: await describe(image, "root.cpio"),
      },
    };
    await Bun.write(`${image}/manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
    await cp(`${base}/boot`, boot, { recursive: true });
    await replaceFolder(boot, `${out}/boot`);
    await replaceFolder(image, `${out}/image`);
    return manifest;
  } finally {
    for (const scratch of [image, boot]) await rm(scratch, { recursive: true, force: true });
  }
};
