/**
 * Cells: each load tool runs in a cgroup of its own (kernel.org: Documentation/admin-guide/cgroup-v2.rst), so that it takes no more memory than it was given, and so that
 * one write kills all of it, children that left its process group included. They lie side by side below one cgroup that belongs to the agent alone:
 *
 *     /sys/fs/cgroup/vetbox/agent      the agent and its small tools; what they use is theirs, however little there is
 *     /sys/fs/cgroup/vetbox/memory-3   a tool
 *
 * A new process is in the cgroup of the one that started it. The agent therefore steps into a cell, starts the tool, and steps out again, all without
 * giving anything else of itself a turn: the tool is confined before its first instruction, without a helper in between. Calls are synchronous for that reason.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Fault } from "./fault.ts";

/** How a tool is to be confined. */
export interface Confine {
  /** What it is, in small letters: it becomes part of the cell's name. */
  readonly name: string;
  /** All of its processes together; absent for as much as there is. */
  readonly memoryMaxBytes?: number;
}

/** How a confined tool fared. */
export interface Confined {
  /** The kernel ended one of its processes for want of memory. */
  readonly oomKilled: boolean;
  /** The most memory that it had at a time; absent where nobody counts. */
  readonly peakBytes?: number;
}

/** A cgroup for one tool. */
export interface Cell {
  /** Calls `start`; the processes that it starts are in the cell. */
  begin<T>(start: () => T): T;
  /** Kills everything in the cell. */
  kill(): void;
  usage(): Confined;
  /** Takes the cell away; false while something lives in it: a process in uninterruptible sleep takes its time to die. */
  remove(): boolean;
}

/** Where cells are made. */
export interface Cgroups {
  open(confine: Confine): Cell;
}

const OWN = "agent";
const NAME = /^[a-z][a-z0-9-]{0,40}$/;
/**
 * Memory of the agent that the kernel leaves alone, its program's pages included: they are dropped and read again from the compressed image otherwise, at a
 * hundredth of the speed. The agent has 110 to 160 MiB.
 */
const OWN_MIN_BYTES = 192 * 2 ** 20;
/** How long what an earlier agent left behind may take to die. */
const DEATH_MS = 5_000;
const LOOK_EVERY_MS = 5;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Sets an attribute that not every kernel has, or has here. */
const tryWrite = (path: string, value: string): boolean => {
  try {
    writeFileSync(path, value);
    return true;
  } catch {
    return false;
  }
};

const tryRead = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
};

/** Value of `name 3` in a file of such lines. */
const figureOf = (text: string | null, name: string): number =>
  Number(new RegExp(`^${name} (\\d{1,15})$`, "m").exec(text ?? "")?.[1] ?? 0);

const pidsOf = (cgroup: string): readonly number[] =>
  (tryRead(join(cgroup, "cgroup.procs")) ?? "").split("\n").filter(Boolean).map(Number);

const killAll = (cgroup: string): void => {
  // An agent that could not step out must not end itself with its tool.
  if (!pidsOf(cgroup).includes(process.pid)) tryWrite(join(cgroup, "cgroup.kill"), "1");
};

const tryRemove = (cgroup: string): boolean => {
  try {
    rmdirSync(cgroup);
  } catch {
    // still busy: told by what is there
  }
  return !existsSync(cgroup);
};

const stepInto = (cgroup: string): void => writeFileSync(join(cgroup, "cgroup.procs"), String(process.pid));

const createCell = (path: string, home: string, memoryMaxBytes: number | undefined): Cell => {
  mkdirSync(path);
  // All of a tool or nothing: one that goes on without a worker would report on less than it was asked for.
  tryWrite(join(path, "memory.oom.group"), "1");
  return {
    begin: (start) => {
      stepInto(path);
      try {
        return start();
      } finally {
        stepInto(home);
        // Not before: as long as the agent is in the cell the bound would be its own.
        if (memoryMaxBytes !== undefined) tryWrite(join(path, "memory.max"), String(Math.round(memoryMaxBytes)));
      }
    },
    kill: () => killAll(path),
    usage: () => {
      const peak = tryRead(join(path, "memory.peak"));
      const oomKilled = figureOf(tryRead(join(path, "memory.events")), "oom_kill") > 0;
      return peak === null ? { oomKilled } : { oomKilled, peakBytes: Number(peak) };
    },
    remove: () => tryRemove(path),
  };
};

/** Directories below, the deepest first: only an empty cgroup can be removed. */
const below = (path: string): readonly string[] =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => [...below(join(path, entry.name)), join(path, entry.name)]);

/** Ends with all of it dead, or after `DEATH_MS`. */
const whenEmpty = async (root: string): Promise<boolean> => {
  const endMs = performance.now() + DEATH_MS;
  const lives = (): boolean => figureOf(tryRead(join(root, "cgroup.events")), "populated") > 0;
  while (lives() && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  return !lives();
};

/** What was found when the agent's cgroup was taken over. */
export interface Takeover {
  readonly cgroups: Cgroups;
  /** Processes that an earlier agent had left behind, and that are dead now. */
  readonly killedCount: number;
  /** False when some of them would not die: they are told, and nothing can be done. */
  readonly isEmpty: boolean;
  /** The kernel bounds and counts memory here. */
  readonly boundsMemory: boolean;
}

/**
 * Takes over the cgroup at `root` (an absolute path within a mounted cgroup v2): kills whatever is in it, which is an earlier agent's, and moves this process into it. Throws
 * `file-unwritable` where there is no such thing.
 */
export const takeCgroups = async (root: string): Promise<Takeover> => {
  const home = join(root, OWN);
  try {
    mkdirSync(root, { recursive: true });
    if (!existsSync(join(root, "cgroup.kill"))) throw new Error("it is no cgroup v2 of Linux 5.14 or newer");
    const left = [root, ...below(root)].flatMap(pidsOf);
    if (left.includes(process.pid)) throw new Error("this process is in it already");
    tryWrite(join(root, "cgroup.kill"), "1");
    const isEmpty = await whenEmpty(root);
    below(root).forEach(tryRemove);
    for (const cgroup of [dirname(root), root]) tryWrite(join(cgroup, "cgroup.subtree_control"), "+memory");
    mkdirSync(home, { recursive: true });
    for (const cgroup of [root, home]) tryWrite(join(cgroup, "memory.min"), String(OWN_MIN_BYTES));
    stepInto(home);
    let count = 0;
    const open = ({ name, memoryMaxBytes }: Confine): Cell => {
      if (!NAME.test(name)) throw new Fault("bad-input", { cell: name });
      count += 1;
      return createCell(join(root, `${name}-${count}`), home, memoryMaxBytes);
    };
    return { cgroups: { open }, killedCount: left.length, isEmpty, boundsMemory: existsSync(join(home, "memory.max")) };
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault("file-unwritable", { path: root, reason: reasonOf(cause) }, { cause });
  }
};
