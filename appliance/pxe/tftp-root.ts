/** The folder that TFTP serves: the loaders and nothing else, owned by the user that dnsmasq becomes, as `tftp-secure` demands. */
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { saveFile } from "../../agent/system/durable.ts";
import { Fault } from "../../agent/system/fault.ts";
import { LOADERS, type Loader } from "./architectures.ts";

const READ_ONLY = 0o444;
const PASSABLE = 0o755;
const OTHERS_MAY_PASS = 0o001;

/** Fills the folder anew from `sourceDir`. Answers the loaders that were there. */
export const fillTftpRoot = (sourceDir: string, tftpRoot: string, user: string): readonly Loader[] => {
  const owner = findUser(user);
  rmSync(tftpRoot, { recursive: true, force: true });
  makePassable(tftpRoot);
  const present = LOADERS.filter((name) => existsSync(join(sourceDir, name)));
  for (const name of present) {
    saveFile(join(tftpRoot, name), readFileSync(join(sourceDir, name)), READ_ONLY);
    chownSync(join(tftpRoot, name), owner.uid, owner.gid);
  }
  return present;
};

/** Makes a folder that an unprivileged dnsmasq can enter, and says so when a folder above it keeps it out. */
export const makePassable = (directory: string): void => {
  mkdirSync(directory, { recursive: true, mode: PASSABLE });
  chmodSync(directory, PASSABLE);
  for (let path = directory; path !== dirname(path); path = dirname(path))
    if ((statSync(path).mode & OTHERS_MAY_PASS) === 0)
      throw new Fault("bad-state", {
        path,
        reason: "dnsmasq runs as another user and cannot pass through this folder",
      });
};

const findUser = (name: string): { readonly uid: number; readonly gid: number } => {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((l) => l.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (uid === undefined || gid === undefined)
    throw new Fault("bad-state", { user: name, reason: "this machine has no such user for dnsmasq" });
  return { uid: Number(uid), gid: Number(gid) };
};
