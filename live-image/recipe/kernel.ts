/** The kernel, straight out of Debian's signed package, and the modules that a server can have. */
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { debPath } from "../debs.ts";
import type { Lock } from "../lock.ts";
import { readTool, runOffline, runTool } from "../process.ts";
import { loadList } from "./text-list.ts";

/** Puts the modules into `root` and `vmlinuz` at `vmlinuz`; returns the kernel's version. */
export const installKernel = async (lock: Lock, root: string, vmlinuz: string): Promise<string> => {
  const [kernel, ...others] = lock.packages.filter(({ uses }) => uses.includes("kernel"));
  if (kernel === undefined || others.length > 0) throw new Error("the lock must hold one kernel");
  const unpacked = `${root}.kernel`;
  await mkdir(unpacked);
  await runTool(["dpkg-deb", "--extract", debPath(kernel), unpacked]);
  const modules = `${unpacked}/usr/lib/modules`;
  const [version, ...more] = await readdir(modules);
  if (version === undefined || more.length > 0) throw new Error(`the kernel's package has ${more.length + 1} versions`);
  for (const folder of await loadList("modules.txt"))
    await rm(`${modules}/${version}/kernel/${folder}`, { recursive: true, force: true });
  // Debian packs each module by itself; unpacked, the file system's big blocks make less of them together
  await runTool(["find", modules, "-name", "*.ko.xz", "-exec", "xz", "--decompress", "--threads=1", "{}", "+"]);
  await mkdir(`${root}/usr/lib/modules`, { recursive: true });
  await rename(`${modules}/${version}`, `${root}/usr/lib/modules/${version}`);
  await rename(`${unpacked}/boot/vmlinuz-${version}`, vmlinuz);
  await rm(unpacked, { recursive: true });
  // depmod of the image, not of the building machine
  await runOffline(["chroot", root, "depmod", version]);
  return version;
};

/** Paths below `root` of a module and those that it needs, in the order of loading. */
export const loadOrder = async (root: string, version: string, modules: readonly string[]): Promise<string[]> => {
  const paths: string[] = [];
  for (const name of modules) {
    const plan = await readTool(["chroot", root, "modprobe", "--set-version", version, "--show-depends", name]);
    paths.push(...[...plan.matchAll(/^insmod (\S+)/gm)].map(([, path = ""]) => path));
  }
  return [...new Set(paths)];
};
