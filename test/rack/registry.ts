/**
 * The racks of this machine: a file under /run for each, written before anything else of the rack exists and removed after everything
 * else is gone. So whatever a killed process leaves behind has an entry, and the next rack that is opened clears it away.
 */
import { mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { isErrno, openClaim, publishFile } from "./claims.ts";
import { namesIn, rackPaths, SCRATCH_ROOT } from "./paths.ts";
import { isAlive, killProcesses, type ProcessRef, self } from "./processes.ts";
import { findQemus } from "./qemus.ts";
import { RackRefusal } from "./refusal.ts";
import { removeSegment } from "./segment.ts";
import { until } from "./until.ts";

const EntrySchema = v.object({
  id: v.string(),
  dir: v.string(),
  /** The process with which the rack ends; null for a rack that is kept until it is removed. */
  owner: v.nullable(v.object({ pid: v.number(), startTicks: v.number() })),
});
/** A rack of this machine. */
export type RackEntry = v.InferOutput<typeof EntrySchema>;

const IdSchema = v.object({ id: v.pipe(v.string(), v.regex(/^[a-z0-9]{1,8}$/, "must be 1 to 8 of a-z 0-9")) });
const ENTRY = "rack.json";
/** Every process of a rack gets a few seconds for an honest end. */
const SWEEP_TIMEOUT_MS = 60_000;
const entryPath = (id: string): string => join(SCRATCH_ROOT, id, ENTRY);
/** Five characters of 36: racks on one machine are few, and one that is taken is refused. */
const randomId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) => (byte % 36).toString(36)).join("");

const loadJson = async (path: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null; // removed, or cut off by a power cut: as good as absent
  }
};

const loadEntry = async (id: string): Promise<RackEntry | null> => {
  const decoded = v.safeParse(EntrySchema, await loadJson(entryPath(id)));
  return decoded.success ? decoded.output : null;
};

/** Ends and removes all of a rack but its directory and the logs in it. */
export const tearDownRack = async ({ id, dir }: Pick<RackEntry, "id" | "dir">): Promise<void> => {
  const paths = rackPaths(dir, id);
  await killProcesses(findQemus(paths.scratch));
  await removeSegment(id);
  for (const path of [paths.servers, paths.staging, join(dir, ENTRY)]) await rm(path, { recursive: true, force: true });
  await rm(paths.scratch, { recursive: true, force: true });
};

/** A rack's entry if nobody will ever come back to it: its owner died, or its directory is gone. */
const loadAbandoned = async (id: string): Promise<RackEntry | null> => {
  const entry = await loadEntry(id);
  if (entry === null) return null;
  const isThere = await realpath(entry.dir).then(
    (dir) => dir === entry.dir,
    () => false,
  );
  return isThere && (entry.owner === null || isAlive(entry.owner)) ? null : entry;
};

/**
 * Clears away abandoned racks. Answers with the ids of those that it cleared itself; what another process is clearing is left to it,
 * and waited for only if it is in the directory `ours`.
 */
export const sweepRacks = async (ours?: string): Promise<readonly string[]> => {
  const swept: string[] = [];
  for (const id of await namesIn(SCRATCH_ROOT)) {
    const seen = await loadAbandoned(id);
    if (seen === null) continue;
    await using claim = await openClaim(join(SCRATCH_ROOT, id, "sweep")).catch(nullIfGone);
    // Another process may have swept it, and a new rack may have its id, between the look and the claim: look again.
    const entry = claim && (await loadAbandoned(id));
    if (entry !== null) {
      await tearDownRack(entry);
      swept.push(id);
    } else if (seen.dir === ours)
      await until(`end of the rack ${id}`, async () => (await loadAbandoned(id)) === null, SWEEP_TIMEOUT_MS);
  }
  return swept;
};

const nullIfGone = (cause: unknown): null => {
  if (isErrno(cause, "ENOENT")) return null;
  throw cause;
};

/** What a rack is opened with. */
export interface RackPlace {
  readonly dir: string;
  /** Up to 8 of a-z 0-9; a rack that is there keeps its own, a new one without gets a random one. */
  readonly id?: string;
  /** Whether the rack outlives this process. */
  readonly keep: boolean;
}

/** The id that a directory's rack has, or now gets. */
const settleId = async (dir: string, wanted: string | undefined): Promise<string> => {
  const fresh = wanted ?? randomId();
  if (!v.is(IdSchema, { id: fresh })) throw new RackRefusal("invalid", "must be 1 to 8 of a-z 0-9", "id");
  if (await publishFile(join(dir, ENTRY), JSON.stringify({ id: fresh }))) return fresh;
  const decoded = v.safeParse(IdSchema, await loadJson(join(dir, ENTRY)));
  if (!decoded.success) throw new RackRefusal("invalid", "is not a rack's file", join(dir, ENTRY));
  if (wanted !== undefined && decoded.output.id !== wanted)
    throw new RackRefusal("taken", `the rack in ${dir} has the id ${decoded.output.id}`);
  return decoded.output.id;
};

/** Registers the rack of a directory for this process, or for all if it is kept. */
export const registerRack = async ({ dir: wantedDir, id: wantedId, keep }: RackPlace): Promise<RackEntry> => {
  await mkdir(wantedDir, { recursive: true });
  const dir = await realpath(wantedDir);
  await sweepRacks(dir);
  const id = await settleId(dir, wantedId);
  const entry: RackEntry = { id, dir, owner: keep ? null : self() };
  await mkdir(join(SCRATCH_ROOT, id), { recursive: true });
  if (await publishFile(entryPath(id), JSON.stringify(entry))) return entry;
  const other = await loadEntry(id);
  if (other !== null && (other.dir !== dir || !keep))
    throw new RackRefusal("taken", `the rack ${id} is open for ${other.dir}${ownerText(other.owner)}`);
  if (other === null) await replaceEntry(entry);
  return other ?? entry;
};

const ownerText = (owner: ProcessRef | null): string => (owner === null ? "" : ` in process ${owner.pid}`);

/** Writes an entry over one that cannot be read. */
const replaceEntry = async (entry: RackEntry): Promise<void> => {
  const draft = `${entryPath(entry.id)}.${process.pid}.draft`;
  await writeFile(draft, JSON.stringify(entry));
  await rename(draft, entryPath(entry.id));
};
