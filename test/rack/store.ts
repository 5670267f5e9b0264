/**
 * The durable part of a rack: which servers there are. A server is made aside, unlocked, and appears whole by one rename; its name is
 * claimed meanwhile, so a second maker is refused and never waits.
 */
import { copyFile, mkdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno, openClaim } from "./claims.ts";
import { writeContent } from "./content/write.ts";
import { decodeServer, type ServerDeclaration, type ServerSpec } from "./declaration.ts";
import { type DiskSpec, diskKey } from "./declared-disk.ts";
import { declarationFile, diskImage, namesIn, type RackPaths, uefiVars } from "./paths.ts";
import { isAlive, killProcesses, self } from "./processes.ts";
import { OVMF } from "./qemu-argv.ts";
import { findQemus, findServerQemus } from "./qemus.ts";
import { RackRefusal } from "./refusal.ts";

/** A directory in which this process alone works; its name says so. */
const stagingDir = (paths: RackPaths, name: string): string => {
  const { pid, startTicks } = self();
  return join(paths.staging, `${name}.${pid}.${startTicks}.${crypto.randomUUID().slice(0, 8)}`);
};

/** Claims a server's name for one act on it. Refuses with `busy` while another act goes on. */
export const claimServer = async (paths: RackPaths, name: string): Promise<AsyncDisposable> => {
  const claim = await openClaim(paths.claim(name));
  if (claim === null) throw new RackRefusal("busy", `${name}: another process is at work on it`);
  return claim;
};

/** Names of the servers that are there. */
export const listServers = (paths: RackPaths): Promise<readonly string[]> => namesIn(paths.servers);

/** A server's declaration; null if there is no such server. */
export const loadServer = async (paths: RackPaths, name: string): Promise<ServerSpec | null> => {
  try {
    return decodeServer(JSON.parse(await readFile(paths.declaration(name), "utf8")));
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return null;
    throw cause;
  }
};

/** Makes a server: its declaration, its disks, its firmware's variables. */
export const createServer = async (paths: RackPaths, declaration: ServerDeclaration): Promise<ServerSpec> => {
  const spec = decodeServer(declaration);
  await using _claim = await claimServer(paths, spec.name);
  if ((await listServers(paths)).includes(spec.name)) throw taken(spec.name);
  const staging = stagingDir(paths, spec.name);
  try {
    await mkdir(staging, { recursive: true });
    await Promise.all([
      writeFile(declarationFile(staging), `${JSON.stringify(declaration, null, 2)}\n`),
      ...spec.disks.map((disk) => makeDisk(diskImage(staging, diskKey(disk)), disk)),
      ...(spec.firmware === "uefi" ? [copyFile(OVMF.vars, uefiVars(staging))] : []),
    ]);
    await mkdir(paths.servers, { recursive: true });
    await rename(staging, paths.server(spec.name));
  } catch (cause) {
    // A rename onto a directory that holds something is refused by the kernel: the name's last check.
    if (isErrno(cause, "ENOTEMPTY") || isErrno(cause, "EEXIST")) throw taken(spec.name);
    throw cause;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return spec;
};

const taken = (name: string): RackRefusal => new RackRefusal("taken", `there is a server ${name}`);

/** A sparse image, with the content that is declared: it takes the space of what is written to it. */
const makeDisk = async (path: string, { size, content }: DiskSpec): Promise<void> => {
  await writeFile(path, "");
  await truncate(path, size);
  await writeContent(path, size, content);
};

/** Removes a server that is off. Its logs stay. */
export const deleteServer = async (paths: RackPaths, name: string): Promise<void> => {
  await using _claim = await claimServer(paths, name);
  if (findServerQemus(paths.scratch, name).length > 0) throw new RackRefusal("running", `${name}: is running`);
  const staging = stagingDir(paths, name);
  await mkdir(paths.staging, { recursive: true });
  try {
    await rename(paths.server(name), staging);
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) throw new RackRefusal("unknown", `there is no server ${name}`);
    throw cause;
  }
  await rm(staging, { recursive: true, force: true });
  await rm(paths.serverScratch(name), { recursive: true, force: true });
};

/** Clears away what killed processes left: work that nobody goes on with, processes and sockets of servers that are not there. */
export const reconcileStore = async (paths: RackPaths): Promise<void> => {
  for (const name of await namesIn(paths.staging)) {
    const [pid, startTicks] = name.split(".").slice(-3).map(Number);
    const owner = { pid: pid ?? 0, startTicks: startTicks ?? 0 };
    if (!isAlive(owner)) await rm(join(paths.staging, name), { recursive: true, force: true });
  }
  // First what is current, then what is durable: a server that is just being made is in neither or in both.
  const current = await namesIn(join(paths.scratch, "servers"));
  const qemus = findQemus(paths.scratch);
  const durable = new Set(await listServers(paths));
  await killProcesses(qemus.filter(({ server }) => !durable.has(server)));
  for (const name of current)
    if (!durable.has(name)) await rm(paths.serverScratch(name), { recursive: true, force: true });
};
