/**
 * Where a rack keeps what.
 *
 * In its directory: what a server *is* (declaration, disks, firmware variables) and what it said (logs). Under /run: what is *currently
 * true* (sockets, claims, who owns the rack). The latter may vanish at any time and is never asked whether a server runs: /proc is.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "./claims.ts";
import type { ServerFiles } from "./qemu-argv.ts";

/** Short on purpose: the path of a Unix socket has room for 107 bytes (unix(7)). */
export const SCRATCH_ROOT = "/run/vetbox-rack";

/** Every path of one rack. */
export interface RackPaths {
  readonly dir: string;
  readonly scratch: string;
  /** Published servers, one directory each. */
  readonly servers: string;
  /** Servers being made or deleted; a directory's name ends in the process that works on it. */
  readonly staging: string;
  readonly logs: string;
  readonly wakeLog: string;
  server(name: string): string;
  declaration(name: string): string;
  /** Claimed while a server of this name is made, powered on or deleted. */
  claim(name: string): string;
  /** Claimed while the segment is looked at and built. */
  readonly segmentClaim: string;
  serverScratch(name: string): string;
  /** What QEMU itself complained of at the last power-on. */
  qemuLog(name: string): string;
  /** The server's taps, one a line, in the order of its NICs. */
  taps(name: string): string;
  /** What the programs beside a server said since power-on: its management controller, its switch. */
  companionLog(name: string): string;
  /** What its drives said. */
  driveLog(name: string): string;
  files(name: string): ServerFiles;
}

/** A disk's image in a server's directory. */
export const diskImage = (serverDir: string, key: string): string => join(serverDir, `disk-${key}.img`);
/** The firmware's variables in a server's directory. */
export const uefiVars = (serverDir: string): string => join(serverDir, "uefi-vars.fd");
/** The declaration in a server's directory. */
export const declarationFile = (serverDir: string): string => join(serverDir, "server.json");

/** The paths of the rack `id` in the directory `dir`. */
export const rackPaths = (dir: string, id: string): RackPaths => {
  const scratch = join(SCRATCH_ROOT, id);
  const servers = join(dir, "servers");
  const logs = join(dir, "logs");
  const serverScratch = (name: string): string => join(scratch, "servers", name);
  return {
    dir,
    scratch,
    servers,
    staging: join(dir, "staging"),
    logs,
    wakeLog: join(logs, "wake.log"),
    server: (name) => join(servers, name),
    declaration: (name) => declarationFile(join(servers, name)),
    segmentClaim: join(scratch, "segment"),
    claim: (name) => join(scratch, `${name}.claim`),
    serverScratch,
    qemuLog: (name) => join(logs, name, "qemu.log"),
    taps: (name) => join(serverScratch(name), "taps"),
    companionLog: (name) => join(logs, name, "companions.log"),
    driveLog: (name) => join(logs, name, "drives.log"),
    files: (name) => ({
      pidFile: join(serverScratch(name), "qemu.pid"),
      controlSocket: join(serverScratch(name), "control.sock"),
      eventSocket: join(serverScratch(name), "events.sock"),
      serialSocket: join(serverScratch(name), "serial.sock"),
      tapScript: join(serverScratch(name), "join-bridge"),
      bmcSocket: join(serverScratch(name), "bmc.sock"),
      bmcControl: join(serverScratch(name), "bmc-control.sock"),
      driveControl: (key) => join(serverScratch(name), `drive-${key}.sock`),
      smbios: (structure) => join(serverScratch(name), `smbios-${structure}.bin`),
      serialLog: join(logs, name, "serial.log"),
      uefiVars: uefiVars(join(servers, name)),
      disk: (key) => diskImage(join(servers, name), key),
    }),
  };
};

/** Names in a directory, sorted; none if there is no such directory. */
export const namesIn = async (dir: string): Promise<readonly string[]> => {
  try {
    return (await readdir(dir)).sort();
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return [];
    throw cause;
  }
};
