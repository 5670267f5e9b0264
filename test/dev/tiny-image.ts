/** A live image in form only: simulated hosts fetch it and boot nothing of it. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ImageManifest } from "../../appliance/images/manifest.ts";

const FILES = { kernel: "vmlinuz", initrd: "initrd.img", root: "root.cpio" } as const;

const sha256 = (bytes: string): string => createHash("sha256").update(bytes).digest("hex");

/** Writes the image into a folder. */
export const makeTinyImage = async (dir: string): Promise<void> => {
  await mkdir(dir, { recursive: true });
  const file = async (step: keyof typeof FILES) => {
    const content = `the ${step} of a simulated image\n`;
    await writeFile(join(dir, FILES[step]), content);
    return { name: FILES[step], sha256: sha256(content), sizeBytes: content.length };
  };
  const nothing = sha256("");
  const manifest: ImageManifest = {
    format: 1,
    id: sha256("simulated"),
    kernelVersion: "simulated",
    builtFrom: { lock: nothing, agent: nothing, recipe: nothing },
    files: { kernel: await file("kernel"), initrd: await file("initrd"), root: await file("root") },
  };
  await writeFile(join(dir, "manifest.json"), JSON.stringify(manifest));
};
