/** What a rack has on the machine: for tests that nothing is left. */
import { namesIn, rackPaths, SCRATCH_ROOT } from "./paths.ts";
import { listProcesses } from "./processes.ts";
import { segmentNamespaces } from "./segment.ts";

/** Everything of a rack that is outside its directory. Taps and bridges live in its namespaces, and end with them. */
export interface Traces {
  readonly namespaces: readonly string[];
  readonly processes: readonly string[];
  readonly scratch: readonly string[];
}

/** No traces. */
export const NO_TRACES: Traces = { namespaces: [], processes: [], scratch: [] };

/** Looks for the traces of a rack; its processes are those with one of its paths or namespaces in their command line. */
export const findTraces = async ({ id, dir }: { readonly id: string; readonly dir: string }): Promise<Traces> => {
  const marks = [`${dir}/`, `${rackPaths(dir, id).scratch}/`, `vb${id}-`];
  const processes = listProcesses()
    .filter(({ pid }) => pid !== process.pid)
    .map(({ argv }) => argv.join(" "))
    .filter((line) => marks.some((mark) => line.includes(mark)));
  return {
    namespaces: await segmentNamespaces(id),
    processes,
    scratch: (await namesIn(SCRATCH_ROOT)).filter((name) => name === id),
  };
};
