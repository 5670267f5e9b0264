/** Which kernel modules have to be loaded before which: as depmod(8) finds it, out of the modules themselves. Pure but for the reading that it is given. */
import { basename } from "node:path";

/** The names in a module's `.modinfo` that it needs: a string `depends=a,b` between two zeros (kernel: scripts/mod/modpost.c). */
export const parseDepends = (module: Uint8Array): readonly string[] => {
  const file = Buffer.from(module.buffer, module.byteOffset, module.byteLength);
  const at = file.indexOf("\0depends=");
  if (at < 0) return [];
  const start = at + "\0depends=".length;
  const names = file.toString("latin1", start, file.indexOf(0, start));
  return names === "" ? [] : names.split(",");
};

/** The kernel takes "-" and "_" in names for the same. */
export const moduleName = (path: string): string =>
  basename(path)
    .replace(/\.ko(\.xz)?$/, "")
    .replaceAll("-", "_");

/** A module to load. */
export interface LoadedModule {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The modules and all that they need, each after what it needs. `read` answers with null for one that is built into the kernel, and throws for one that
 * is not there at all.
 */
export const orderModules = async (
  wanted: readonly string[],
  read: (name: string) => Promise<Uint8Array | null>,
): Promise<readonly LoadedModule[]> => {
  const seen = new Set<string>();
  const ordered: LoadedModule[] = [];
  const visit = async (name: string): Promise<void> => {
    if (seen.has(name)) return;
    seen.add(name);
    const bytes = await read(name);
    if (bytes === null) return;
    for (const needed of parseDepends(bytes)) await visit(moduleName(needed));
    ordered.push({ name, bytes });
  };
  for (const name of wanted) await visit(name);
  return ordered;
};
