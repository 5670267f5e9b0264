/**
 * A child that outlived a killed box: found by the pid that was written at its start, ended only if it is still the same process.
 *
 * Pids are given out again, so the file holds the process's start time as well. Without it a restart of the box could kill a stranger.
 */
import { readFileSync } from "node:fs";
import type { Clock } from "./clock.ts";
import { loadFile, removeFile, saveFile } from "./durable.ts";

const WAIT_MS = 50;
const TERM_TRIES = 40;
const KILL_TRIES = 20;

/** Remembers a running child. */
export const savePid = (path: string, pid: number): void => {
  const started = startTicks(pid);
  if (started !== null) saveFile(path, `${pid} ${started}\n`);
};

/** Ends the child that the file names, if it is still there. Answers its pid when there was one. */
export const endLeftover = async (path: string, clock: Clock): Promise<number | null> => {
  const [, pidText = "", started = ""] = /^(\d+) (\d+)\n$/.exec(loadFile(path)?.toString("utf8") ?? "") ?? [];
  const pid = Number(pidText);
  const isThere = () => pid > 1 && startTicks(pid) === started;
  if (!isThere()) {
    removeFile(path);
    return null;
  }
  for (const [name, tries] of [
    ["SIGTERM", TERM_TRIES],
    ["SIGKILL", KILL_TRIES],
  ] as const) {
    if (!isThere()) break;
    process.kill(pid, name);
    for (let left = tries; left > 0 && isThere(); left -= 1) await clock.sleep(WAIT_MS);
  }
  removeFile(path);
  return pid;
};

/** Field 22 of `/proc/PID/stat` (proc_pid_stat(5)); null when there is no such process, or only its zombie. The name in field 2 may hold anything. */
const startTicks = (pid: number): string | null => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    return null; // ENOENT or ESRCH: it is not there
  }
};
