/**
 * A guest to boot: Debian's kernel and an initrd with the test program, kept in `build/guest`.
 *
 * The packages' half is made once for a lock and a recipe; the program's is made anew when its bundle has changed.
 */
import { createHash } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { makeBase, renderArchive } from "./initrd.ts";
import { type Architecture, loadGuestPackages } from "./packages.ts";

const ROOT = resolve(import.meta.dir, "../../..");
const ENTRY = `${import.meta.dir}/program/main.ts`;
/** What decides the packages' half besides the packages. */
const RECIPE = ["init", "initrd.ts", "modules.ts"];
const TARGETS = { x64: "bun-linux-x64", arm64: "bun-linux-arm64" } as const;

/** A kernel and an initrd. */
export interface GuestImage {
  readonly architecture: Architecture;
  readonly kernel: string;
  readonly initrd: string;
}

const hashOf = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length} `).update(part);
  return hash.digest("hex");
};

/** Does the work unless it is done already. The stamp is written after it: half of it counts for nothing. */
const once = async (stamp: string, hash: string, work: () => Promise<void>): Promise<void> => {
  const file = Bun.file(stamp);
  if ((await file.exists()) && (await file.text()) === hash) return;
  await rm(stamp, { force: true });
  await work();
  await Bun.write(stamp, hash);
};

/** The program as one script: a tenth of a second, against two for the executable. */
const hashProgram = async (): Promise<string> => {
  const bundle = await Bun.build({ entrypoints: [ENTRY], target: "bun" });
  if (!bundle.success) throw new Error(`the guest's program cannot be bundled:\n${bundle.logs.join("\n")}`);
  return hashOf(Bun.revision, ...(await Promise.all(bundle.outputs.map((output) => output.text()))));
};

const compileProgram = async (architecture: Architecture, out: string): Promise<void> => {
  const compile = { target: TARGETS[architecture], outfile: out, autoloadDotenv: false, autoloadBunfig: false };
  const built = await Bun.build({ entrypoints: [ENTRY], compile });
  if (!built.success) throw new Error(`${basename(out)} cannot be compiled:\n${built.logs.join("\n")}`);
};

/** Makes what is missing of a guest's image. */
export const loadGuestImage = async (architecture: Architecture, say: (line: string) => void): Promise<GuestImage> => {
  const folder = join(ROOT, "build/guest", architecture);
  await mkdir(folder, { recursive: true });
  const at = (name: string): string => join(folder, name);
  const packages = await loadGuestPackages(architecture, say);
  const recipe = await Promise.all(RECIPE.map((name) => Bun.file(`${import.meta.dir}/${name}`).bytes()));
  const base = hashOf(packages.hash, ...recipe);
  await once(at("base.stamp"), base, () => makeBase(architecture, packages, folder));
  await once(at("initrd.stamp"), hashOf(base, await hashProgram()), async () => {
    await compileProgram(architecture, at("program"));
    const program = renderArchive([], [["program", 0o755, await Bun.file(at("program")).bytes()]]);
    await Bun.write(at("initrd.part"), Buffer.concat([await Bun.file(at("base.cpio")).bytes(), program]));
    await rename(at("initrd.part"), at("initrd.img"));
    await rm(at("program"));
  });
  return { architecture, kernel: at("vmlinuz"), initrd: at("initrd.img") };
};
