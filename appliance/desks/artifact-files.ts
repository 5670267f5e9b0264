/** Where the files of runs lie. Names on disk are the box's own: a name that a server chose is never a path. */
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Fault } from "../../agent/system/fault.ts";

const syncPath = async (path: string): Promise<void> => {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Moves a file to its place, and answers its path under the directory once it would survive a power cut. */
export const keepFile = async (artifactDir: string, runId: string, id: string, from: string): Promise<string> => {
  const path = join(runId, id);
  const to = join(artifactDir, path);
  try {
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await syncPath(from);
    await rename(from, to);
    await syncPath(dirname(to));
    return path;
  } catch (cause) {
    throw new Fault("file-unwritable", { path: to }, { cause });
  }
};

/** Removes a file that is not wanted. */
export const discardFile = (path: string): Promise<void> => rm(path, { force: true });
