/**
 * Small files that must be whole or absent, however the process ends: written beside, then renamed.
 *
 * These calls are synchronous on purpose. They work on a tmpfs, where they cost microseconds, and what a caller has been told
 * is saved is saved before anything else of the program runs. A machine that is switched off loses its tmpfs as a whole, so there is no fsync.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Fault } from "./fault.ts";

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";

const unwritable = (path: string, error: unknown): Fault =>
  new Fault(
    codeOf(error) === "ENOSPC" ? "disk-full" : "file-unwritable",
    { path, reason: codeOf(error) },
    { cause: error },
  );

/** Makes a directory with its parents, open to its owner alone. */
export const makeDirectory = (path: string): void => {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(path, error);
  }
};

/** Cleans up after a failure whose reason matters more than the cleaning's own. */
const tryRemove = (path: string): void => {
  try {
    rmSync(path, { force: true });
  } catch {
    // e.g. its folder is a plain file: then there is nothing to remove
  }
};

/** Writes a file that others see whole or not at all. `mode` is 0600 unless told. */
export const saveFile = (path: string, content: string | Uint8Array, mode = 0o600): void => {
  const beside = `${path}.new`;
  try {
    makeDirectory(dirname(path));
    rmSync(beside, { force: true });
    writeFileSync(beside, content, { mode, flag: "wx" });
    renameSync(beside, path);
  } catch (error) {
    tryRemove(beside);
    throw error instanceof Fault ? error : unwritable(path, error);
  }
};

/** A file's bytes; null when there is none. */
export const loadFile = (path: string): Buffer | null => {
  try {
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw new Fault("file-unreadable", { path, reason: codeOf(error) }, { cause: error });
  }
};

/** Names of the files in a directory, sorted, without those that a killed process left half written. */
export const savedNames = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory)
      .filter((name) => !name.endsWith(".new"))
      .sort();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw new Fault("file-unreadable", { path: directory, reason: codeOf(error) }, { cause: error });
  }
};

/** Removes a file; one that is not there is removed already. */
export const removeFile = (path: string): void => {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw unwritable(path, error);
  }
};
