/** The QEMU processes of a rack, as the system shows them. */
import { basename, join, relative } from "node:path";
import { listProcesses, type ProcessRef } from "./processes.ts";
import { QEMU } from "./qemu-argv.ts";

/** A process that runs a server. */
export interface QemuProcess extends ProcessRef {
  readonly server: string;
}

/** The server of which a command line with this rack's scratch directory is; null if it is another program or another rack's. */
export const serverOf = (argv: readonly string[], scratch: string): string | null => {
  const pidFile = argv[argv.indexOf("-pidfile") + 1];
  if (basename(argv[0] ?? "") !== QEMU || pidFile === undefined) return null;
  const [server, file, more] = relative(join(scratch, "servers"), pidFile).split("/");
  return server !== undefined && server !== ".." && file === "qemu.pid" && more === undefined ? server : null;
};

/** All of a rack's, the oldest first. While QEMU starts, one server has several: the last of them is the one that stays. */
export const findQemus = (scratch: string): readonly QemuProcess[] =>
  listProcesses().flatMap(({ pid, startTicks, argv }) => {
    const server = serverOf(argv, scratch);
    return server === null ? [] : [{ pid, startTicks, server }];
  });

/** Those of one server. */
export const findServerQemus = (scratch: string, name: string): readonly QemuProcess[] =>
  findQemus(scratch).filter(({ server }) => server === name);
