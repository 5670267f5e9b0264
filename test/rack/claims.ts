/**
 * A claim: a file that says which process is at work on a name. It appears whole or not at all (link(2)), a second claimant is refused
 * and never waits, and the claim of a process that died is void.
 */
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import * as v from "valibot";
import { isAlive, type ProcessRef, self } from "./processes.ts";

const ProcessRefSchema = v.object({ pid: v.number(), startTicks: v.number() });
let serial = 0;

/** Publishes a whole file under a name that must be free. Answers whether it was. */
export const publishFile = async (path: string, content: string): Promise<boolean> => {
  serial += 1;
  const draft = `${path}.${process.pid}.${serial}.draft`;
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

/** Whether an error is the named one of the file system. */
export const isErrno = (cause: unknown, code: string): boolean =>
  cause instanceof Error && "code" in cause && cause.code === code;

/** Claims `path` for this process until disposed of; null while another live process holds it. */
export const openClaim = async (path: string): Promise<AsyncDisposable | null> => {
  const content = JSON.stringify(self());
  const claimed =
    (await publishFile(path, content)) || ((await voidDeadClaim(path)) && (await publishFile(path, content)));
  return claimed ? { [Symbol.asyncDispose]: () => rm(path, { force: true }) } : null;
};

/** Removes a claim whose process is gone. Answers whether the name may be free now. */
const voidDeadClaim = async (path: string): Promise<boolean> => {
  const owner = await claimOwner(path);
  if (owner !== null && isAlive(owner)) return false;
  // Two processes may find the same dead claim, and the slower one may move away the quicker one's new claim: look again, put it back.
  const aside = `${path}.${process.pid}.void`;
  try {
    await rename(path, aside);
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return true;
    throw cause;
  }
  const moved = await claimOwner(aside);
  if (moved !== null && isAlive(moved)) {
    await rename(aside, path);
    return false;
  }
  await rm(aside, { force: true });
  return true;
};

/** The process that a claim names; null if there is no such file or it says nothing. */
export const claimOwner = async (path: string): Promise<ProcessRef | null> => {
  try {
    const decoded = v.safeParse(ProcessRefSchema, JSON.parse(await readFile(path, "utf8")));
    return decoded.success ? decoded.output : null;
  } catch {
    return null;
  }
};
