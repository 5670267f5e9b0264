/** Opens a built live image: its manifest is read and its files are there with the sizes that the manifest gives. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { getDotPath, isValiError } from "valibot";
import { Fault } from "../../agent/system/fault.ts";
import { IMAGE_STEPS, type ImageStep } from "../core/boot-paths.ts";
import { decodeManifest, type ImageFile, type ImageManifest } from "./manifest.ts";

/** An image whose files are there. */
export interface LiveImage {
  /** SHA-256 of the root file system: what the initrd of a host compares. */
  readonly id: string;
  readonly manifest: ImageManifest;
  readonly files: Readonly<Record<ImageStep, ImageFile & { readonly path: string }>>;
}

/** Reads the image in `dir`. Throws a Fault that names the file and what to do. Contents are not hashed here: every host hashes the root it was given. */
export const openImage = (dir: string): LiveImage => {
  const manifest = loadManifest(join(dir, "manifest.json"));
  const located = (step: ImageStep) => ({ ...manifest.files[step], path: join(dir, manifest.files[step].name) });
  const files = { kernel: located("kernel"), initrd: located("initrd"), root: located("root") };
  for (const step of IMAGE_STEPS) assertSize(files[step]);
  return { id: manifest.id, manifest, files };
};

const loadManifest = (path: string): ImageManifest => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Fault("file-unreadable", { path, remedy: "build the live image: bun run build:image" }, { cause: error });
  }
  try {
    return decodeManifest(JSON.parse(text));
  } catch (error) {
    const reason = isValiError(error) ? `${getDotPath(error.issues[0]) ?? "the whole"}: ${error.message}` : "not JSON";
    throw new Fault("bad-input", { path, reason, remedy: "build the live image anew" }, { cause: error });
  }
};

const assertSize = (file: ImageFile & { readonly path: string }): void => {
  const found = statSync(file.path, { throwIfNoEntry: false })?.size ?? null;
  if (found === file.sizeBytes) return;
  const reason = found === null ? "the file is missing" : `it has ${found} bytes, its manifest says ${file.sizeBytes}`;
  throw new Fault("bad-input", { path: file.path, reason, remedy: "build the live image anew" });
};
