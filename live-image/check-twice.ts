/** Whether the build gives the same bits: everything but the download again, elsewhere, from nothing. */
import { readdir } from "node:fs/promises";
import { assemble } from "./assemble.ts";
import { type BaseInputs, makeBase, type Phase } from "./base.ts";

const hashTree = async (folder: string): Promise<Map<string, string>> => {
  const hashes = new Map<string, string>();
  for (const part of ["image", "boot"])
    for (const name of await readdir(`${folder}/${part}`))
      hashes.set(`${part}/${name}`, Bun.SHA256.hash(await Bun.file(`${folder}/${part}/${name}`).bytes(), "hex"));
  return hashes;
};

/** Builds a second time in the empty folder `scratch`; returns the files that are not equal to those below `out`. */
export const compareBuilds = async (
  inputs: BaseInputs,
  agent: string,
  out: string,
  scratch: string,
  phase: Phase,
): Promise<readonly string[]> => {
  await makeBase(inputs, `${scratch}/base`, phase);
  await assemble(inputs, `${scratch}/base`, agent, `${scratch}/out`, phase);
  const [first, second] = [await hashTree(out), await hashTree(`${scratch}/out`)];
  const names = new Set([...first.keys(), ...second.keys()]);
  return [...names].filter((name) => first.get(name) !== second.get(name)).sort();
};
