/** Other processes that could write to a disk: a tool of an agent that crashed may still be at it. Exclusive opening does not see them, because they opened it plainly. */
import { Fault } from "../system/fault.ts";
import { type Files, readAttribute } from "../system/files.ts";
import type { BlockView } from "./block.ts";

const ACCESS_MODE = 0o3;

/** `flags:` of /proc/pid/fdinfo/n is octal (proc(5)); the lowest two bits are O_RDONLY 0, O_WRONLY 1, O_RDWR 2. */
const mayWrite = (fdinfo: string | null): boolean => {
  const flags = /^flags:\s*([0-7]+)$/m.exec(fdinfo ?? "")?.[1];
  // What cannot be read of an open descriptor is taken for the worse.
  return flags === undefined || (Number.parseInt(flags, 8) & ACCESS_MODE) !== 0;
};

const openByProcess = async (files: Files, pid: string, names: ReadonlySet<string>): Promise<boolean> => {
  for (const fd of await files.list(`/proc/${pid}/fd`)) {
    const path = await files.realPath(`/proc/${pid}/fd/${fd}`);
    if (path === null || !path.startsWith("/dev/") || !names.has(path.slice(path.lastIndexOf("/") + 1))) continue;
    if (mayWrite(await readAttribute(files, `/proc/${pid}/fdinfo/${fd}`))) return true;
  }
  return false;
};

/** A process that ended while it was looked at. */
const isGone = async (files: Files, pid: string): Promise<boolean> => (await files.list(`/proc/${pid}`)).length === 0;

/** Processes but this one that have the disk or a part of it open for writing. */
export const findWriters = async (files: Files, block: BlockView): Promise<readonly string[]> => {
  const names = new Set([block.name, ...block.parts.map(({ name }) => name)]);
  const writers: string[] = [];
  for (const pid of await files.list("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    try {
      if (await openByProcess(files, pid, names)) writers.push(pid);
    } catch (error) {
      if (!(error instanceof Fault) || !(await isGone(files, pid))) throw error;
    }
  }
  return writers;
};
