/** A guest's initrd: busybox to start with, the C library, the modules in their order. The program follows in an archive of its own. */
import { mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { runTool } from "../../../live-image/process.ts";
import { type CpioEntry, renderEntry, renderGap, renderTrailer } from "../../../live-image/recipe/cpio.ts";
import { moduleName, orderModules } from "./modules.ts";
import type { Architecture, GuestPackages } from "./packages.ts";

/** What the board's two adapters and the way to them take. */
const MODULES = ["virtio_pci", "virtio_net", "vhci_hcd", "i2c_dev", "usbhid", "hid_cp2112", "i2c_tiny_usb"];
/** What Bun's executable is linked with: `objdump -p` names it. */
const LIBRARIES = ["libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2"];

interface Layout {
  /** Where Debian's libc6 has its libraries. */
  readonly libraries: string;
  /** Where the executable says that the loader is, below the root. */
  readonly loader: string;
}
const LAYOUTS: Readonly<Record<Architecture, Layout>> = {
  x64: { libraries: "usr/lib/x86_64-linux-gnu", loader: "lib64/ld-linux-x86-64.so.2" },
  arm64: { libraries: "usr/lib/aarch64-linux-gnu", loader: "lib/ld-linux-aarch64.so.1" },
};
const FOLDERS = ["bin", "dev", "lib", "lib64", "modules", "proc", "sys", "tmp"];

/** A file of an archive. */
type File = readonly [path: string, mode: number, data: Uint8Array];

/** An archive of folders and files. Several, one after the other, unpack as one. */
export const renderArchive = (folders: readonly string[], files: readonly File[]): Uint8Array<ArrayBuffer> => {
  const parts: Uint8Array[] = [];
  const add = (entry: CpioEntry, data: Uint8Array): void =>
    void parts.push(renderEntry(entry, parts.length + 1), data, renderGap(data.length));
  for (const path of folders) add({ path, kind: "folder", mode: 0o755, sizeBytes: 0 }, new Uint8Array());
  for (const [path, mode, data] of files) add({ path, kind: "file", mode, sizeBytes: data.length }, data);
  return Buffer.concat([...parts, renderTrailer(parts.reduce((sum, part) => sum + part.length, 0))]);
};

const unpack = async (deb: string, folder: string): Promise<void> => {
  await runTool(["dpkg-deb", "--extract", deb, folder]);
};

const only = (names: readonly string[], what: string): string => {
  const [name, ...more] = names;
  if (name === undefined || more.length > 0) throw new Error(`${names.length} of ${what} in the kernel's package`);
  return name;
};

/** Reads modules of an unpacked kernel by their names. */
const openModules = async (kernel: string) => {
  const root = join(kernel, "usr/lib/modules");
  const version = join(root, only(await readdir(root), "versions"));
  const paths = await Array.fromAsync(new Bun.Glob("**/*.ko.xz").scan({ cwd: version, absolute: true }));
  const byName = new Map(paths.map((path) => [moduleName(path), path]));
  const builtIn = new Set((await Bun.file(`${version}/modules.builtin`).text()).trim().split("\n").map(moduleName));
  return async (name: string): Promise<Uint8Array | null> => {
    const path = byName.get(name);
    if (path !== undefined) return runTool(["xz", "--decompress", "--stdout", path]);
    if (builtIn.has(name)) return null;
    throw new Error(`the kernel has no module ${name}`);
  };
};

/** Makes `vmlinuz` and `base.cpio` in the folder; the second appears last, so where it is both are whole. */
export const makeBase = async (architecture: Architecture, packages: GuestPackages, folder: string): Promise<void> => {
  const scratch = await mkdtemp(join(folder, "unpacking-"));
  try {
    for (const name of ["kernel", "libc6", "busybox"] as const) await unpack(packages[name], join(scratch, name));
    const { libraries, loader } = LAYOUTS[architecture];
    const library = (name: string) => Bun.file(join(scratch, "libc6", libraries, name)).bytes();
    const modules = await orderModules(MODULES, await openModules(join(scratch, "kernel")));
    const order = modules.map(({ name }) => `${name}.ko\n`).join("");
    const archive = renderArchive(FOLDERS, [
      ["init", 0o755, await Bun.file(`${import.meta.dir}/init`).bytes()],
      ["bin/busybox", 0o755, await Bun.file(join(scratch, "busybox/usr/bin/busybox")).bytes()],
      [loader, 0o755, await library(loader.replace(/.*\//, ""))],
      ...(await Promise.all(LIBRARIES.map(async (name): Promise<File> => [`lib/${name}`, 0o755, await library(name)]))),
      ...modules.map(({ name, bytes }): File => [`modules/${name}.ko`, 0o644, bytes]),
      ["modules/order", 0o644, new TextEncoder().encode(order)],
    ]);
    const boot = join(scratch, "kernel/boot");
    const kernel = only(
      (await readdir(boot)).filter((name) => name.startsWith("vmlinuz-")),
      "kernels",
    );
    await rename(join(boot, kernel), join(folder, "vmlinuz"));
    await Bun.write(join(scratch, "base.cpio"), archive);
    await rename(join(scratch, "base.cpio"), join(folder, "base.cpio"));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};
