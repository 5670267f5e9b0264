/** A rack without hardware: a network segment, and virtual servers on it. */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { openClaim } from "./claims.ts";
import type { ServerDeclaration } from "./declaration.ts";
import { type RackPaths, rackPaths } from "./paths.ts";
import type { Roms } from "./qemu-argv.ts";
import { RackRefusal } from "./refusal.ts";
import { type RackPlace, registerRack, tearDownRack } from "./registry.ts";
import { openSegment, type Segment } from "./segment.ts";
import { Server, type ServerContext } from "./server.ts";
import { createServer, listServers, loadServer, reconcileStore } from "./store.ts";
import { until } from "./until.ts";
import { openWake } from "./wake.ts";

/** A rack. Disposing of it removes everything but its logs; one that is kept is only let go of. */
export interface Rack extends AsyncDisposable {
  readonly id: string;
  readonly paths: RackPaths;
  /** The network, made when it is first asked for. */
  segment(): Promise<Segment>;
  /** Makes a server; it is off. */
  create(declaration: ServerDeclaration): Promise<Server>;
  /** The server of this name; refuses with `unknown`. The same object each time. */
  server(name: string): Promise<Server>;
  /** All servers, by name. */
  servers(): Promise<readonly Server[]>;
  /** From now on a magic packet on the segment powers on the server with its MAC. */
  powerByWake(): Promise<AsyncDisposable>;
  /** Cuts all servers off, and removes them and the network. Logs stay. */
  remove(): Promise<void>;
}

/** How a rack is opened. */
export interface RackOptions extends Partial<RackPlace> {
  readonly dir: string;
  /** Option ROMs for the network cards, by firmware, instead of QEMU's own. */
  readonly roms?: Roms;
}

/** A segment is built by one process at a time; building takes a second or two on a busy machine. */
const SEGMENT_TIMEOUT_MS = 60_000;

/** Opens the rack of a directory, or makes one. What killed processes left, in this rack and in any other, is cleared away first. */
export const openRack = async ({ dir, id, keep = false, roms = {} }: RackOptions): Promise<Rack> => {
  const entry = await registerRack({ dir, keep, ...(id === undefined ? {} : { id }) });
  const paths = rackPaths(entry.dir, entry.id);
  await reconcileStore(paths);
  const held = new Map<string, Server>();
  const wakes: AsyncDisposable[] = [];
  let network: Promise<Segment> | null = null;
  const segment = (): Promise<Segment> => {
    network ??= claimAndOpenSegment(paths, entry.id);
    return network;
  };
  const context: ServerContext = { paths, roms: absoluteRoms(roms), segment };
  const find = async (name: string): Promise<Server | null> => {
    const spec = await loadServer(paths, name);
    if (spec === null) {
      held.delete(name);
      return null;
    }
    const known = held.get(name);
    // A server that was deleted, and made anew under its name, is another one.
    const server = known !== undefined && Bun.deepEquals(known.spec, spec) ? known : new Server(spec, context);
    held.set(name, server);
    return server;
  };
  const servers = async (): Promise<readonly Server[]> =>
    (await Promise.all((await listServers(paths)).map(find))).filter((server) => server !== null);
  const release = async (): Promise<void> => {
    for (const wake of wakes.splice(0)) await wake[Symbol.asyncDispose]();
    for (const server of held.values()) server.release();
  };
  const need = async (name: string): Promise<Server> => {
    const server = await find(name);
    if (server === null) throw new RackRefusal("unknown", `there is no server ${name}`);
    return server;
  };
  const remove = async (): Promise<void> => {
    await release();
    network = null;
    await tearDownRack(entry);
  };
  return {
    id: entry.id,
    paths,
    segment,
    create: async (declaration) => need((await createServer(paths, declaration)).name),
    server: need,
    servers,
    powerByWake: async () => {
      const wake = await openWake({ segment: await segment(), log: paths.wakeLog, servers });
      wakes.push(wake);
      return wake;
    },
    remove,
    [Symbol.asyncDispose]: keep ? release : remove,
  };
};

/** QEMU does not keep the directory that it was started in. */
const absoluteRoms = (roms: Roms): Roms =>
  Object.fromEntries(Object.entries(roms).map(([firmware, path]) => [firmware, path === "" ? path : resolve(path)]));

const claimAndOpenSegment = async (paths: RackPaths, id: string): Promise<Segment> => {
  await mkdir(paths.scratch, { recursive: true });
  await using _claim = await until("the segment's claim", () => openClaim(paths.segmentClaim), SEGMENT_TIMEOUT_MS);
  return await openSegment({ id });
};
