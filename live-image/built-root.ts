/** For tests: the root file system as it is shipped, but for the agent, unpacked into a folder. */
import { lstatSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { needPackages } from "../test/setup/packages.ts";
import { BASE_FILES, type BaseInputs, HOST_PACKAGES, loadBase, loadInputs, type Phase } from "./base.ts";
import { fetchDebs } from "./debs.ts";
import { loadLock } from "./lock.ts";
import { openSquashfsTools, PACKING } from "./recipe/squashfs.ts";

/** Building takes minutes where no base is there yet; a test's time limit must know. */
export const BUILD_LIMIT_MS = 1_200_000;

/** Phases as lines on stderr, so that a long test run shows that it lives. */
export const tell: Phase = async (name, work) => {
  const startedAt = performance.now();
  const result = await work();
  console.error(`  live image: ${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return result;
};

/** The base as released, built if it is not in the cache. */
export const loadReleaseBase = async (): Promise<{ inputs: BaseInputs; base: string }> => {
  await needPackages(HOST_PACKAGES);
  const lock = await loadLock();
  await fetchDebs(lock.packages, (line) => console.error(`  live image: ${line}`));
  const inputs = await loadInputs(lock, PACKING);
  return { inputs, base: await loadBase(inputs, tell) };
};

/** An unpacked root. */
export interface BuiltRoot extends AsyncDisposable {
  readonly folder: string;
  /** Paths of all regular files, without a leading slash. */
  readonly files: readonly string[];
}

/** Unpacks the root out of the squashfs that is shipped, not out of the folder that it was made from. */
export const openBuiltRoot = async (): Promise<BuiltRoot> => {
  const { inputs, base } = await loadReleaseBase();
  const scratch = await mkdtemp(`${tmpdir()}/vetbox-root-`);
  const folder = `${scratch}/root`;
  const tools = await openSquashfsTools(inputs.lock, `${scratch}/tools`);
  await tools.unpack(`${base}/${BASE_FILES.squashfs}`, folder);
  // Not `readdir`: Bun's follows links, and the root's /dev/fd leads into this machine.
  const scan = new Bun.Glob("**/*").scan({ cwd: folder, dot: true, onlyFiles: false, followSymlinks: false });
  const files = (await Array.fromAsync(scan)).filter((path) => lstatSync(`${folder}/${path}`).isFile()).sort();
  return {
    folder,
    files,
    async [Symbol.asyncDispose]() {
      await rm(scratch, { recursive: true, force: true });
    },
  };
};
