/** Firmware: the packages bring that of whole vendors; what stays is what a module of the image asks for. */
import { readdir, readlink, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { readTool } from "../process.ts";

const FOLDER = "usr/lib/firmware";

/** Names of all modules in the image. */
const listModules = async (root: string, kernelVersion: string): Promise<string[]> => {
  const text = await Bun.file(`${root}/usr/lib/modules/${kernelVersion}/modules.dep`).text();
  return [...text.matchAll(/^\S*?([^/\s]+)\.ko:/gm)].map(([, name = ""]) => name);
};

/** Removes the firmware that no module names. */
export const pruneFirmware = async (root: string, kernelVersion: string): Promise<void> => {
  const modules = await listModules(root, kernelVersion);
  const named = await readTool(["chroot", root, "modinfo", "-k", kernelVersion, "-F", "firmware", ...modules]);
  // a driver may name a pattern
  const globs = [...new Set(named.trim().split("\n"))].map((pattern) => new Bun.Glob(pattern));
  const entries = await readdir(`${root}/${FOLDER}`, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(`${root}/${FOLDER}`, join(entry.parentPath, entry.name)));
  const kept = new Set(paths.filter((path) => globs.some((glob) => glob.match(path))));
  // the name that a driver asks for is often a link to the version
  for (const path of kept) {
    const target = await readlink(`${root}/${FOLDER}/${path}`).catch(() => undefined);
    if (target !== undefined) kept.add(join(dirname(path), target));
  }
  for (const path of paths) if (!kept.has(path)) await rm(`${root}/${FOLDER}/${path}`);
  await readTool(["find", `${root}/${FOLDER}`, "-mindepth", "1", "-type", "d", "-empty", "-delete"]);
};
