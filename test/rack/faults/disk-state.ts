/**
 * What is wrong with a running server's disks now, in a file beside its sockets: each call of the command line is a process of its own, and
 * QEMU does not tell the rules of a filter. Power-on removes the file, and what is declared is true again.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../claims.ts";
import { diskKey } from "../declared-disk.ts";
import { RackRefusal } from "../refusal.ts";
import type { ChainFaults } from "./disk-graph.ts";
import type { FaultPlace } from "./place.ts";

/** One disk now. */
export interface DiskState {
  readonly faults: ChainFaults;
  /** Number of its chain of filters. */
  readonly chain: number;
  readonly isThere: boolean;
}
type DiskStates = Readonly<Record<string, DiskState>>;

const statePath = ({ paths, spec }: FaultPlace): string => join(paths.serverScratch(spec.name), "disks.json");

/** By what the rack calls each disk. */
const loadStates = async (place: FaultPlace): Promise<DiskStates> => {
  try {
    return JSON.parse(await readFile(statePath(place), "utf8"));
  } catch (cause) {
    if (!isErrno(cause, "ENOENT")) throw cause;
    return Object.fromEntries(
      place.spec.disks.map((disk) => [diskKey(disk), { faults: disk.faults, chain: 0, isThere: true }]),
    );
  }
};

/** A disk that is there now; refuses with `unknown` otherwise. */
export const loadDiskState = async (place: FaultPlace, key: string): Promise<DiskState> => {
  const state = (await loadStates(place))[key];
  if (state === undefined) throw new RackRefusal("unknown", `${place.spec.name}: has no disk ${key}`);
  if (!state.isThere) throw new RackRefusal("unknown", `${place.spec.name}: the disk ${key} is gone`);
  return state;
};

/** Keeps what is now true of a disk. */
export const saveDiskState = async (place: FaultPlace, key: string, state: DiskState): Promise<void> =>
  writeFile(statePath(place), JSON.stringify({ ...(await loadStates(place)), [key]: state }));
