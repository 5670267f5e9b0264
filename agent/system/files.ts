/**
 * What stages and probes may read of a machine, rooted at a prefix: `/` on a real host, a directory tree in a test.
 *
 * Absence is an answer here, because half of sysfs is attributes that this kernel or this device does not have.
 */
import { readdir, readFile, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { Fault } from "./fault.ts";

/** Reading access to a machine's files. Paths are absolute, as they are on the machine. */
export interface Files {
  /** The text of a file; null when there is none. Throws `file-unreadable` when it is there and cannot be read. */
  readText(path: string): Promise<string | null>;
  /** Names in a directory, sorted; empty when there is none. */
  list(path: string): Promise<readonly string[]>;
  /** Where a path leads with all links followed; null when it leads nowhere. */
  realPath(path: string): Promise<string | null>;
}

const ABSENT = new Set(["ENOENT", "ENOTDIR", "ENODEV", "ENXIO"]);
const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";

/** Files below a prefix. Reading outside it by `..` or by a link is a fault. */
export const openFiles = (prefix: string): Files => {
  const under = (path: string): string => {
    const full = join(prefix, path);
    const within = relative(prefix, full);
    if (within === ".." || within.startsWith(`..${sep}`) || isAbsolute(within))
      throw new Fault("file-unreadable", { path, reason: "outside of the root" });
    return full;
  };
  const absentOr = <T>(path: string, absent: T) => {
    return (error: unknown): T => {
      if (ABSENT.has(codeOf(error))) return absent;
      throw new Fault("file-unreadable", { path, reason: codeOf(error) }, { cause: error });
    };
  };
  return {
    readText: (path) => readFile(under(path), "utf8").catch(absentOr(path, null)),
    list: (path) =>
      readdir(under(path))
        .then((names) => names.sort())
        .catch(absentOr(path, [])),
    realPath: async (path) => {
      const [root, full] = await Promise.all([realpath(prefix), realpath(under(path)).catch(absentOr(path, null))]);
      if (full === null) return null;
      const within = relative(root, full);
      return within.startsWith("..") ? null : `/${within}`;
    },
  };
};

/** One attribute of sysfs or procfs, trimmed; null when it is absent, empty or refuses to be read, as `speed` of a link that is down does. */
export const readAttribute = async (files: Files, path: string): Promise<string | null> => {
  try {
    return (await files.readText(path))?.trim() || null;
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
};
