/**
 * A claim: one process at a time is at work on a name. The kernel holds it (flock(2)), so a claimant that dies lets go, whatever kills
 * it; and a second claimant is refused and never waits.
 */
import { dlopen, FFIType } from "bun:ffi";
import { link, open, rm, stat, writeFile } from "node:fs/promises";

const { flock } = dlopen("libc.so.6", { flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } }).symbols;
/** From <sys/file.h>: exclusive, and at once or not at all. */
const LOCK_EX_NB = 2 | 4;

let drafts = 0;

/** Whether an error is the named one of the file system. */
export const isErrno = (cause: unknown, code: string): boolean =>
  cause instanceof Error && "code" in cause && cause.code === code;

/** Publishes a whole file under a name that must be free (link(2) refuses otherwise). Answers whether it was. */
export const publishFile = async (path: string, content: string): Promise<boolean> => {
  drafts += 1;
  const draft = `${path}.${process.pid}.${drafts}.draft`;
  await writeFile(draft, content);
  try {
    await link(draft, path);
    return true;
  } catch (cause) {
    if (isErrno(cause, "EEXIST")) return false;
    throw cause;
  } finally {
    await rm(draft, { force: true });
  }
};

/** Claims `path` until disposed of; null while another claim on it holds. The file itself stays. */
export const openClaim = async (path: string): Promise<AsyncDisposable | null> => {
  const file = await open(path, "a");
  if (flock(file.fd, LOCK_EX_NB) === 0 && (await isStillAt(path, (await file.stat()).ino)))
    return { [Symbol.asyncDispose]: () => file.close() };
  await file.close();
  return null;
};

/** A lock on a file that was removed meanwhile would be a lock on nothing. */
const isStillAt = async (path: string, inode: number): Promise<boolean> => {
  try {
    return (await stat(path)).ino === inode;
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return false;
    throw cause;
  }
};
